/** The port between what gathers telemetry and what carries it. */

export type Signal = 'trace' | 'logs' | 'metrics';

/** One request's worth of telemetry, ready for the wire. */
export interface Payload {
  /** OTLP, in the encoding of the sender's protocol, not compressed. */
  readonly body: Uint8Array;
  /** Spans, log records or data points in it. */
  readonly itemCount: number;
}

/** What the receiver did not take of a batch that it took otherwise; it must not be sent again. */
export interface Rejected {
  /** Spans, log records or data points, as the receiver says. 0 with a message is a warning. */
  readonly count: number;
  /** The receiver's own words, cleaned; may be empty. */
  readonly message: string;
}

/** How it went. `refused`: the receiver will not take it, ever; `retry`: nobody took it, the same bytes may go out again. */
export type Sent =
  | { readonly status: 'sent'; readonly rejected?: Rejected }
  | {
      readonly status: 'refused';
      readonly reason: string;
      /** Smaller requests with the same items may be taken. */
      readonly isTooLarge: boolean;
    }
  | {
      readonly status: 'retry';
      /** Up to the first colon it is the same for the same cause. */
      readonly reason: string;
      /** When the receiver may be asked again; undefined when it does not say. A `Sender` always says. */
      readonly afterMs: number | undefined;
      /** Nobody answered: an exit need not wait for it. */
      readonly isUnreachable: boolean;
    };

/** Carries payloads of one signal to one receiver. Never throws, never rejects, never keeps the process alive. */
export interface Sender {
  send: (payload: Payload) => Promise<Sent>;
  /** Milliseconds until the receiver may be asked; 0 now. Before that `send` asks nobody and says what it said last. */
  readonly mayAskInMs: () => number;
  /** What a helper thread needs to send the same without us. */
  readonly route: Route;
}

/** Everything that `exit-sender.ts` must know; structured-cloneable. */
export interface Route {
  readonly signal: Signal;
  readonly url: string;
  readonly isGrpc: boolean;
  /** Content type, compression and the configured headers (secrets). */
  readonly headers: Readonly<Record<string, string>>;
  readonly isGzip: boolean;
  /** What must not be seen in anything that is said; longest first. */
  readonly secrets: readonly string[];
  /** Address of an HTTP proxy, with its credentials (a secret). */
  readonly proxy?: string;
  readonly tls: { readonly ca?: string; readonly key?: string; readonly cert?: string };
}

/** What became of a batch, for the self-report. */
export interface Outcome {
  /** Undefined: nothing was left to send. */
  readonly sent: Sent | undefined;
  /** Items that were sent, or that would have been. */
  readonly itemCount: number;
  /** Items that no OTLP could be made of; they are gone. */
  readonly unencodableCount: number;
  /** Items that found no room since the last outcome, in memory or anywhere. */
  readonly droppedCount: number;
  /** The one item of a batch that is too large, and so is dropped. */
  readonly tooLarge?: TooLarge;
}

export interface TooLarge {
  /** Its logger, or the scope of its span or metric. */
  readonly scope: string;
  /** Of a span or metric; empty for a log record. */
  readonly name: string;
  /** Of the request with nothing else in it. */
  readonly bytes: number;
}
