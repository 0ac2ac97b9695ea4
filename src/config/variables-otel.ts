/**
 * The variables of the OpenTelemetry specification that reqlens reads, with the specification's meaning and default
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/).
 */
import { otlpVariables } from './variables-otlp.ts';
import type { Section, Variable } from './variables.ts';

const general: readonly Variable[] = [
  {
    name: 'OTEL_SDK_DISABLED',
    section: 'General',
    meaning:
      'No request is hooked and nothing is sent; named loggers still write to console and files. Only `true` is true.',
    type: 'boolean',
    default: 'false',
  },
  {
    name: 'OTEL_SERVICE_NAME',
    section: 'General',
    meaning: 'Name of the service. Wins over `service.name` in `OTEL_RESOURCE_ATTRIBUTES`.',
    type: 'text',
    whenUnset: '`service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else `unknown_service:node`',
  },
  {
    name: 'OTEL_RESOURCE_ATTRIBUTES',
    section: 'General',
    meaning:
      'Attributes of everything that the process sends, e.g. `deployment.environment.name=test,service.version=1.2`.',
    type: 'list of name=value, percent-encoded',
    whenUnset: 'none',
  },
  {
    name: 'OTEL_LOG_LEVEL',
    section: 'General',
    meaning:
      "How much OpenTelemetry's diagnostics, and reqlens's about its own functions and hooks, say on stderr. What happens to telemetry is said at every level.",
    type: '`none`, `error`, `warn`, `info`, `debug`, `verbose` or `all`',
    default: 'info',
  },
  {
    name: 'OTEL_PROPAGATORS',
    section: 'General',
    meaning: 'How the trace context is read from requests and written into outgoing ones.',
    type: 'list of `tracecontext`, `baggage`, `b3`, `b3multi`; or `none`',
    default: 'tracecontext,baggage',
  },
  configFile('OTEL_CONFIG_FILE'),
  configFile('OTEL_EXPERIMENTAL_CONFIG_FILE'),
];

const exporters: readonly Variable[] = ['TRACES', 'LOGS', 'METRICS'].map((signal) => ({
  name: `OTEL_${signal}_EXPORTER`,
  section: 'Exporters',
  meaning: `Where ${signal.toLowerCase()} go. \`console\` prints them to stdout; \`none\`: they are not sent.`,
  type: 'list of `otlp`, `console`; or `none`',
  default: 'otlp',
}));

const sampling: readonly Variable[] = [
  {
    name: 'OTEL_TRACES_SAMPLER',
    section: 'Sampling',
    meaning: 'Which traces are recorded. The `parentbased_` ones follow the caller when there is one.',
    type: '`always_on`, `always_off`, `traceidratio`, or one of these after `parentbased_`',
    default: 'parentbased_always_on',
  },
  {
    name: 'OTEL_TRACES_SAMPLER_ARG',
    section: 'Sampling',
    meaning: 'The share of traces that the `traceidratio` samplers record.',
    type: 'number from 0 to 1',
    whenUnset: '1',
  },
];

const metrics: readonly Variable[] = [
  {
    name: 'OTEL_METRIC_EXPORT_INTERVAL',
    section: 'Metrics',
    meaning: 'Time between two exports of metrics.',
    type: 'milliseconds, at least 1',
    default: '60000',
  },
  {
    name: 'OTEL_METRIC_EXPORT_TIMEOUT',
    section: 'Metrics',
    meaning: 'The longest that one export of metrics may take. Never more than the interval.',
    type: 'milliseconds',
    default: '30000',
  },
  {
    name: 'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE',
    section: 'Metrics',
    meaning: 'Whether counters are sent as sums since the start or since the last export.',
    type: '`cumulative`, `delta` or `lowmemory`',
    default: 'cumulative',
  },
];

const limits: readonly Variable[] = [
  ...attributeLimits('OTEL', 'span or log record'),
  ...attributeLimits('OTEL_SPAN', 'span'),
  countLimit('OTEL_SPAN_EVENT_COUNT_LIMIT', 'Events of a span'),
  countLimit('OTEL_SPAN_LINK_COUNT_LIMIT', 'Links of a span'),
  countLimit('OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'Attributes of one span event'),
  countLimit('OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'Attributes of one span link'),
  ...attributeLimits('OTEL_LOGRECORD', 'log record'),
];

/** In the order in which the documents list them. */
export const otelVariables: readonly Variable[] = [
  ...general,
  ...exporters,
  ...otlpVariables,
  ...sampling,
  ...batch('OTEL_BSP', 'spans', '5000'),
  ...batch('OTEL_BLRP', 'log records', '1000'),
  ...metrics,
  ...limits,
];

function configFile(name: string): Variable {
  return {
    name,
    section: 'General',
    meaning: 'Not read: a line on stderr says so, and the other variables are used.',
    type: 'path',
    whenUnset: 'none',
  };
}

function batch(prefix: string, items: string, delay: string): readonly Variable[] {
  const section: Section = 'Batches';
  return [
    {
      name: `${prefix}_SCHEDULE_DELAY`,
      section,
      meaning: `How long ${items} wait for a batch to fill.`,
      type: 'milliseconds',
      default: delay,
    },
    {
      name: `${prefix}_EXPORT_TIMEOUT`,
      section,
      meaning: `The longest that one try to send ${items} may take, where that is less than \`OTEL_EXPORTER_OTLP_TIMEOUT\`. 0: no limit of its own.`,
      type: 'milliseconds',
      default: '30000',
    },
    {
      name: `${prefix}_MAX_QUEUE_SIZE`,
      section,
      meaning: `How many ${items} may wait in memory. More go to the disk (\`REQLENS_SPOOL_DIR\`); where there is none, they are dropped and counted.`,
      type: 'count, at least 1',
      default: '2048',
    },
    {
      name: `${prefix}_MAX_EXPORT_BATCH_SIZE`,
      section,
      meaning: `The most ${items} in one export. Never more than the queue holds.`,
      type: 'count, at least 1',
      default: '512',
    },
  ];
}

function attributeLimits(prefix: string, owner: string): readonly Variable[] {
  const isGeneral = prefix === 'OTEL';
  return [
    {
      name: `${prefix}_ATTRIBUTE_COUNT_LIMIT`,
      section: 'Limits',
      meaning: `Attributes of one ${owner}; more are dropped.`,
      type: 'count',
      ...(isGeneral ? { default: '128' } : { whenUnset: '`OTEL_ATTRIBUTE_COUNT_LIMIT`' }),
    },
    {
      name: `${prefix}_ATTRIBUTE_VALUE_LENGTH_LIMIT`,
      section: 'Limits',
      meaning: `Characters of one attribute's text on a ${owner}; the rest is cut off.`,
      type: 'count',
      whenUnset: isGeneral ? 'no limit' : '`OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`',
    },
  ];
}

function countLimit(name: string, what: string): Variable {
  return { name, section: 'Limits', meaning: `${what}; more are dropped.`, type: 'count', default: '128' };
}
