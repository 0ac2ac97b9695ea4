/** The application of bench/http-overhead under one variant, with requests to it. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { Variant } from '../peers.ts';

const bench = fileURLToPath(new URL('..', import.meta.url));

export interface Ended {
  readonly how: string;
  /** From the order to end until it had ended. */
  readonly ms: number;
}

export class LoadedApp {
  readonly #child: ChildProcess;
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 20 });
  readonly #port: Promise<number>;
  readonly #closed: Promise<string>;
  said = '';
  answered = 0;
  largestRssMb = 0;

  constructor({ nodeArgs }: Variant, env: Readonly<Record<string, string>>) {
    const { PATH = '', HOME = '' } = process.env;
    // Bare names in nodeArgs (--import dd-trace) are looked up from the working directory.
    this.#child = fork('http-overhead/server.cjs', {
      cwd: bench,
      env: { PATH, HOME, ...env },
      execArgv: [...nodeArgs],
      silent: true,
    });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    this.#port = promise;
    this.#child.once('message', (message: { readonly port: number }) => resolve(message.port));
    const closed = Promise.withResolvers<string>();
    this.#closed = closed.promise;
    // Not 'close': a peer's own children may hold its pipes for ever.
    this.#child.once('exit', (code, signal) => {
      closed.resolve(signal === 'SIGKILL' ? 'hung' : `exit code ${code ?? signal}`);
      reject(new Error(`ended with ${code ?? signal} and said: ${this.said}`));
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said = `${this.said}${text}`.slice(-200_000)));
    }
  }

  /** An even rate, whatever the answers do. */
  async load(perSecond: number, seconds: number): Promise<void> {
    const startMs = performance.now();
    const open: Promise<void>[] = [];
    for (let n = 0; n < perSecond * seconds; n += 1) {
      open.push(this.#get());
      if (n % perSecond === 0) this.#measure();
      await wait(Math.max(0, startMs + ((n + 1) * 1000) / perSecond - performance.now()));
    }
    await Promise.all(open);
    this.#measure();
  }

  /** `process.exit()`, in the application. @param killAfterMs - Then it is held for hung. */
  async exit(killAfterMs: number): Promise<Ended> {
    const startMs = performance.now();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), killAfterMs);
    if (this.#child.connected) this.#child.disconnect();
    const how = await this.#closed;
    clearTimeout(timer);
    return { how, ms: performance.now() - startMs };
  }

  async #get(): Promise<void> {
    const port = await this.#port;
    const { promise, resolve } = Promise.withResolvers<void>();
    const request = http.get({ port, host: '127.0.0.1', path: '/hello', agent: this.#agent }, (response) => {
      response.resume().on('end', () => {
        this.answered += 1;
        resolve();
      });
    });
    request.on('error', () => resolve());
    return promise;
  }

  #measure(): void {
    try {
      const pages = Number(readFileSync(`/proc/${this.#child.pid}/statm`, 'utf8').split(' ')[1]);
      this.largestRssMb = Math.max(this.largestRssMb, (pages * 4096) / 2 ** 20);
    } catch {
      // Not Linux, or it has ended: then memory is not shown.
    }
  }
}
