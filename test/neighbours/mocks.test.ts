/** Packages that take the place of a server, of its sockets or of the other side of a call give what they give without us. Needs the registry. */
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';
import { checkout, npm, packInto } from './project.ts';

const packages = [
  'light-my-request@6.8.1',
  '@hapi/shot@6.0.3',
  'node-mocks-http@1.18.1',
  'mock-req-res@1.2.1',
  'supertest@7.3.2',
  'serverless-http@4.0.0',
  '@vendia/serverless-express@4.12.6',
  '@codegenie/serverless-express@5.0.0',
  'nock@15.0.6',
  'msw@3.0.5',
  'express@5.3.0',
  'fastify@5.12.8',
];

let directory = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'reqlens-mocks-'));
  await writeFile(join(directory, 'package.json'), '{ "name": "mocks", "private": true, "type": "module" }');
  await copyFile(join(checkout, 'test/neighbours/apps/mocks.mjs'), join(directory, 'mocks.mjs'));
  await npm(directory, [...packages, await packInto(directory)]);
}, 180_000);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Told {
  readonly stories: Readonly<Record<string, unknown>>;
  readonly stderr: string;
  readonly code: number | undefined;
}

async function tell(nodeArgs: readonly string[], env: Readonly<Record<string, string>>): Promise<Told> {
  const { stdout, stderr, code } = await runApp('mocks.mjs', { cwd: directory, nodeArgs, env, killAfterMs: 60_000 });
  const lines = stdout.split('\n').filter((line) => line.startsWith('{"title"'));
  const stories = lines.map((line): { title: string; did: unknown } => JSON.parse(line));
  return {
    stories: Object.fromEntries(stories.map(({ title, did }) => [title, did])),
    stderr: stderr.replaceAll(/:\d{4,5}\//g, ':port/'),
    code,
  };
}

test('answers, errors and stderr are the same, and what is a request of Node has its span', async () => {
  const receiver = await startScriptedReceiver();
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_METRICS_EXPORTER: 'none',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
  const bare = await tell([], env);
  const ours = await tell(['--import', 'reqlens/register'], env);
  await receiver.close();
  expect(Object.values(bare.stories).filter((did) => String(did).startsWith('threw'))).toEqual([]);
  expect(ours).toEqual(bare);
  expect(Object.keys(ours.stories)).toHaveLength(16);
  const spans = receiver.spans().map(({ kind, attributes }) => {
    const status = attributes['http.response.status_code'];
    return `${kind === 2 ? 'server' : 'client'} ${String(status)}`;
  });
  const supertest = ['200', '500', '404', '201'].flatMap((status) => [`server ${status}`, `client ${status}`]);
  const nock = ['200', '503', 'undefined', '200', '200'].map((status) => `client ${status}`);
  const msw = ['202', '202', 'undefined', 'undefined', '203', '203'].map((status) => `client ${status}`);
  expect(spans.toSorted()).toEqual([...supertest, ...nock, ...msw, 'server 203', 'server 203'].toSorted());
});
