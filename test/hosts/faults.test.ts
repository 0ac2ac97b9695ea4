/** Whatever fails in our part of a patched function, the application sees Node's own behaviour, and stderr one line. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

import { afterAll, describe, expect, test } from 'vitest';

import { makeCertificate } from '../http/support/certificate.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const certificate = makeCertificate();
afterAll(() => certificate.remove());

interface Run {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What the preload of the test said on descriptor 3. */
  readonly said: string;
}

interface RunOptions {
  readonly preloads: readonly string[];
  /** Where our part shall throw. */
  readonly fault?: string;
  readonly args?: readonly string[];
  readonly program?: string;
}

async function run({ preloads, fault, args = [], program = 'every-function.mjs' }: RunOptions): Promise<Run> {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = {
    PATH,
    HOME,
    TMPDIR,
    TEST_KEY: certificate.key,
    TEST_CERT: certificate.cert,
    ...(fault === undefined ? {} : { TEST_FAULT: fault }),
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    REQLENS_PRIVILEGED_ROLES: 'admin',
    REQLENS_USAGE_PATH: '/usage-of-requests',
    REQLENS_BRIDGE_PINO: '1',
    REQLENS_BRIDGE_CONSOLE: '1',
    // On a busy machine what is sent at the exit could have something to say of its own.
    REQLENS_SHUTDOWN_TIMEOUT: '0',
  };
  const imports = preloads.flatMap((preload) => ['--import', preload]);
  const child = spawn(
    process.env['REQLENS_TEST_NODE'] ?? process.execPath,
    [...imports, `test/hosts/apps/${program}`, ...args],
    { cwd: checkout, env, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] },
  );
  const streams = child.stdio.slice(1).map(async (stream) => (stream === null ? '' : text(stream as Readable)));
  const { promise, resolve } = Promise.withResolvers<Pick<Run, 'code' | 'signal'>>();
  child.once('close', (code, signal) => resolve({ code, signal }));
  const [stdout = '', stderr = '', said = ''] = await Promise.all(streams);
  return { ...(await promise), stdout, stderr, said };
}

const ours = ['./test/hosts/apps/faults.mjs', './register.js'];

const [bare, whole] = await Promise.all([run({ preloads: [] }), run({ preloads: ours })]);
/** Functions that only an end of its own calls. */
const endings: Readonly<Record<string, string>> = {
  'process.emit of a signal': 'signal',
  'process.reallyExit': 'exit',
  'process.abort': 'abort',
  'process.execve': 'execve',
};
const places: readonly string[] = JSON.parse(whole.said);

/** Beside the lines that the application writes to stderr itself. */
function reports({ stderr }: Run): readonly string[] {
  return stderr.split('\n').filter((line) => line.startsWith('reqlens: ') && !line.includes('no collector answers'));
}

/** Without the stack that Node prints when it is aborted. */
function ownLines({ stderr }: Run): readonly string[] {
  return stderr.split('\n').filter((line) => !/^reqlens: |^ ?\d+: |^-----|^$/.test(line));
}

test('without a fault a program that calls everything we patch sees what bare Node shows', () => {
  expect(whole.stdout).toBe(bare.stdout);
  expect({ code: whole.code, signal: whole.signal }).toEqual({ code: bare.code, signal: bare.signal });
  expect([reports(whole), ownLines(whole)]).toEqual([[], ownLines(bare)]);
  expect(bare.code).toBe(3);
});

/** Instrumentations that are switched on see by these which modules are loaded; by the symbol copies of the API find each other. */
const stock = /^(?:module\..*\brequire$|process\.getBuiltinModule$|Symbol\(io\.opentelemetry\.js\.api\.logs\)$)/;

/** Some things have two names in Node. */
function oneName(name: string): string {
  return name.replace('net.Stream.', 'net.Socket.').replace('prototype.writeHeader', 'prototype.writeHead');
}

function withoutPart(place: string): string {
  return place.replace(/,? (?:of|whose).*$/, '');
}

test('nothing in Node is replaced that is not on the list of places', async () => {
  const { stdout } = await run({
    preloads: ['./test/hosts/apps/replaced.mjs', './register.js'],
    program: 'nothing.mjs',
  });
  const replaced: readonly string[] = JSON.parse(stdout);
  const known = new Set(places.map(withoutPart));
  const unknown = replaced.filter((name) => !stock.test(name) && !known.has(oneName(name)));
  expect(unknown).toEqual([]);
  expect(replaced).toContain('http.Server.prototype.emit');
});

// Several run at a time, on a machine that may have other things to do.
describe('a fault of ours', { timeout: 90_000 }, () => {
  test.concurrent.for(places)('in %s changes nothing but one line on stderr', async (place) => {
    const ending = endings[place];
    const args = ending === undefined ? [] : [ending];
    const faulty = await run({ preloads: ours, fault: place, args });
    const plain = ending === undefined ? bare : await run({ preloads: [], args });
    expect(faulty.said).toBe('reached');
    expect(faulty.stdout).toBe(plain.stdout);
    expect({ code: faulty.code, signal: faulty.signal }).toEqual({ code: plain.code, signal: plain.signal });
    expect(ownLines(faulty)).toEqual(ownLines(plain));
    const said = reports(faulty);
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(contextLess.has(place) ? 'reqlens: ' : `planted in ${place}`);
  });
});

/** There the error is let go, so that the application's own keep their place. */
const contextLess: ReadonlySet<string> = new Set([
  'the context of a request',
  'emit of a measured request, as a piece of it',
]);
