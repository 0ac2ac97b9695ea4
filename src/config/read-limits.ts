/** Bounds of batches, of metric exports, and of what one span or log record may carry. */
import type { AttributeLimits, BatchSettings, Config } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { maxInteger } from './environment-reader.ts';

const milliseconds = 'milliseconds';

/** OTEL_BSP_* or OTEL_BLRP_*. A batch is never larger than the queue it is taken from. */
export function readBatch(reader: EnvironmentReader, prefix: string, scheduleDelayMs: number): BatchSettings {
  const sizeName = `${prefix}_MAX_EXPORT_BATCH_SIZE`;
  const queueName = `${prefix}_MAX_QUEUE_SIZE`;
  const maxQueueSize = reader.integer(queueName, { fallback: 2048, min: 1 });
  const size = reader.integer(sizeName, { fallback: 512, min: 1 });
  // A queue shorter than the default batch is a plain wish for less memory and no mistake.
  if (size > maxQueueSize && reader.text(sizeName)) {
    reader.complain(sizeName, `at most ${queueName} (${maxQueueSize})`, `${maxQueueSize} is used`);
  }
  return {
    scheduleDelayMs: reader.integer(`${prefix}_SCHEDULE_DELAY`, {
      fallback: scheduleDelayMs,
      min: 0,
      unit: milliseconds,
    }),
    exportTimeoutMs: reader.timeout(`${prefix}_EXPORT_TIMEOUT`, 30_000),
    maxQueueSize,
    maxExportBatchSize: Math.min(size, maxQueueSize),
  };
}

/** OTEL_METRIC_EXPORT_*. The SDK refuses a time-out longer than the interval, so the shorter of the two is given. */
export function readMetricExport(
  reader: EnvironmentReader,
): Pick<Config['metrics'], 'exportIntervalMs' | 'exportTimeoutMs'> {
  const intervalName = 'OTEL_METRIC_EXPORT_INTERVAL';
  const timeoutName = 'OTEL_METRIC_EXPORT_TIMEOUT';
  const exportIntervalMs = reader.integer(intervalName, { fallback: 60_000, min: 1, unit: milliseconds });
  const timeoutMs = reader.timeout(timeoutName, 30_000);
  const isWritten = reader.text(timeoutName) !== undefined;
  // 30000 with a shorter interval is nobody's wish, only the default; 0 (no limit) ends with the interval anyway.
  if (timeoutMs > exportIntervalMs && isWritten && timeoutMs !== 30_000 && timeoutMs !== maxInteger) {
    reader.complain(timeoutName, `at most ${intervalName} (${exportIntervalMs})`, `${exportIntervalMs} is used`);
  }
  return { exportIntervalMs, exportTimeoutMs: Math.min(timeoutMs, exportIntervalMs) };
}

export function readSpanLimits(reader: EnvironmentReader): Config['traces']['limits'] {
  const count = (name: string): number => reader.integer(`OTEL_${name}_COUNT_LIMIT`, { fallback: 128, min: 0 });
  return {
    ...readAttributeLimits(reader, 'OTEL_SPAN'),
    eventCount: count('SPAN_EVENT'),
    linkCount: count('SPAN_LINK'),
    attributePerEventCount: count('EVENT_ATTRIBUTE'),
    attributePerLinkCount: count('LINK_ATTRIBUTE'),
  };
}

/** The general limits hold where the ones of spans or log records say nothing. */
export function readAttributeLimits(
  reader: EnvironmentReader,
  prefix: 'OTEL_SPAN' | 'OTEL_LOGRECORD',
): AttributeLimits {
  const count = '_ATTRIBUTE_COUNT_LIMIT';
  const length = '_ATTRIBUTE_VALUE_LENGTH_LIMIT';
  const generalCount = reader.integer(`OTEL${count}`, { fallback: 128, min: 0 });
  const generalLength = reader.integer(`OTEL${length}`, { fallback: undefined, min: 0 });
  return {
    attributeCount: reader.integer(`${prefix}${count}`, { fallback: generalCount, min: 0 }),
    attributeValueLength: reader.integer(`${prefix}${length}`, { fallback: generalLength, min: 0 }),
  };
}
