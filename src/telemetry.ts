/** Joins the rooms, in the order the data takes. Read this first. */
import { context, diag, logs, metrics, propagation, trace } from '@opentelemetry/api';
import type { TextMapPropagator } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator } from '@opentelemetry/core';
import { B3InjectEncoding, B3Propagator } from '@opentelemetry/propagator-b3';
import type { Resource } from '@opentelemetry/resources';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracerProviderOptions } from '@opentelemetry/sdk-trace';

import { closeRegistry, leaveLogs, openRegistry } from './api-registry.ts';
import type { ApiVersions } from './api-registry.ts';
import type { Config, PropagatorName } from './config/config.ts';
import { ReqlensError } from './errors.ts';
import { pipelinesFor } from './export/pipelines.ts';
import type { Pipelines } from './export/pipelines.ts';
import { probeReceivers } from './export/reachability.ts';
import { diagLevelFor, diagReport } from './export/self-report.ts';
import { FirstTelemetry } from './first-telemetry.ts';
import { instrumentOutgoing } from './http/outgoing.ts';
import { installServerHooks } from './http/server-hooks.ts';
import { ServerInstrumentation } from './http/server-instrumentation.ts';
import { HeldPropagator } from './http/stock-outgoing.ts';
import { StockServer, TrustedPropagator } from './http/stock-server.ts';
import { fatal, uncaught } from './http/thrown.ts';
import type { TrackingParts } from './http/tracking.ts';
import { instrumentLibraries } from './library-instrumentations.ts';
import { startLogLines, startLogLinesAlone } from './log-lines.ts';
import { LineLoggerProvider } from './logs/line-logger-provider.ts';
import { logUncaught } from './logs/uncaught.ts';
import { oneForAllCopies } from './one-for-all-copies.ts';
import type { EndWatch } from './process-end/watch-end.ts';
import { requestUsage } from './request-usage.ts';
import { serviceResource } from './resource.ts';
import { installShutdown } from './shutdown.ts';
import { endOpenTasks } from './tasks/open-tasks.ts';
import { RequestIdGenerator } from './trace/id-generator.ts';
import { IdentitySpanProcessor } from './trace/identity-span-processor.ts';
import { SecretSpanProcessor } from './trace/secret-span-processor.ts';
import { OverruledSampler, samplerFor } from './trace/sampler.ts';
import { spanMaker } from './trace/span-maker.ts';
import { TraceContextPropagator } from './trace/trace-context-propagator.ts';
import { version } from './version.ts';
import { WakingMeterProvider } from './waking-meter-provider.ts';

/** Telemetry that is running. */
export interface Telemetry {
  /** Sends what waits, and takes every hook off. Resolves when that is done or has failed. */
  shutdown: () => Promise<void>;
}

/** What the server spans and metrics say they come from. */
const httpScope = { name: 'reqlens/http', version };

const telemetry = oneForAllCopies('telemetry', () => ({ isRunning: false }));

/**
 * Starts telemetry for this process; `reqlens/register` does so before the application.
 *
 * @throws ReqlensError `ALREADY_STARTED`.
 */
export function startTelemetry(config: Config): Telemetry {
  if (telemetry.isRunning) {
    throw new ReqlensError(
      'ALREADY_STARTED',
      'cannot start telemetry: it is running already; `reqlens/register` starts it too',
    );
  }
  if (config.isDisabled) return startLogLinesAlone(config);
  telemetry.isRunning = true;

  const first = new FirstTelemetry();
  const pipelines = pipelinesFor(config, httpScope);
  const ids = new RequestIdGenerator();
  const sampler = new OverruledSampler(samplerFor(config.traces.sampler, config.traces.samplerRatio));
  const providers = registerProviders({ config, pipelines, ids, sampler, first });
  // Only now: what the API has to say of an earlier registration was said in our words, once.
  diag.setLogger(diagReport, { logLevel: diagLevelFor(config.diagLevel), suppressOverrideMessage: true });
  closeRegistry(providers);
  const { makeSpan } = providers;
  const stopLibraries = instrumentLibraries(config);
  const usage = requestUsage(config.usage);
  const { recordDuration } = pipelines;
  const server = instrumentServer({ config, ids, sampler, makeSpan, recordDuration, ...usage });
  const logLines = startLogLines(config, { isCollectorAway: pipelines.isLogReceiverAway, onLine: first.came });
  const endOpen = (): void => {
    server.endOpenSpans();
    endOpenTasks();
  };
  const endWatch = installShutdown({
    ...pipelines,
    timeoutMs: config.shutdownTimeoutMs,
    flushLogs: logLines.flush,
    endLogs: logLines.end,
    endOpenSpans: endOpen,
    flushMetrics: async () => providers.meters.forceFlush(),
    onUncaught: uncaught,
    onFatal: (error, origin) => fatal(error, () => logUncaught(error, origin)),
  });
  beginAt(first, { config, pipelines, endWatch });
  const undo = [first.stop, endWatch.stop, stopLibraries, logLines.stop, server.stop, endOpen, usage.stop];
  return { shutdown: async () => stop(providers, undo) };
}

interface BeginParts {
  readonly config: Config;
  readonly pipelines: Pipelines;
  readonly endWatch: EndWatch;
}

