/**
 * Runs the W3C's trace-context suite against a service under the preload: `node scripts/trace-context-suite.ts DIR`.
 *
 * DIR is a tree of https://github.com/w3c/trace-context; it needs Debian's python3-aiohttp. All of it runs: strict level 2, specification
 * level 2, for calls by `http.request` and by `fetch`. Settings of reqlens come from the environment. Exits 1 unless all pass.
 */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

/** Debian's own, which has aiohttp; the first one on the PATH may be another. */
const python = process.env['PYTHON'] ?? '/usr/bin/python3';
const checkout = fileURLToPath(new URL('..', import.meta.url));

const [directory] = process.argv.slice(2);
const harness = join(resolve(directory ?? '.'), 'test');
if (directory === undefined || !existsSync(join(harness, 'test.py'))) {
  process.stderr.write(
    'usage: node scripts/trace-context-suite.ts DIR, a tree of w3c/trace-context with test/test.py\n',
  );
  process.exit(2);
}

for (const client of ['http', 'fetch']) {
  process.stdout.write(`\n== calls by ${client}\n`);
  const service = startService();
  const code = await runSuite(`http://127.0.0.1:${await portOf(service)}/${client}`);
  service.kill('SIGTERM');
  await once(service, 'close');
  if (code !== 0) process.exitCode = 1;
}

type Service = ChildProcessByStdio<null, Readable, null>;

function startService(): Service {
  const env = {
    OTEL_TRACES_EXPORTER: 'none',
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    ...process.env,
  };
  return spawn(process.execPath, ['--import', './register.js', 'test/apps/calling-app.mjs'], {
    cwd: checkout,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function portOf(service: Service): Promise<string> {
  for await (const line of createInterface({ input: service.stdout })) {
    const port = /^listening (\d+)$/.exec(line)?.[1];
    if (port !== undefined) return port;
  }
  throw new Error('cannot run the suite: the service has ended before it listened; `npm run build` must have been run');
}

/** @returns How many tests failed, as the suite's exit status has it. */
async function runSuite(endpoint: string): Promise<number | null> {
  const env = {
    ...process.env,
    STRICT_LEVEL: '2',
    SPEC_LEVEL: '2',
    HARNESS_PORT: String(await freePort()),
  };
  const suite = spawn(python, ['test.py', endpoint], { cwd: harness, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code]: (number | null)[] = await once(suite, 'close');
  return code ?? null;
}

/** The harness takes a number only. */
async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  if (typeof address !== 'object' || address === null) throw new Error('cannot find a free port: no address was given');
  return address.port;
}
