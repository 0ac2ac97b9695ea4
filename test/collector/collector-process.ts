/** Starts the built collector as users do, in a process of its own, and talks to it over real sockets. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface CollectorProcess {
  readonly child: ChildProcess;
  /** E.g. `http://127.0.0.1:40001`. */
  readonly otlpUrl: string;
  readonly viewerUrl: string;
  /** What it has printed on stdout so far. */
  readonly output: () => string;
  /** Sends the signal and waits for the end. */
  readonly stop: (signal?: NodeJS.Signals) => Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** On free ports. Killed when the test ends. @param flags - E.g. `--memory`, or `--data-dir=…`. */
export async function startCollectorProcess(...flags: readonly string[]): Promise<CollectorProcess> {
  const child = spawn(
    process.env['REQLENS_TEST_NODE'] ?? process.execPath,
    [cli, 'collector', '--otlp-port=0', '--viewer-port=0', ...flags],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exit = once(child, 'exit').then(([code, signal]) => ({ code, signal }));
  while (!output.includes('data are kept')) {
    const ended = await Promise.race([once(child.stdout, 'data').then(() => undefined), exit]);
    if (ended !== undefined) throw new Error(`the collector ended with ${JSON.stringify(ended)}: ${errors}`);
  }
  const [otlpUrl = '', viewerUrl = ''] = output.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): ReturnType<CollectorProcess['stop']> => {
    child.kill(signal);
    return exit;
  };
  return { child, otlpUrl, viewerUrl, output: () => output, stop };
}

/** Runs `reqlens …` to its end. */
export async function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  // oxlint-disable-next-line node/no-process-env -- the child gets ours and what the test adds
  const child = spawn(process.env['REQLENS_TEST_NODE'] ?? process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const [code]: unknown[] = await once(child, 'close');
  // Node 22 warns of node:sqlite whenever it is loaded.
  const warning = /^\(node:\d+\) ExperimentalWarning: SQLite.*\n\(Use `node.*\n/m;
  return { code: Number(code), stdout, stderr: stderr.replace(warning, '') };
}

/** Removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: OutgoingHttpHeaders;
  /** An array goes out chunked, one chunk for each element. */
  readonly body?: Buffer | string | readonly (Buffer | string)[];
}

/** One request, with exactly these headers (fetch would not let Host and Origin be set). */
export async function ask(url: string, { method = 'GET', headers = {}, body }: Ask = {}): Promise<Answer> {
  const chunks = body === undefined ? [] : Array.isArray(body) ? body : [body];
  const length =
    Array.isArray(body) || body === undefined ? {} : { 'content-length': Buffer.byteLength(chunks[0] ?? '') };
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const sending = httpRequest(url, { method, agent: false, headers: { ...length, ...headers } }, (response) => {
    const received: Buffer[] = [];
    response.on('data', (chunk: Buffer) => received.push(chunk)).on('error', reject);
    response.on('end', () =>
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(received) }),
    );
  });
  sending.on('error', reject);
  for (const chunk of chunks) sending.write(chunk);
  sending.end();
  return promise;
}

/** GET of an API path. @returns status and parsed JSON. */
export async function api(collector: CollectorProcess, path: string): Promise<{ status: number; json: unknown }> {
  const { status, body } = await ask(collector.viewerUrl + path);
  return { status, json: JSON.parse(body.toString('utf8')) };
}

/** POST of OTLP/JSON. */
export const postJson = async (collector: CollectorProcess, path: string, value: unknown): Promise<Answer> =>
  ask(collector.otlpUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(value),
  });
