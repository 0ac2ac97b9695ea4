/** What holds for the application's connections holds for those of its exit: Node's variables and options, and what code has set. */
import { execFileSync } from 'node:child_process';

import { afterAll, expect, test } from 'vitest';

import { receiverEnv } from './ending.ts';
import { newSpool, receiverOn, spooledFiles } from '../spool/spooling.ts';
import { writeCertificates } from '../support/certificates.ts';
import { runApp } from '../support/run-app.ts';

const made = writeCertificates();
afterAll(() => made.remove());

const preload = ['--import', './register.js'];
const node = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
/** NODE_USE_SYSTEM_CA came with it, in Node 22.19 and 24.6. */
const knowsVariable = execFileSync(node, ['-p', 'typeof tls.setDefaultCACertificates']).toString() === 'function\n';

test('NODE_TLS_REJECT_UNAUTHORIZED=0: the last log line goes to a receiver whose authority nobody knows', async () => {
  const receiver = await receiverOn(0, { tls: made.server });
  const spool = newSpool();
  const env = { ...receiverEnv(receiver.url), REQLENS_SPOOL_DIR: spool, NODE_TLS_REJECT_UNAUTHORIZED: '0' };
  expect(await runApp('test/exit/apps/endings.mjs', { args: ['log'], env })).toMatchObject({ code: 0 });
  expect(receiver.logs().map(({ body }) => body)).toEqual(['from a program']);
  expect(spooledFiles(spool)).toEqual([]);
});

test('without it that receiver gets nothing, and the line waits on disk', async () => {
  const receiver = await receiverOn(0, { tls: made.server });
  const spool = newSpool();
  const env = { ...receiverEnv(receiver.url), REQLENS_SPOOL_DIR: spool };
  expect(await runApp('test/exit/apps/endings.mjs', { args: ['log'], env })).toMatchObject({ code: 0 });
  expect(receiver.requests).toEqual([]);
  expect(spooledFiles(spool)).toHaveLength(1);
});

interface Trusting {
  readonly what: string;
  readonly options?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const asSystem = { SSL_CERT_FILE: made.authorityFile };
const known: Trusting[] = [
  { what: 'NODE_EXTRA_CA_CERTS', env: { NODE_EXTRA_CA_CERTS: made.authorityFile } },
  { what: '--use-system-ca', options: ['--use-system-ca'], env: asSystem },
  { what: '--use-openssl-ca', options: ['--use-openssl-ca'], env: asSystem },
  { what: '--use-system-ca in NODE_OPTIONS', env: { NODE_OPTIONS: '--no-warnings --use-system-ca', ...asSystem } },
];
if (knowsVariable) known.push({ what: 'NODE_USE_SYSTEM_CA', env: { NODE_USE_SYSTEM_CA: '1', ...asSystem } });

test.each(known)(
  '$what: the last log line goes to a receiver whose authority is known by it',
  async ({ options = [], ...given }) => {
    const receiver = await receiverOn(0, { tls: made.server });
    const env = { ...receiverEnv(receiver.url), REQLENS_SPOOL_DIR: newSpool(), ...given.env };
    await runApp('test/exit/apps/endings.mjs', { args: ['log'], env, nodeArgs: [...options, ...preload] });
    expect(receiver.logs().map(({ body }) => body)).toEqual(['from a program']);
  },
);

test('options for TLS: the last log line goes to a receiver that knows nothing newer than TLS 1.1', async () => {
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
  const receiver = await receiverOn(0, { tls: { ...made.server, ...old } });
  const env = { ...receiverEnv(receiver.url), OTEL_EXPORTER_OTLP_CERTIFICATE: made.authorityFile };
  const nodeArgs = ['--tls-min-v1.0', `--tls-cipher-list=${old.ciphers}`, ...preload];
  await runApp('test/exit/apps/endings.mjs', {
    args: ['log'],
    env: { ...env, REQLENS_SPOOL_DIR: newSpool() },
    nodeArgs,
  });
  expect(receiver.logs().map(({ body }) => body)).toEqual(['from a program']);
});
