/** docker-compose.yml and the Collector's files, linted: no Docker engine is at hand where these tests run. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

import { collectorProblems, mergeConfigs } from './collector-config.ts';
import { composeProblems } from './compose-file.ts';
import { asTree, textsOf, treeAt, type Tree } from './tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const composeText = read('docker-compose.yml');
const baseText = read('collector/otel-collector.yaml');
const lgtmText = read('collector/lgtm.yaml');

const tree = (text: string): Tree => asTree(parse(text, { merge: true }) as unknown);
const base = tree(baseText);
const withLgtm = mergeConfigs(base, tree(lgtmText));

/** Replaces exactly one place, so that a planted mistake cannot miss silently. */
function plant(text: string, find: string, replacement: string): string {
  if (!text.includes(find)) throw new Error(`cannot plant a mistake: "${find}" is not in the file`);
  return text.replace(find, replacement);
}

function dclint(text: string): { readonly exitCode: number | null; readonly output: string } {
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-dclint-'));
  const file = join(directory, 'docker-compose.yml');
  writeFileSync(file, text);
  const args = [join(root, 'node_modules/dclint/bin/dclint.cjs'), '--max-warnings', '0', file];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  rmSync(directory, { recursive: true });
  return { exitCode: status, output: stdout };
}

describe('as committed', () => {
  test('dclint finds neither an error nor a warning in docker-compose.yml', () => {
    expect(dclint(composeText)).toEqual({ exitCode: 0, output: expect.not.stringMatching(/error|warning/) });
  });

  test('the Collector configuration is sound by itself and with the profile lgtm laid over it', () => {
    expect(collectorProblems(base)).toEqual([]);
    // With the profile nothing goes to the console any more; the Collector does not start what no pipeline names.
    expect(collectorProblems(withLgtm)).toEqual(['exporters.debug is defined and never used']);
  });

  test('docker-compose.yml is sound with either configuration', () => {
    expect(composeProblems({ compose: tree(composeText), collector: base })).toEqual([]);
    expect(composeProblems({ compose: tree(composeText), collector: withLgtm })).toEqual([]);
  });

  test('the profile lgtm sends traces to both, logs and metrics to Grafana', () => {
    expect(treeAt(withLgtm, 'service', 'pipelines')).toEqual({
      traces: {
        receivers: ['otlp'],
        processors: ['memory_limiter'],
        exporters: ['otlp_grpc/jaeger', 'otlp_grpc/lgtm'],
      },
      logs: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['otlp_grpc/lgtm'] },
      metrics: { receivers: ['otlp'], processors: ['memory_limiter'], exporters: ['otlp_grpc/lgtm'] },
    });
  });

  test.for([
    ['no profile', 'otel-collector', ['/etc/otelcol/otel-collector.yaml', '/etc/otelcol/otel-collector.yaml']],
    ['the profile lgtm', 'lgtm', ['/etc/otelcol/otel-collector.yaml', '/etc/otelcol/lgtm.yaml']],
  ] as const)('with %s the Collector reads files that are mounted and there', ([, profile, expected]) => {
    const collector = treeAt(tree(composeText), 'services', 'collector');
    const volumes = textsOf(collector['volumes']);
    const paths = textsOf(collector['command']).map((argument) =>
      argument.replace('--config=', '').replace('${COMPOSE_PROFILES:-otel-collector}', profile),
    );
    expect(paths).toEqual(expected);
    for (const path of paths) {
      const source = volumes.find((mount) => mount.split(':')[1] === path)?.split(':')[0];
      expect(existsSync(join(root, source ?? 'not mounted'))).toBe(true);
    }
  });

  test('the only profile is the one that has a Collector file of its name', () => {
    const profiles = Object.values(treeAt(tree(composeText), 'services')).flatMap((service) =>
      textsOf(asTree(service)['profiles']),
    );
    expect(profiles).toEqual(['lgtm']);
  });
});

