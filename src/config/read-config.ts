/** Environment in, configuration and complaints out. Of the outside world it reads files' permissions and the loggers' file, nothing else. */
import type { Config, ConfigProblem, DiagLevel, ExporterName, PropagatorName, SamplerName } from './config.ts';
import type { Environment } from './environment-reader.ts';
import { EnvironmentReader } from './environment-reader.ts';
import { parseKeyValueList } from './key-value-list.ts';
import { parseQueryRedaction } from './query-redaction.ts';
import { readAttributeLimits, readBatch, readMetricExport, readSpanLimits } from './read-limits.ts';
import { readOtlp } from './read-otlp.ts';
import type { Signal } from './read-otlp.ts';
import { readLoggers } from './read-loggers.ts';
import { readClients, readRequestId } from './read-request-id.ts';
import { readUsage } from './read-usage.ts';
import { readWaiting } from './read-waiting.ts';
import { shownText } from './shown-value.ts';
import { unknownNames } from './unknown-names.ts';

/** What the environment came to. */
export interface ReadConfig {
  readonly config: Config;
  /** Values first, in the order of reading, then unknown names. Empty when all is well. */
  readonly problems: readonly ConfigProblem[];
}

/** Never throws: what cannot be used is a problem, and its default goes on. */
export function readConfig(env: Environment): ReadConfig {
  const reader = new EnvironmentReader(env);
  complainAboutFiles(reader);
  const read: Omit<Config, 'waiting'> = {
    isDisabled: reader.specificationBoolean('OTEL_SDK_DISABLED'),
    ...readResource(reader),
    diagLevel: readDiagLevel(reader),
    propagators: readPropagators(reader),
    traces: readTraces(reader),
    logs: readLogs(reader),
    metrics: readMetrics(reader),
    requestId: readRequestId(reader),
    clients: readClients(reader),
    http: {
      server: reader.oneOf('REQLENS_HTTP_SERVER', { values: ['reqlens', 'otel'], fallback: 'reqlens' }),
      client: reader.oneOf('REQLENS_HTTP_CLIENT', { values: ['reqlens', 'otel'], fallback: 'reqlens' }),
      hasServerTiming: reader.boolean('REQLENS_SERVER_TIMING', false),
    },
    usage: readUsage(reader),
    sendsAccount: reader.boolean('REQLENS_ACCOUNT_BAGGAGE', false),
    instrumentations: reader.packageNames('REQLENS_INSTRUMENTATIONS'),
    nodeOptions: reader.text('NODE_OPTIONS') ?? '',
    shutdownTimeoutMs: reader.integer('REQLENS_SHUTDOWN_TIMEOUT', {
      fallback: 1000,
      min: 0,
      max: 600_000,
      unit: 'milliseconds',
    }),
    hasStartupLine: reader.boolean('REQLENS_STARTUP_LINE', false),
  };
  const config = { ...read, waiting: readWaiting(reader, read.logs.directory) };
  return { config, problems: [...reader.problems, ...unknownNames(env)] };
}

/** By the specification a file would replace every other variable; as we read none, silence would mislead. */
function complainAboutFiles(reader: EnvironmentReader): void {
  for (const variable of ['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE']) {
    if (reader.text(variable) === undefined) continue;
    const expected = 'nothing here, because reqlens reads no configuration file';
    reader.complain(variable, expected, 'the other OTEL_* and REQLENS_* variables are used');
  }
}

function readResource(reader: EnvironmentReader): Pick<Config, 'serviceName' | 'resourceAttributes'> {
  const attributes = new Map(reader.keyValueList('OTEL_RESOURCE_ATTRIBUTES', parseKeyValueList));
  const serviceName = reader.text('OTEL_SERVICE_NAME') ?? (attributes.get('service.name') || undefined);
  attributes.delete('service.name');
  return { serviceName, resourceAttributes: Object.fromEntries(attributes) };
}

