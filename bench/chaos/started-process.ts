/** One process of the run: started, watched, killed and started again; what it says is kept, also while nobody reads it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ProcessPlan {
  readonly name: string;
  /** From the checkout. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly nodeArgs: readonly string[];
  /** Asked for at each start. */
  readonly env: () => Readonly<Record<string, string>>;
}

/** One incarnation, from its start to its end. Times are of `performance.now()` in this process. */
export interface Life {
  /** Of its process. */
  readonly name: string;
  readonly pid: number;
  readonly startedMs: number;
  /** Undefined: it goes on. */
  endedMs?: number;
  /** When it was told to end, and how. */
  killed?: { readonly atMs: number; readonly signal: NodeJS.Signals };
  /** What it has printed. */
  said: string;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

export class StartedProcess {
  readonly plan: ProcessPlan;
  readonly lives: Life[] = [];
  #child: ChildProcess | undefined;

  constructor(plan: ProcessPlan) {
    this.plan = plan;
  }

  /** What all of its lives have printed. */
  get said(): string {
    return this.lives.map(({ said }) => said).join('\n');
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** @returns Its first message. */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    const { script, args = [], nodeArgs, env } = this.plan;
    const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
    const child = fork(script, args, {
      cwd: checkout,
      execArgv: [...nodeArgs],
      env: { PATH, HOME, TMPDIR, ...env() },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const life: Life = { name: this.plan.name, pid: child.pid ?? 0, startedMs: performance.now(), said: '' };
    this.lives.push(life);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (life.said += text));
    }
    child.once('exit', () => (life.endedMs = performance.now()));
    return this.#next(child);
  }

  /** Its standard streams are not read until `listenAgain`: what it prints fills the pipes. */
  stopListening(): void {
    for (const stream of [this.#child?.stdout, this.#child?.stderr]) stream?.pause();
  }

  listenAgain(): void {
    for (const stream of [this.#child?.stdout, this.#child?.stderr]) stream?.resume();
  }

  tell(message: Readonly<Record<string, unknown>>): void {
    this.#child?.send(message, () => undefined);
  }

  async ask(message: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, unknown>>> {
    const child = this.#child;
    if (child === undefined) throw new Error(`${this.plan.name} is not running`);
    const answer = this.#next(child);
    child.send(message);
    return answer;
  }

  /** @returns When it has ended and all that it printed has been read. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const life = this.lives.at(-1);
    if (life !== undefined) life.killed = { atMs: performance.now(), signal };
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    await closed;
  }

  /** That are open, by /proc. */
  descriptors(): number {
    return readdirSync(`/proc/${this.pid}/fd`).length;
  }

  #next(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
    const { promise, resolve, reject } = Promise.withResolvers<Readonly<Record<string, unknown>>>();
    const onClose = (code: number | null, signal: string | null): void =>
      reject(new Error(`${this.plan.name} ended (${code ?? signal}) and said: ${this.said.slice(-2000)}`));
    child.once('close', onClose);
    child.once('message', (message: Readonly<Record<string, unknown>>) => resolve(message));
    return promise.finally(() => child.off('close', onClose));
  }
}
