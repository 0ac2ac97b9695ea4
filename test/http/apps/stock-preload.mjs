/** The stock way, without reqlens: the OpenTelemetry SDK and instrumentation-http 0.301, for test/http/parity.test.ts to compare with. */
import { createRequire } from 'node:module';

import { context, metrics, propagation, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { JsonMetricsSerializer, JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/** `fetch` is not instrumented here, so that sending makes no spans. */
function jsonExporter(path, serializer) {
  const sending = new Set();
  const send = async (items, done) => {
    const body = serializer.serializeRequest(items);
    const response = await fetch(`${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}${path}`, { method: 'POST', body });
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
const instrumentation = new HttpInstrumentation();
instrumentation.setMeterProvider(meters);
instrumentation.setTracerProvider(tracers);

// The patch is put on when the modules are required for the first time; their prototypes are those of ES modules too.
const require = createRequire(import.meta.url);
for (const name of ['http', 'https']) require(name);

process.once('SIGTERM', async () => {
  await Promise.all([tracers.forceFlush(), meters.forceFlush()]);
  await Promise.all([spanExporter.forceFlush(), metricExporter.forceFlush()]);
  process.kill(process.pid, 'SIGTERM');
});