function readDiagLevel(reader: EnvironmentReader): DiagLevel {
  const values: readonly DiagLevel[] = ['none', 'error', 'warn', 'info', 'debug', 'verbose', 'all'];
  return reader.oneOf('OTEL_LOG_LEVEL', { values, fallback: 'info' });
}

function readPropagators(reader: EnvironmentReader): readonly PropagatorName[] {
  return reader.manyOf<PropagatorName>('OTEL_PROPAGATORS', {
    values: ['tracecontext', 'baggage', 'b3', 'b3multi'],
    fallback: ['tracecontext', 'baggage'],
    hints: { jaeger: 'Jaeger reads tracecontext', xray: 'not included', ottrace: 'not included' },
  });
}

function readTraces(reader: EnvironmentReader): Config['traces'] {
  return {
    exporters: readExporters(reader, 'TRACES'),
    otlp: readOtlp(reader, 'TRACES'),
    batch: readBatch(reader, 'OTEL_BSP', 5000),
    ...readSampler(reader),
    redactQuery: readQueryRedaction(reader),
    limits: readSpanLimits(reader),
  };
}

/** Names that cannot be used do not make the others fewer. */
function readQueryRedaction(reader: EnvironmentReader): readonly string[] {
  const variable = 'REQLENS_REDACT_QUERY';
  const { names, unusable } = parseQueryRedaction(reader.text(variable) ?? 'default');
  if (unusable.length > 0) {
    const expected = 'names of query parameters such as member_id, which are added to the default list, or none alone';
    reader.complain(variable, expected, shownText(`the list is used without ${unusable.join(', ')}`));
  }
  return names;
}

function readLogs(reader: EnvironmentReader): Config['logs'] {
  const exporters = readExporters(reader, 'LOGS');
  return {
    exporters,
    otlp: readOtlp(reader, 'LOGS'),
    batch: readBatch(reader, 'OTEL_BLRP', 1000),
    limits: readAttributeLimits(reader, 'OTEL_LOGRECORD'),
    ...readLoggers(reader, exporters.length > 0 && !reader.specificationBoolean('OTEL_SDK_DISABLED')),
  };
}

function readMetrics(reader: EnvironmentReader): Config['metrics'] {
  return {
    exporters: readExporters(reader, 'METRICS'),
    otlp: readOtlp(reader, 'METRICS'),
    ...readMetricExport(reader),
    temporality: reader.oneOf('OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE', {
      values: ['cumulative', 'delta', 'lowmemory'],
      fallback: 'cumulative',
    }),
  };
}

function readExporters(reader: EnvironmentReader, signal: Signal): readonly ExporterName[] {
  return reader.manyOf<ExporterName>(`OTEL_${signal}_EXPORTER`, {
    values: ['otlp', 'console'],
    fallback: ['otlp'],
    hints: {
      zipkin: 'for Zipkin send otlp to an OpenTelemetry Collector with its zipkin exporter',
      prometheus: 'for Prometheus send otlp to it, or to an OpenTelemetry Collector with its prometheus exporter',
      jaeger: 'Jaeger takes otlp',
      logging: 'its name is console now',
    },
  });
}

/** The argument counts only beside a sampler that has one; anywhere else it would be a mistake that goes unseen. */
function readSampler(reader: EnvironmentReader): Pick<Config['traces'], 'sampler' | 'samplerRatio'> {
  const argument = 'OTEL_TRACES_SAMPLER_ARG';
  const values: readonly SamplerName[] = [
    'always_on',
    'always_off',
    'traceidratio',
    'parentbased_always_on',
    'parentbased_always_off',
    'parentbased_traceidratio',
  ];
  const sampler = reader.oneOf('OTEL_TRACES_SAMPLER', { values, fallback: 'parentbased_always_on' });
  if (sampler.endsWith('traceidratio')) return { sampler, samplerRatio: reader.ratio(argument, 1) };
  if (reader.text(argument)) {
    const expected = 'OTEL_TRACES_SAMPLER to be traceidratio or parentbased_traceidratio';
    reader.complain(argument, expected, 'it is ignored');
  }
  return { sampler, samplerRatio: 1 };
}
