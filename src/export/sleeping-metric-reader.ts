/** The SDK's periodic reader, which collects nothing until there can be something: a process without telemetry has no timer of ours. */
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

import { setInterval } from '../real-timers.ts';

export class SleepingMetricReader extends PeriodicExportingMetricReader {
  #isAwake = false;

  /** Starts the timer of the base class, once. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    const given = globalThis.setInterval;
    // The base class looks it up now, and has it for ever: it must not be a fake one of the application's tests. Nothing else runs meanwhile.
    if (given !== setInterval) globalThis.setInterval = setInterval;
    try {
      super.onInitialized();
    } finally {
      if (given !== setInterval) globalThis.setInterval = given;
    }
  }

  /** Called by the base class when the reader gets its provider, which is at the start. */
  protected override onInitialized(): void {
    // See `wake`.
  }
}
