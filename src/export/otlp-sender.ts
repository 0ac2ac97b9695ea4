/** Sends one signal's payloads to its receiver, again and again until one takes them or their time is over. */
import { setTimeout as sleep } from 'node:timers/promises';

import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

import type { OtlpSettings } from '../config/config.ts';
import { post } from './post.ts';
import { routeFor } from './route.ts';
import type { Signal } from './route.ts';
import type { Payload, Route, Sender, Sent } from './sent.ts';

/** First wait of a retry; doubles up to the longest, with up to a fifth of jitter so that a fleet does not come back as one. */
const firstWaitMs = 500;
const longestWaitMs = 5000;

export class OtlpSender implements Sender {
  readonly route: Route;
  readonly #timeoutMs: number;

  constructor(settings: OtlpSettings, signal: Signal) {
    this.route = routeFor(settings, signal);
    this.#timeoutMs = settings.timeoutMs;
  }

  /** Retries while the receiver answers that it is busy; an unreachable one is left to the queue, which can wait longer. */
  async send({ body }: Payload): Promise<Sent> {
    const deadline = performance.now() + this.#timeoutMs;
    for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
      const remainingMs = deadline - performance.now();
      // oxlint-disable-next-line no-await-in-loop -- one try after the other
      const sent = await this.#once(body, remainingMs);
      if (sent.status !== 'retry' || sent.isUnreachable) return sent;
      const pauseMs = sent.afterMs ?? waitMs * (0.9 + Math.random() * 0.2);
      if (performance.now() + pauseMs >= deadline) return sent;
      // oxlint-disable-next-line no-await-in-loop -- the wait is the point
      await sleep(pauseMs, undefined, { ref: false });
    }
  }

  /** Our own requests make no spans, and are nobody's: a timer of ours may have been started within some request. */
  async #once(body: Uint8Array, timeoutMs: number): Promise<Sent> {
    return context.with(suppressTracing(ROOT_CONTEXT), post, undefined, this.route, body, {
      timeoutMs: Math.max(1, timeoutMs),
      isDetached: true,
    });
  }
}
