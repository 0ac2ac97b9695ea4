/** The port between what gathers telemetry and what carries it. */

/** One request's worth of telemetry, ready for the wire. */
export interface Payload {
  /** OTLP, in the encoding of the sender's protocol, not compressed. */
  readonly body: Uint8Array;
  /** Spans, log records or data points in it. */
  readonly itemCount: number;
}

/** How it went. `refused`: the receiver will not take it, ever; `retry`: nobody took it, the same bytes may go out again. */
export type Sent =
  | { readonly status: 'sent' }
  | { readonly status: 'refused'; readonly reason: string }
  | {
      readonly status: 'retry';
      readonly reason: string;
      readonly afterMs: number | undefined;
      readonly isUnreachable: boolean;
    };

/** Carries payloads of one signal to one receiver. Never throws, never rejects, never keeps the process alive. */
export interface Sender {
  send: (payload: Payload) => Promise<Sent>;
  /** What a helper thread needs to send the same without us. */
  readonly route: Route;
}

/** Everything that `exit-sender.ts` must know; structured-cloneable. */
export interface Route {
  readonly url: string;
  readonly isGrpc: boolean;
  /** Content type, compression and the configured headers (secrets). */
  readonly headers: Readonly<Record<string, string>>;
  readonly isGzip: boolean;
  readonly tls: { readonly ca?: string; readonly key?: string; readonly cert?: string };
}