describe('a planted mistake is found', () => {
  test.for([
    ['an unquoted port', "'127.0.0.1:16686:16686'", '127.0.0.1:16686:16686', 'require-quotes-in-ports'],
    ['a port on all interfaces', "'127.0.0.1:3000:3000'", "'3000:3000'", 'no-unbound-port-interfaces'],
    ['a version field', 'name: reqlens', "version: '3.8'\nname: reqlens", 'no-version-field'],
    ['an image without a tag', 'grafana/otel-lgtm:0.31.0', 'grafana/otel-lgtm', 'service-image-require-explicit-tag'],
    ['an unknown service key', 'read_only: true', 'readonly: true', 'invalid-schema'],
  ] as const)('by dclint: %s', ([, find, replacement, rule]) => {
    const { exitCode, output } = dclint(plant(composeText, find, replacement));
    expect(exitCode).toBe(1);
    expect(output).toContain(rule);
  });

  test.for([
    [
      'an unknown section',
      'receivers:',
      'reciever: {}\nreceivers:',
      'reciever is no section of a Collector configuration',
    ],
    [
      'a misspelt key',
      'check_interval: 1s',
      'check_intervall: 1s',
      'processors.memory_limiter.check_intervall is not documented',
    ],
    [
      'a wrong type',
      'limit_mib: 400',
      'limit_mib: 400MiB',
      'processors.memory_limiter.limit_mib: expected number, found "400MiB"',
    ],
    [
      'a duration without unit',
      'flush_timeout: 1s',
      'flush_timeout: 1',
      'exporters.otlp_grpc/jaeger.sending_queue.batch.flush_timeout: expected duration, found 1',
    ],
    [
      'a receiver that is not there',
      'receivers: [otlp]',
      'receivers: [zipkin]',
      'service.pipelines.traces.receivers names zipkin, which receivers does not define',
    ],
    [
      'an extension not switched on',
      'extensions: [health_check, file_storage]',
      'extensions: [file_storage]',
      'extensions.health_check is defined and never used',
    ],
    [
      'a limiter that is not first',
      'processors: [memory_limiter]',
      'processors: []',
      'service.pipelines.traces: memory_limiter must be its first processor',
    ],
    [
      'a queue in memory',
      'storage: file_storage\n',
      '',
      'exporters.otlp_grpc/jaeger: its sending_queue has no storage, so a restart would lose it',
    ],
    [
      'a storage not switched on',
      'extensions: [health_check, file_storage]',
      'extensions: [health_check]',
      'exporters.otlp_grpc/jaeger: storage file_storage is not in service.extensions',
    ],
    [
      'an unknown component',
      '  debug:\n',
      '  debgu:\n',
      'exporters.debgu: no exporter of the type debgu is known here',
    ],
    ['an unknown service key', '  telemetry:', '  telemetri: {}\n  telemetry:', 'service.telemetri is not documented'],
  ] as const)('in the Collector configuration: %s', ([, find, replacement, problem]) => {
    expect(collectorProblems(tree(plant(baseText, find, replacement)))).toContain(problem);
  });

  test.for([
    ['exporter otlp', 'otlp', 'exporters.otlp/jaeger: otlp is deprecated, use otlp_grpc'],
    ['exporter otlphttp', 'otlphttp', 'exporters.otlphttp/jaeger: otlphttp is deprecated, use otlp_http'],
  ] as const)('a deprecated name: %s', ([, name, problem]) => {
    expect(collectorProblems(tree(baseText.replaceAll('otlp_grpc', name)))).toEqual([problem]);
  });

  test('a deprecated name: processor batch', () => {
    const text = plant(baseText, 'processors:\n', 'processors:\n  batch:\n').replaceAll(
      '[memory_limiter]',
      '[memory_limiter, batch]',
    );
    expect(collectorProblems(tree(text))).toEqual([
      'processors.batch: batch is deprecated, use sending_queue.batch of the exporter',
    ]);
  });

  test.for([
    ['version:', 'name: reqlens', "version: '3.8'\nname: reqlens", 'version: is obsolete and ignored, leave it out'],
    [
      'the tag latest',
      'jaegertracing/jaeger:2.20.0',
      'jaegertracing/jaeger:latest',
      'jaeger: the image tag must be a full version, found "latest"',
    ],
    [
      'half a version',
      'contrib:0.159.0',
      'contrib:0.159',
      'collector: the image tag must be a full version, found "0.159"',
    ],
    ['an unknown image', 'grafana/otel-lgtm:', 'grafana/lgtm:', 'lgtm: nothing is known of the image grafana/lgtm'],
    [
      'a port for everybody',
      "'127.0.0.1:4318:4318'",
      "'0.0.0.0:4318:4318'",
      'collector: port 0.0.0.0:4318:4318 is not published on 127.0.0.1 alone',
    ],
    [
      'a port without an address',
      "'127.0.0.1:3000:3000'",
      "'3000:3000'",
      'lgtm: port 3000:3000 is not published on 127.0.0.1 alone',
    ],
    [
      'a port nobody listens on',
      "'127.0.0.1:8888:8888'",
      "'127.0.0.1:9999:9999'",
      'collector: publishes 9999, where nothing listens',
    ],
    [
      'an OTLP port under another number',
      "'127.0.0.1:4318:4318'",
      "'127.0.0.1:4319:4318'",
      'collector: does not publish the OTLP port 4318',
    ],
    [
      'a health check without a shell',
      '    mem_limit: 512m',
      '    healthcheck: { test: [CMD, /otelcol-contrib] }\n    mem_limit: 512m',
      'collector: otel/opentelemetry-collector-contrib has no shell, its health check can never pass',
    ],
    [
      'a configuration mounted for writing',
      'otel-collector.yaml:ro',
      'otel-collector.yaml',
      'collector: ./collector/otel-collector.yaml:/etc/otelcol/otel-collector.yaml must be mounted read-only',
    ],
    [
      'a dependency that is not there',
      '      queue-owner:\n        condition',
      '      volume-owner:\n        condition',
      'collector: depends on volume-owner, which is not a service',
    ],
    [
      'a dependency that never ends',
      "    restart: 'no'\n",
      '    restart: always\n',
      'collector: waits for queue-owner to end, which restarts',
    ],
    [
      'waiting for health without a check',
      'condition: service_completed_successfully',
      'condition: service_healthy',
      'collector: waits for queue-owner to be healthy, which has no health check',
    ],
    ['no restart policy', '  restart: unless-stopped\n', '', 'jaeger: has no restart policy'],
    [
      'a queue on no volume',
      '- collector-queue:/var/lib/otelcol/file_storage',
      '- collector-queue:/var/lib/queue',
      'collector: the queue directory /var/lib/otelcol/file_storage is not on a named volume',
    ],
    [
      'a queue left to root',
      "- '10001:10001'",
      "- '10002:10002'",
      'collector: nobody gives the volume collector-queue to user 10001 before it starts',
    ],
    ['an undeclared volume', '- lgtm-data:/data', '- lgtm:/data', 'the volume lgtm is not declared'],
    ['a volume without a use', '\n  lgtm-data:\n', '\n  lgtm-data:\n  other:\n', 'the volume other is never mounted'],
    [
      'a Go limit of its own',
      'GOMEMLIMIT: 320MiB',
      'GOMEMLIMIT: 400MiB',
      'collector: GOMEMLIMIT must be 80 % of limit_mib (320MiB), found 400MiB',
    ],
    [
      'too small a container',
      'mem_limit: 512m',
      'mem_limit: 420m',
      'collector: mem_limit leaves less than 50 MiB above limit_mib',
    ],
  ] as const)('in docker-compose.yml: %s', ([, find, replacement, problem]) => {
    expect(composeProblems({ compose: tree(plant(composeText, find, replacement)), collector: withLgtm })).toContain(
      problem,
    );
  });

  test.for([
    [
      'a host that is no service',
      'jaeger:4317',
      'localhost:4317',
      'exporters.otlp_grpc/jaeger: localhost:4317 names no service of docker-compose.yml',
    ],
    [
      'a port the service does not have',
      'jaeger:4317',
      'jaeger:14317',
      'exporters.otlp_grpc/jaeger: jaeger does not listen on 14317',
    ],
  ] as const)('in where the Collector sends: %s', ([, find, replacement, problem]) => {
    const collector = tree(plant(baseText, find, replacement));
    expect(composeProblems({ compose: tree(composeText), collector })).toEqual([problem]);
  });
});
