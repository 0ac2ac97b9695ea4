/** The configuration as a whole: its defaults, and that table and parser say the same. */
import { expect, test } from 'vitest';

import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { variables } from '../../src/config/variables.ts';

const defaults = readConfig({});

/** The complaints about one environment, as stderr shows them. */
function lines(env: Readonly<Record<string, string>>): string[] {
  return readConfig(env).problems.map(problemLine);
}

test('an empty environment gives the defaults of the specification and no complaint', () => {
  expect(defaults.problems).toEqual([]);
  expect(defaults.config).toMatchObject({
    isDisabled: false,
    serviceName: undefined,
    resourceAttributes: {},
    diagLevel: 'info',
    propagators: ['tracecontext', 'baggage'],
    traces: {
      exporters: ['otlp'],
      batch: { scheduleDelayMs: 5000, exportTimeoutMs: 30_000, maxQueueSize: 2048, maxExportBatchSize: 512 },
      sampler: 'parentbased_always_on',
      samplerRatio: 1,
    },
    logs: {
      exporters: ['otlp'],
      batch: { scheduleDelayMs: 1000, exportTimeoutMs: 30_000, maxQueueSize: 2048, maxExportBatchSize: 512 },
      limits: { attributeCount: 128, attributeValueLength: undefined },
      level: 'info',
    },
    metrics: { exporters: ['otlp'], exportIntervalMs: 60_000, exportTimeoutMs: 30_000, temporality: 'cumulative' },
    http: { server: 'reqlens', hasServerTiming: false },
    shutdownTimeoutMs: 1000,
    hasStartupLine: false,
  });
  expect(defaults.config.traces.limits).toEqual({
    attributeCount: 128,
    attributeValueLength: undefined,
    eventCount: 128,
    linkCount: 128,
    attributePerEventCount: 128,
    attributePerLinkCount: 128,
  });
});

test('names in the table are unique', () => {
  const names = variables.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});

test.each(variables.flatMap((variable) => ('default' in variable ? [[variable.name, variable.default] as const] : [])))(
  '%s=%s, its default in the table, changes nothing',
  (name, value) => {
    expect(readConfig({ [name]: value })).toEqual(defaults);
  },
);

test.each(variables.map(({ name }) => name))('%s blank or of spaces only counts as unset', (name) => {
  expect(readConfig({ [name]: '' })).toEqual(defaults);
  expect(readConfig({ [name]: ' \t ' })).toEqual(defaults);
});

test('the parser reads every variable of the table and no other', () => {
  const read = new Set<string>();
  const watched = new Proxy<Record<string, string>>(
    // A ratio sampler, without which the argument is looked at only to complain.
    { OTEL_TRACES_SAMPLER: 'traceidratio', REQLENS_LOG_LEVEL_WEBHOOKS: 'info' },
    {
      get: (target, name) => {
        if (typeof name === 'string') read.add(name);
        return typeof name === 'string' ? target[name] : undefined;
      },
    },
  );
  readConfig(watched);
  // The row of REQLENS_LOG_LEVEL_<NAME> stands for the names that are there.
  const names = variables.map(({ name }) => name.replace('<NAME>', 'WEBHOOKS'));
  // Whether Node itself uses proxies, which telemetry follows.
  const ofNode = ['NODE_OPTIONS', 'NODE_USE_ENV_PROXY'];
  expect([...read].toSorted()).toEqual([...names, ...ofNode].toSorted());
});

test('no bad value of any variable throws, and each is reported at most once', () => {
  const odd = ['\0', '%', 'x', '-1', '1e999', '=', ',', '\ud800', 'a'.repeat(100_000), '[::', '://', '__proto__'];
  for (const { name } of variables) {
    for (const value of odd) {
      const { problems } = readConfig({ [name]: value });
      const own = problems.filter((problem) => problem.variable === name);
      expect(own.length, `${name}=${value.slice(0, 9)}`).toBeLessThan(2);
    }
  }
});

test.each(variables.filter(({ isSecret }) => isSecret).map(({ name }) => name))('%s never shows its value', (name) => {
  expect(lines({ [name]: 'hunter2' }).join('\n')).toMatch(new RegExp(`^reqlens: ${name}="\\*\\*\\*" is not usable: `));
});

