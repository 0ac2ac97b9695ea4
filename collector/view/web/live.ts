/** Listens to what the collector receives, as it receives it; connects again by itself. */
import type { RequestRow } from './contract.ts';

/** `skipped`: more traces changed than are named. `connected` comes again after each interruption: what happened in between must then be asked for. */
export type LiveEvent =
  | { readonly kind: 'request'; readonly row: RequestRow }
  | { readonly kind: 'trace'; readonly traceId: string }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' };

type Listener = (event: LiveEvent) => void;

/** After a refusal EventSource gives up for good; this is when another one is made. */
const retryMs = 2000;

/** One connection for the whole page, shared by all views. */
export class LiveFeed {
  readonly #listeners = new Set<Listener>();
  #isConnected = false;

  /** True while events arrive. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects; call once. */
  connect(): void {
    const source = new EventSource('/api/live');
    source.addEventListener('open', () => this.#setConnected(true));
    source.addEventListener('error', () => {
      this.#setConnected(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(() => this.connect(), retryMs);
    });
    source.addEventListener('request', (event: MessageEvent<string>) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the server shares the type of this event
      this.#emit({ kind: 'request', row: JSON.parse(event.data) as RequestRow });
    });
    source.addEventListener('trace', (event: MessageEvent<string>) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as above
      this.#emit({ kind: 'trace', ...(JSON.parse(event.data) as { readonly traceId: string }) });
    });
    source.addEventListener('skipped', () => this.#emit({ kind: 'skipped' }));
    // A page that goes away must not leave its connection to a browser that may keep it in its back/forward cache.
    addEventListener('pagehide', () => source.close(), { once: true });
  }

  /** @returns Ends the subscription. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #setConnected(isConnected: boolean): void {
    if (isConnected === this.#isConnected) return;
    this.#isConnected = isConnected;
    this.#emit({ kind: isConnected ? 'connected' : 'disconnected' });
  }

  #emit(event: LiveEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
