/** Starts an application as users do: a real process under `--import ./register.js`, with an environment of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface AppOptions {
  /** The whole environment but for PATH, HOME and TMPDIR, which are passed on, and a REQLENS_LOG_DIR out of everybody's way. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Arguments of the application. */
  readonly args?: readonly string[];
  /** Arguments of node. Default: `--import ./register.js`, with the checkout as working directory. */
  readonly nodeArgs?: readonly string[];
  /** Working directory. Default: the checkout. */
  readonly cwd?: string;
  /** Path of a node binary. Default: `REQLENS_TEST_NODE`, else the one that runs the tests. */
  readonly node?: string;
  /** What a server prints when it has started; its first group is the port. Default: the line `listening <port>`. */
  readonly ready?: RegExp;
  /** After this time the process is killed and `exit` rejects. Default 20000. */
  readonly killAfterMs?: number;
}

/** How a process ended. */
export interface AppExit {
  /** `undefined` when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface AppResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface RunningApp {
  /** `http://127.0.0.1:<port>`, from the line `listening <port>` that the application prints. */
  readonly url: string;
  /** What was printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves as soon as what was printed satisfies the condition. */
  readonly until: (condition: (app: RunningApp) => boolean) => Promise<void>;
  /** One request over a connection of its own. */
  readonly get: (path: string, headers?: OutgoingHttpHeaders) => Promise<AppResponse>;
  readonly signal: (signal: NodeJS.Signals) => void;
  /** Rejects when the process had to be killed. */
  readonly exit: Promise<AppExit>;
}

let folder: string | undefined;

/** Where named loggers write when a test does not say; removed when the tests end. */
function logFolder(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'reqlens-test-logs-'));
  return folder;
}

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const alive = new Set<ChildProcess>();

// A test that fails half-way leaves its application running; it must not outlive the test run.
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** Runs a program to its end. `path` is relative to the checkout. */
export function runApp(path: string, options: AppOptions = {}): Promise<AppExit> {
  return launch(path, options).exit;
}

/** Starts a server and waits until it has started. */
export async function startApp(path: string, options: AppOptions = {}): Promise<RunningApp> {
  const { child, output, exit } = launch(path, options);
  const { ready = /^listening (\d+)$/m } = options;
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = ready.exec(output.stdout);
      if (found !== null) resolve(found[1] ?? '');
    });
    exit.then(
      (end) => reject(new Error(`${path} ended before it listened: ${JSON.stringify(end)}`)),
      (error: unknown) => reject(error),
    );
  });
  const url = `http://127.0.0.1:${port}`;
  const app: RunningApp = {
    url,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    until: (condition) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (condition(app)) resolve();
        };
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', check);
        check();
      }),
    get: (requestPath, headers) => getOnce(`${url}${requestPath}`, headers),
    signal: (signal) => {
      child.kill(signal);
    },
    exit,
  };
  return app;
}

/** One GET over a connection of its own, headers as given. */
function getOnce(url: string, headers: OutgoingHttpHeaders = {}): Promise<AppResponse> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('error', reject);
  });
}

interface Launched {
  readonly child: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly exit: Promise<AppExit>;
}

function launch(path: string, options: AppOptions): Launched {
  const { env = {}, args = [], nodeArgs = ['--import', './register.js'], killAfterMs = 20_000 } = options;
  const node = options.node ?? process.env['REQLENS_TEST_NODE'] ?? process.execPath;
  const { PATH, HOME, TMPDIR } = process.env;
  const child = spawn(node, [...nodeArgs, path, ...args], {
    cwd: options.cwd ?? checkout,
    env: { PATH, HOME, TMPDIR, REQLENS_LOG_DIR: logFolder(), ...env },
  });
  alive.add(child);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const exit = ended(child, { output, killAfterMs });
  // Whoever waits for `exit` gets the error; a test that failed before that must show its own.
  exit.catch(() => {});
  return { child, output, exit };
}

interface EndRule {
  readonly output: { readonly stdout: string; readonly stderr: string };
  readonly killAfterMs: number;
}

function ended(child: ChildProcess, { output, killAfterMs }: EndRule): Promise<AppExit> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`killed after ${killAfterMs} ms; printed ${JSON.stringify(output)}`));
    }, killAfterMs);
    child.once('error', reject);
    // `close` comes after the last byte of both streams, `exit` may come before.
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      alive.delete(child);
      resolve({ code: code ?? undefined, signal: signal ?? undefined, ...output });
    });
  });
}
