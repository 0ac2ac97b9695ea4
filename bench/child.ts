/** Child processes that are asked one thing at a time over IPC. */
import { fork, type ChildProcess, type Serializable } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface ChildOptions {
  /** Relative to bench/. */
  readonly script: string;
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** One child; `ask` sends a message and takes the next one that comes back as the answer. */
export class Child<Answer> {
  readonly #process: ChildProcess;
  #said = '';

  constructor({ script, nodeArgs = [], env = {} }: ChildOptions) {
    const path = fileURLToPath(new URL(script, import.meta.url));
    // Bare names in nodeArgs (--import dd-trace) are looked up from the working directory, hence bench/.
    const cwd = fileURLToPath(new URL('.', import.meta.url));
    this.#process = fork(path, { cwd, env, execArgv: [...nodeArgs], stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    for (const stream of [this.#process.stdout, this.#process.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.#said = `${this.#said}${chunk.toString()}`.slice(-2000)));
    }
  }

  /** What it printed, the last 2,000 characters: a peer that complains is worth reading. */
  get said(): string {
    return this.#said.trim();
  }

  /** @throws Error with what the child said, when it ends instead of answering. */
  next<Message = Answer>(): Promise<Message> {
    const { promise, resolve, reject } = Promise.withResolvers<Message>();
    const onExit = (code: number | null): void => reject(new Error(`ended with ${code} and said: ${this.said}`));
    this.#process.once('exit', onExit);
    this.#process.once('message', (message: Message) => resolve(message));
    return promise.finally(() => this.#process.off('exit', onExit));
  }

  ask(question: Serializable): Promise<Answer> {
    const answer = this.next();
    this.#process.send(question);
    return answer;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGKILL');
    await ended;
  }
}
