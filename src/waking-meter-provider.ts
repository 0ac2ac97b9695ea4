/** The SDK's MeterProvider; whoever asks it for a meter is about to measure. */
import type { Meter } from '@opentelemetry/api';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import type { MeterProviderOptions } from '@opentelemetry/sdk-metrics';

import type { FirstTelemetry } from './first-telemetry.ts';

export class WakingMeterProvider extends MeterProvider {
  readonly #first: FirstTelemetry;

  constructor(options: MeterProviderOptions, first: FirstTelemetry) {
    super(options);
    this.#first = first;
  }

  override getMeter(...args: Parameters<MeterProvider['getMeter']>): Meter {
    this.#first.came();
    return super.getMeter(...args);
  }
}
