/** Bounds that depend on each other: batch and queue, time-out and interval, special and general limits. */
import { expect, test } from 'vitest';

import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';

test.each(['OTEL_BSP', 'OTEL_BLRP'])('%s: a batch asked for beyond the queue is reported and cut', (prefix) => {
  const env = { [`${prefix}_MAX_QUEUE_SIZE`]: '10', [`${prefix}_MAX_EXPORT_BATCH_SIZE`]: '11' };
  const { config, problems } = readConfig(env);
  const batch = prefix === 'OTEL_BSP' ? config.traces.batch : config.logs.batch;
  expect(batch).toMatchObject({ maxQueueSize: 10, maxExportBatchSize: 10 });
  expect(problems.map(problemLine)).toEqual([
    `reqlens: ${prefix}_MAX_EXPORT_BATCH_SIZE="11" is not usable: expected at most ${prefix}_MAX_QUEUE_SIZE (10); 10 is used`,
  ]);
});

test('a short queue alone cuts the default batch without a word', () => {
  const { config, problems } = readConfig({ OTEL_BSP_MAX_QUEUE_SIZE: '10' });
  expect(config.traces.batch).toMatchObject({ maxQueueSize: 10, maxExportBatchSize: 10 });
  expect(problems).toEqual([]);
});

test.each([
  ['OTEL_BSP_MAX_QUEUE_SIZE', '0', '1 to 2147483647; 2048'],
  ['OTEL_BLRP_MAX_EXPORT_BATCH_SIZE', '-5', '1 to 2147483647; 512'],
  ['OTEL_BSP_SCHEDULE_DELAY', '2147483648', '0 to 2147483647 (milliseconds); 5000'],
  ['OTEL_METRIC_EXPORT_INTERVAL', '0', '1 to 2147483647 (milliseconds); 60000'],
  ['OTEL_SPAN_LINK_COUNT_LIMIT', 'all', '0 to 2147483647; 128'],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'none', '0 to 2147483647; no limit'],
])('%s=%s is out of its range', (name, value, rangeAndDefault) => {
  expect(readConfig({ [name]: value }).problems.map(problemLine)).toEqual([
    `reqlens: ${name}="${value}" is not usable: expected a whole number from ${rangeAndDefault} is used`,
  ]);
});

test('a time-out of 0 means none, in the form of the longest delay a timer takes', () => {
  const { config } = readConfig({
    OTEL_BSP_EXPORT_TIMEOUT: '0',
    OTEL_BLRP_EXPORT_TIMEOUT: '0',
    OTEL_EXPORTER_OTLP_TIMEOUT: '0',
    OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: '7',
  });
  expect(config.traces.batch.exportTimeoutMs).toBe(2_147_483_647);
  expect(config.logs.batch.exportTimeoutMs).toBe(2_147_483_647);
  expect(config.traces.otlp.timeoutMs).toBe(2_147_483_647);
  expect(config.logs.otlp.timeoutMs).toBe(7);
});

test.each([
  [{ OTEL_METRIC_EXPORT_INTERVAL: '100' }, 100, 0],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_METRIC_EXPORT_TIMEOUT: '0' }, 100, 0],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_METRIC_EXPORT_TIMEOUT: '50' }, 50, 0],
  [{ OTEL_METRIC_EXPORT_INTERVAL: '100', OTEL_METRIC_EXPORT_TIMEOUT: '200' }, 100, 1],
])('%j: an export of metrics ends within %i ms; %i complaints', (env, timeoutMs, complaints) => {
  const { config, problems } = readConfig(env);
  expect(config.metrics).toMatchObject({ exportIntervalMs: 100, exportTimeoutMs: timeoutMs });
  expect(problems).toHaveLength(complaints);
});

test('general attribute limits hold for spans and log records unless these have their own', () => {
  const general = { OTEL_ATTRIBUTE_COUNT_LIMIT: '5', OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '6' };
  const { traces, logs } = readConfig(general).config;
  expect(traces.limits).toMatchObject({ attributeCount: 5, attributeValueLength: 6, attributePerEventCount: 128 });
  expect(logs.limits).toEqual({ attributeCount: 5, attributeValueLength: 6 });
  const own = { OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '1', OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: '2' };
  const mixed = readConfig({ ...general, ...own }).config;
  expect(mixed.traces.limits).toMatchObject({ attributeCount: 1, attributeValueLength: 6 });
  expect(mixed.logs.limits).toEqual({ attributeCount: 5, attributeValueLength: 2 });
});
