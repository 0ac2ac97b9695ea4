/** The SDK's periodic reader, which collects nothing until there can be something: a process without telemetry has no timer of ours. */
import { PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

export class SleepingMetricReader extends PeriodicExportingMetricReader {
  #isAwake = false;

  /** Starts the timer of the base class, once. */
  wake(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    super.onInitialized();
  }

  /** Called by the base class when the reader gets its provider, which is at the start. */
  protected override onInitialized(): void {
    // See `wake`.
  }
}
