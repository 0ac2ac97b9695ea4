/**
 * Notices the first span, line, request or measurement. Until then nothing of ours runs in the process: no timer, no socket, no
 * promise, and nothing that an application could count.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { guarded } from './patch.ts';

/** What Node publishes when a request comes in or goes out. */
const requestChannels = [
  'http.server.request.start',
  'http2.server.stream.created',
  'http.client.request.start',
  'http2.client.stream.created',
  'undici:request:create',
] as const;

export class FirstTelemetry {
  /** Of the start: what begins at the first request must not belong to it. */
  readonly #inNobodysContext = AsyncLocalStorage.snapshot();
  #begin: (() => void) | undefined;

  constructor() {
    for (const name of requestChannels) subscribe(name, this.came);
  }

  /** @param begin - Called at the first telemetry after this call. */
  onCome(begin: () => void): void {
    this.#begin = begin;
  }

  /** Called for every span and line: it does nothing after the first. */
  readonly came = (): void => {
    const begin = this.#begin;
    if (begin === undefined) return;
    this.#begin = undefined;
    this.#start(begin);
  };

  /** What a listener of a channel throws ends the process. */
  readonly #start = guarded('the first telemetry', (begin: () => void) => {
    this.stop();
    this.#inNobodysContext(begin);
  });

  readonly stop = (): void => {
    for (const name of requestChannels) unsubscribe(name, this.came);
  };
}