test.each([
  ['true', true],
  [' TRUE ', true],
  ['1', true],
  ['Yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['NO', false],
  ['off', false],
])('REQLENS booleans: %s means %s', (value, expected) => {
  const { config, problems } = readConfig({ REQLENS_SERVER_TIMING: value, REQLENS_STARTUP_LINE: value });
  expect([config.http.hasServerTiming, config.hasStartupLine]).toEqual([expected, expected]);
  expect(problems).toEqual([]);
});

test('a REQLENS boolean that is neither is reported and stays at its default', () => {
  expect(lines({ REQLENS_SERVER_TIMING: 'ture' })).toEqual([
    'reqlens: REQLENS_SERVER_TIMING="ture" is not usable: expected true, 1, yes, on, false, 0, no or off; false is used',
  ]);
});

test.each([
  ['true', true, 0],
  ['True', true, 0],
  ['false', false, 0],
  ['FALSE', false, 0],
  ['0', false, 1],
  ['1', false, 1],
  ['yes', false, 1],
])('OTEL_SDK_DISABLED=%s means %s with %i complaints, as the specification has it', (value, expected, complaints) => {
  const { config, problems } = readConfig({ OTEL_SDK_DISABLED: value });
  expect(config.isDisabled).toBe(expected);
  expect(problems).toHaveLength(complaints);
});

test.each(['abc', '-1', '600001', '1.5', '1e3', '0x10', '1 000', 'NaN'])(
  'REQLENS_SHUTDOWN_TIMEOUT=%s is no such number',
  (value) => {
    expect(lines({ REQLENS_SHUTDOWN_TIMEOUT: value })).toEqual([
      `reqlens: REQLENS_SHUTDOWN_TIMEOUT="${value}" is not usable: expected a whole number from 0 to 600000 (milliseconds); 1000 is used`,
    ]);
  },
);

test.each([
  ['0', 0],
  ['600000', 600_000],
  [' 007 ', 7],
])('REQLENS_SHUTDOWN_TIMEOUT=%s is used', (value, expected) => {
  const { config, problems } = readConfig({ REQLENS_SHUTDOWN_TIMEOUT: value });
  expect(config.shutdownTimeoutMs).toBe(expected);
  expect(problems).toEqual([]);
});

test('OTEL_SERVICE_NAME wins over service.name, which is no attribute of its own', () => {
  const OTEL_RESOURCE_ATTRIBUTES = 'service.name=from%20attributes,team=a%2Cb';
  expect(readConfig({ OTEL_RESOURCE_ATTRIBUTES }).config).toMatchObject({
    serviceName: 'from attributes',
    resourceAttributes: { team: 'a,b' },
  });
  const both = readConfig({ OTEL_RESOURCE_ATTRIBUTES, OTEL_SERVICE_NAME: 'shop' }).config;
  expect(both.serviceName).toBe('shop');
  expect(both.resourceAttributes).toEqual({ team: 'a,b' });
});

test('resource attributes with one mistake are left out as a whole', () => {
  const { config, problems } = readConfig({ OTEL_RESOURCE_ATTRIBUTES: 'a=1,b' });
  expect(config.resourceAttributes).toEqual({});
  expect(problems.map(problemLine)).toEqual([
    'reqlens: OTEL_RESOURCE_ATTRIBUTES="a=1,b" is not usable: expected name=value pairs with commas between them, percent-encoded where needed; it is ignored',
  ]);
});

test.each([
  ['none', []],
  ['console', ['console']],
  ['Console, otlp,console', ['console', 'otlp']],
])('OTEL_TRACES_EXPORTER=%s is a list without doubles', (value, expected) => {
  const { config, problems } = readConfig({ OTEL_TRACES_EXPORTER: value });
  expect(config.traces.exporters).toEqual(expected);
  expect(problems).toEqual([]);
});

const hints = {
  zipkin: 'for Zipkin send otlp to an OpenTelemetry Collector with its zipkin exporter',
  prometheus: 'for Prometheus send otlp to it, or to an OpenTelemetry Collector with its prometheus exporter',
  logging: 'its name is console now',
};

test.each([
  ['OTEL_TRACES_EXPORTER="zipkin"', `none alone (${hints.zipkin}); otlp`],
  ['OTEL_METRICS_EXPORTER="prometheus"', `none alone (${hints.prometheus}); otlp`],
  ['OTEL_LOGS_EXPORTER="console,logging"', `none alone (${hints.logging}); console`],
  ['OTEL_LOGS_EXPORTER="none,console"', 'none alone; console'],
  ['OTEL_TRACES_EXPORTER="constructor"', 'none alone; otlp'],
])('%s is reported with what to use instead', (assignment, tail) => {
  const [name = '', value = ''] = assignment.split('=');
  expect(lines({ [name]: value.slice(1, -1) })).toEqual([
    `reqlens: ${assignment} is not usable: expected a list of otlp or console, or ${tail} is used`,
  ]);
});

test('propagators that we do not have are left out, the others hold', () => {
  const { config, problems } = readConfig({ OTEL_PROPAGATORS: 'b3,jaeger,tracecontext' });
  expect(config.propagators).toEqual(['b3', 'tracecontext']);
  expect(problems.map(problemLine)).toEqual([
    'reqlens: OTEL_PROPAGATORS="b3,jaeger,tracecontext" is not usable: expected a list of tracecontext, baggage, b3 or b3multi, or none alone (Jaeger reads tracecontext); b3,tracecontext is used',
  ]);
  expect(readConfig({ OTEL_PROPAGATORS: 'none' }).config.propagators).toEqual([]);
});

test.each([
  ['0', 0],
  ['.25', 0.25],
  ['1.0', 1],
  ['1e-3', 0.001],
])('a ratio sampler takes %s', (value, expected) => {
  const env = { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: value };
  const { config, problems } = readConfig(env);
  expect(config.traces).toMatchObject({ sampler: 'parentbased_traceidratio', samplerRatio: expected });
  expect(problems).toEqual([]);
});

test.each(['1.1', '-0.1', 'half', '10%', '..', '0x1'])('a ratio sampler does not take %s', (value) => {
  expect(lines({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: value })).toEqual([
    `reqlens: OTEL_TRACES_SAMPLER_ARG="${value}" is not usable: expected a number from 0 to 1; 1 is used`,
  ]);
});

test('an argument without a sampler that takes one is reported, because nothing would be sampled by it', () => {
  expect(lines({ OTEL_TRACES_SAMPLER_ARG: '0.1' })).toEqual([
    'reqlens: OTEL_TRACES_SAMPLER_ARG="0.1" is not usable: expected OTEL_TRACES_SAMPLER to be traceidratio or parentbased_traceidratio; it is ignored',
  ]);
});

test.each(['OTEL_CONFIG_FILE', 'OTEL_EXPERIMENTAL_CONFIG_FILE'])('%s is reported as not read', (name) => {
  expect(lines({ [name]: 'otel.yaml' })).toEqual([
    `reqlens: ${name}="otel.yaml" is not usable: expected nothing here, because reqlens reads no configuration file; the other OTEL_* and REQLENS_* variables are used`,
  ]);
});

test.each([
  'host',
  'Authorization',
  'traceparent',
  'b3',
  'x-b3-traceid',
  'content-length',
  'X-Forwarded-For',
  'a b',
  'é',
  'a'.repeat(65),
])('REQLENS_REQUEST_ID_HEADER=%s cannot carry a request id', (value) => {
  const { config, problems } = readConfig({ REQLENS_REQUEST_ID_HEADER: value });
  expect(config.requestId.headerName).toBe('x-request-id');
  expect(problems.map(problemLine)).toEqual([
    `reqlens: REQLENS_REQUEST_ID_HEADER="${value}" is not usable: expected the name of an HTTP header of at most 64 characters that has no other use; x-request-id is used`,
  ]);
});

test('REQLENS_REQUEST_ID_HEADER is taken in lower case', () => {
  const { config, problems } = readConfig({ REQLENS_REQUEST_ID_HEADER: 'X-Correlation-ID' });
  expect(config.requestId.headerName).toBe('x-correlation-id');
  expect(problems).toEqual([]);
});
