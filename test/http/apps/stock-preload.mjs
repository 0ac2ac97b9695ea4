/**
 * The stock way, without reqlens: the OpenTelemetry SDK and instrumentation-http 0.301, for test/http/parity.test.ts to compare with.
 * With TEST_OUTGOING instrumentation-undici 0.34 too, for test/http/outgoing-parity.test.ts.
 */
import { createRequire } from 'node:module';

import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  CompositePropagator,
  suppressTracing,
  W3CBaggagePropagator,
  W3CTraceContextPropagator,
} from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import { JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** Sending makes no spans. */
function jsonExporter(path, serializer) {
  const sending = new Set();
  const send = async (items, done) => {
    const body = serializer.serializeRequest(items);
    const url = `${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}${path}`;
    const response = await context.with(suppressTracing(context.active()), fetch, undefined, url, {
      method: 'POST',
      body,
    });
    await response.text();
    done({ code: 0 });
  };
  const forceFlush = async () => {
    await Promise.all(sending);
  };
  return {
    export: (items, done) => {
      const sent = send(items, done).finally(() => sending.delete(sent));
      sending.add(sent);
    },
    forceFlush,
    shutdown: forceFlush,
  };
}

const spanExporter = jsonExporter('/v1/traces', JsonTraceSerializer);
const metricExporter = jsonExporter('/v1/metrics', JsonMetricsSerializer);
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: metricExporter, exportIntervalMillis: 600_000 })],
});
const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter: spanExporter })] });

context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
propagation.setGlobalPropagator(
  new CompositePropagator({ propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()] }),
);
metrics.setGlobalMeterProvider(meters);
trace.setGlobalTracerProvider(tracers);
const outgoing = process.env.TEST_OUTGOING === undefined ? [] : [new UndiciInstrumentation()];
for (const instrumentation of [new HttpInstrumentation(), ...outgoing]) {
  instrumentation.setMeterProvider(meters);
  instrumentation.setTracerProvider(tracers);
}

// The patch is put on when the modules are required for the first time; their prototypes are those of ES modules too.
const require = createRequire(import.meta.url);
for (const name of ['http', 'https']) require(name);

process.once('SIGTERM', async () => {
  await Promise.all([tracers.forceFlush(), meters.forceFlush()]);
  await Promise.all([spanExporter.forceFlush(), metricExporter.forceFlush()]);
  process.kill(process.pid, 'SIGTERM');
});
