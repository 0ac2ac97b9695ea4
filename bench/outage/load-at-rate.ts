/** Requests at a rate, whether the answers keep up or not. */
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

export class LoadAtRate {
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #port: number;
  readonly #rate: number;
  readonly #latenciesMs: number[] = [];
  #sent = 0;

  /** @param rate - Requests in a second. */
  constructor(port: number, rate: number) {
    this.#port = port;
    this.#rate = rate;
  }

  get sent(): number {
    return this.#sent;
  }

  get answered(): number {
    return this.#latenciesMs.length;
  }

  get p99Ms(): number {
    return this.#latenciesMs.toSorted((a, b) => a - b)[Math.floor(this.answered * 0.99)] ?? Number.NaN;
  }

  get longestMs(): number {
    return this.#latenciesMs.reduce((longest, each) => Math.max(longest, each), 0);
  }

  /** Returns when every request of that time has its answer. */
  async run(seconds: number): Promise<void> {
    const startMs = performance.now();
    const open: Promise<void>[] = [];
    for (let sent = 0; sent < seconds * this.#rate;) {
      const due = Math.min(seconds * this.#rate, ((performance.now() - startMs) / 1000) * this.#rate);
      for (; sent < due; sent += 1) open.push(this.#one());
      // oxlint-disable-next-line no-await-in-loop -- the rate is the point
      await sleep(5);
    }
    await Promise.all(open);
  }

  async #one(): Promise<void> {
    this.#sent += 1;
    const startMs = performance.now();
    // The server closes connections that were idle between two phases, perhaps just as one is used again.
    while ((await this.#tried(startMs)) === 'again');
  }

  async #tried(startMs: number): Promise<'answered' | 'again' | 'failed'> {
    const { promise, resolve } = Promise.withResolvers<'answered' | 'again' | 'failed'>();
    const request = get({ host: '127.0.0.1', port: this.#port, path: '/', agent: this.#agent }, (response) => {
      response.resume();
      response.on('end', () => {
        this.#latenciesMs.push(performance.now() - startMs);
        resolve('answered');
      });
    });
    request.on('error', () => resolve(request.reusedSocket ? 'again' : 'failed'));
    return promise;
  }
}
