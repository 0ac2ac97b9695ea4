/** Calls the store's retention again and again, giving way to requests between two steps. */
import type { TelemetryStore } from './store/telemetry-store.ts';

/** Pause when there is nothing to remove: at 50,000 spans/s some 30 MB may come in meanwhile. */
const idleMs = 1000;
/** Pause after a failure (a full disk, say). */
const failedMs = 10_000;

/** @returns a function that ends it. */
export function keepWithinLimits(store: TelemetryStore, onFailure: (error: unknown) => void): () => void {
  let timer: NodeJS.Timeout;
  const step = (): void => {
    let pauseMs = idleMs;
    try {
      if (store.pruneStep()) pauseMs = 1;
    } catch (error) {
      onFailure(error);
      pauseMs = failedMs;
    }
    timer = setTimeout(step, pauseMs).unref();
  };
  timer = setTimeout(step, 0).unref();
  return () => clearTimeout(timer);
}
