/** One process of the run: started, watched, killed and started again; what it says is kept, also while nobody reads it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ProcessPlan {
  readonly name: string;
  /** From the checkout. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));

export class StartedProcess {
  readonly plan: ProcessPlan;
  /** What each of its incarnations has printed. */
  readonly lives: string[] = [];
  /** When it was killed by SIGKILL, by `performance.now()`. */
  readonly kills: number[] = [];
  #child: ChildProcess | undefined;

  constructor(plan: ProcessPlan) {
    this.plan = plan;
  }

  /** All of it. */
  get said(): string {
    return this.lives.join('\n');
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
      env: { PATH, HOME, TMPDIR, ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    const life = this.lives.push('') - 1;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.lives[life] += text));
    }
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
    if (signal === 'SIGKILL') this.kills.push(performance.now());
    const closed = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    for (const stream of [child.stdout, child.stderr]) stream?.resume();
    await closed;
  }

  /** Open descriptors and resident memory, by /proc. */
  resources(): { readonly descriptors: number; readonly residentBytes: number } {
    const pages = Number(readFileSync(`/proc/${this.pid}/statm`, 'utf8').split(' ')[1]);
    return { descriptors: readdirSync(`/proc/${this.pid}/fd`).length, residentBytes: pages * 4096 };
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