/** What a process without telemetry does without. */
function beginAt(first: FirstTelemetry, { config, pipelines, endWatch }: BeginParts): void {
  first.onCome(() => {
    endWatch.watchSignals();
    probeReceivers(pipelines.queues);
    for (const reader of pipelines.metricReaders) reader.wake();
  });
  // Some measure the process, without a span or a request.
  if (config.instrumentations.length > 0) first.came();
}

async function stop({ tracers, loggers, meters }: Providers, undo: readonly (() => void)[]): Promise<void> {
  for (const each of undo) each();
  await Promise.allSettled([tracers.shutdown(), loggers.shutdown(), meters.shutdown()]);
  for (const api of [trace, logs, metrics, context, propagation]) api.disable();
  leaveLogs();
  telemetry.isRunning = false;
}

interface ProviderParts extends Parts {
  readonly pipelines: Pipelines;
  readonly first: FirstTelemetry;
}

interface Parts {
  readonly config: Config;
  readonly ids: RequestIdGenerator;
  readonly sampler: OverruledSampler;
}

interface Providers {
  readonly tracers: TracerProvider;
  readonly loggers: LineLoggerProvider;
  readonly meters: WakingMeterProvider;
  readonly makeSpan: ReturnType<typeof spanMaker>;
  readonly versions: ApiVersions;
}

function registerProviders({ config, pipelines, ids, sampler, first }: ProviderParts): Providers {
  const resource: Resource = serviceResource(config);
  const { limits } = config.traces;
  const secrets = new SecretSpanProcessor({ redact: config.logs.redact, redactQuery: config.traces.redactQuery });
  const meters = new WakingMeterProvider({ resource, readers: [...pipelines.metricReaders] }, first);
  const tracerOptions: TracerProviderOptions = {
    resource,
    sampler,
    idGenerator: ids,
    spanProcessors: [new IdentitySpanProcessor(first.came), secrets, ...pipelines.spanProcessors],
    spanLimits: {
      attributeCountLimit: limits.attributeCount,
      attributeValueLengthLimit: limits.attributeValueLength ?? Infinity,
      eventCountLimit: limits.eventCount,
      linkCountLimit: limits.linkCount,
      attributePerEventCountLimit: limits.attributePerEventCount,
      attributePerLinkCountLimit: limits.attributePerLinkCount,
    },
  };
  const tracers = new TracerProvider(tracerOptions);
  const loggers = new LineLoggerProvider({
    resource,
    processors: [...pipelines.logProcessors],
    logRecordLimits: {
      attributeCountLimit: config.logs.limits.attributeCount,
      attributeValueLengthLimit: config.logs.limits.attributeValueLength ?? Infinity,
    },
  });
  const versions = openRegistry();
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(propagatorFor(config));
  metrics.setGlobalMeterProvider(meters);
  trace.setGlobalTracerProvider(tracers);
  logs.setGlobalLoggerProvider(loggers);
  pipelines.observe(meters.getMeter('reqlens/export', version));
  return { versions, tracers, loggers, meters, makeSpan: spanMaker(tracerOptions, httpScope) };
}

function propagatorFor({ propagators, http }: Config): TextMapPropagator {
  const composite = new CompositePropagator({ propagators: propagators.map(propagatorNamed) });
  const held = http.client === 'otel' ? new HeldPropagator(composite) : composite;
  return http.server === 'otel' ? new TrustedPropagator(held) : held;
}

function propagatorNamed(name: PropagatorName): TextMapPropagator {
  switch (name) {
    case 'tracecontext':
      return new TraceContextPropagator();
    case 'baggage':
      return new W3CBaggagePropagator();
    case 'b3':
      return new B3Propagator({ injectEncoding: B3InjectEncoding.SINGLE_HEADER });
    case 'b3multi':
      return new B3Propagator({ injectEncoding: B3InjectEncoding.MULTI_HEADER });
    default:
      return name satisfies never;
  }
}

type ServerParts = Pick<Providers, 'makeSpan'> & Pick<Pipelines, 'recordDuration'> & TrackingParts;

interface RunningServer {
  readonly endOpenSpans: () => void;
  readonly stop: () => void;
}

function instrumentServer({ config, ...parts }: Parts & ServerParts): RunningServer {
  const tracer = trace.getTracer(httpScope.name, httpScope.version);
  const meter = metrics.getMeter(httpScope.name, httpScope.version);
  if (config.http.server === 'otel') {
    const stock = new StockServer({ config, meter, ...parts });
    const outgoing = instrumentOutgoing({ config, tracer, meter, ...parts, incoming: stock });
    return running([installServerHooks(stock), outgoing.stop], outgoing.abandonOpen);
  }
  const outgoing = instrumentOutgoing({ config, tracer, meter, ...parts });
  const server = new ServerInstrumentation({ config, tracer, meter, ...parts });
  return running([installServerHooks(server), outgoing.stop], () => {
    outgoing.abandonOpen();
    server.abandonOpen();
  });
}

function running(undo: readonly (() => void)[], endOpenRequests: () => void): RunningServer {
  return {
    endOpenSpans: () => {
      endOpenRequests();
      endOpenTasks();
    },
    stop: () => {
      for (const each of undo) each();
    },
  };
}
