/** The SDK's LoggerProvider, with a shorter way for the lines of named loggers: records that read their line when they are asked. */
import { context } from '@opentelemetry/api';
import { defaultResource } from '@opentelemetry/resources';
import { LoggerProvider } from '@opentelemetry/sdk-logs';
import type { LoggerProviderOptions, LogRecordProcessor, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';

import { LineRecord } from './line-record.ts';
import type { LineOrigin } from './line-record.ts';
import type { LogLine } from './line-writer.ts';

export class LineLoggerProvider extends LoggerProvider {
  readonly #processors: readonly LogRecordProcessor[];
  readonly #shared: Omit<LineOrigin, 'scope'>;
  readonly #origins = new Map<string, LineOrigin>();
  #hasShutdown = false;

  constructor(options: LoggerProviderOptions) {
    const { resource = defaultResource(), processors = [], logRecordLimits = {} } = options;
    super({ ...options, resource });
    this.#processors = processors;
    const { attributeCountLimit = 128, attributeValueLengthLimit = Infinity } = logRecordLimits;
    this.#shared = { resource, limits: { attributeCountLimit, attributeValueLengthLimit } };
  }

  /** As `getLogger(name).emit(...)` with what the line says; every processor gets it. Throws what a processor throws. */
  emitLine(name: string, line: LogLine): void {
    if (this.#hasShutdown || this.#processors.length === 0) return;
    const origin = this.#origins.get(name) ?? this.#newOrigin(name);
    const record = new LineRecord(origin, line);
    const active = context.active();
    const { severityNumber } = record;
    const asked = { context: active, instrumentationScope: origin.scope, ...(severityNumber && { severityNumber }) };
    if (!this.#processors.some((processor) => processor.enabled?.(asked) ?? true)) return;
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- has all of it, see LineRecord
    for (const processor of this.#processors) processor.onEmit(record as ReadWriteLogRecord, active);
  }

  override async shutdown(): Promise<void> {
    this.#hasShutdown = true;
    return super.shutdown();
  }

  #newOrigin(name: string): LineOrigin {
    const origin = { ...this.#shared, scope: { name } };
    this.#origins.set(name, origin);
    return origin;
  }
}
