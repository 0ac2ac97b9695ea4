/** Sends one signal's payloads to its receiver: one try each, and none while the receiver is known to be away. */
import { context, ROOT_CONTEXT } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';

import type { OtlpSettings } from '../config/config.ts';
import { BackOff } from './back-off.ts';
import { circuitFor } from './circuit.ts';
import type { Circuit } from './circuit.ts';
import { attempted } from './delivery-report.ts';
import { post } from './post.ts';
import { nowMs } from '../real-timers.ts';
import { routeFor } from './route.ts';
import { ExportFigures } from './sdk-metrics.ts';
import type { Payload, Route, Sender, Sent, Signal } from './sent.ts';

type Retry = Extract<Sent, { status: 'retry' }>;

export class OtlpSender implements Sender {
  readonly route: Route;
  readonly figures: ExportFigures;
  readonly #timeoutMs: number;
  readonly #circuit: Circuit;
  /** Its own, too: a receiver may be busy for one signal alone, whose requests then must not come at the others' pace. */
  readonly #backOff = new BackOff();
  #last: Retry | undefined;

  constructor(settings: OtlpSettings, signal: Signal) {
    this.route = routeFor(settings, signal);
    this.figures = new ExportFigures(this.route);
    this.#timeoutMs = settings.timeoutMs;
    this.#circuit = circuitFor(new URL(this.route.url).origin);
  }

  mayAskInMs(): number {
    return Math.max(this.#backOff.waitMs, this.#circuit.waitMs);
  }

  /** The batch stays with the one who has it; when to come again is in the outcome. */
  async send(payload: Payload): Promise<Sent> {
    const isEarly = this.#backOff.waitMs > 0;
    const sent =
      isEarly && this.#last !== undefined ? this.#last : await this.#circuit.run(async () => this.#try(payload));
    return sent.status === 'retry' ? { ...sent, afterMs: this.mayAskInMs() } : sent;
  }

  async #try({ body, itemCount }: Payload): Promise<Sent> {
    const startMs = nowMs();
    this.figures.began(itemCount);
    const sent = await this.#post(body);
    this.figures.ended(itemCount, sent, nowMs() - startMs);
    attempted(this.route, itemCount, sent);
    if (sent.status === 'retry') {
      this.#last = sent;
      this.#backOff.failed({ startMs, afterMs: sent.afterMs, isUnreachable: sent.isUnreachable });
    } else {
      this.#last = undefined;
      this.#backOff.succeeded();
    }
    return sent;
  }

  /** Our own requests make no spans, and are nobody's: a timer of ours may have been started within some request. */
  async #post(body: Uint8Array): Promise<Sent> {
    return context.with(suppressTracing(ROOT_CONTEXT), post, undefined, this.route, body, {
      timeoutMs: this.#timeoutMs,
      isDetached: true,
    });
  }
}
