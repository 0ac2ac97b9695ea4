/** Starts rotel, an OTLP receiver that is not ours (Rust, from npm), and has it forward to an OTLP/HTTP receiver where tests can look. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const binary = fileURLToPath(
  new URL('../../.ci/tools/node_modules/@streamfold/rotel-linux-x64/bin/rotel-agent', import.meta.url),
);

/** Why rotel cannot run here; undefined when it can. For `describe.skipIf` and its title. */
export const rotelMissing: string | undefined = whyMissing();

export interface Rotel {
  /** Base URLs, as OTEL_EXPORTER_OTLP_ENDPOINT wants them. */
  readonly httpUrl: string;
  readonly grpcUrl: string;
  stop(): Promise<void>;
}

/**
 * @param forwardTo - Base URL of the OTLP/HTTP receiver that gets everything, re-encoded by rotel, within about 50 ms.
 * @returns undefined where rotel cannot run ({@link rotelMissing} says why).
 * @throws Error with rotel's own output when it ends instead of listening.
 */
export async function startRotel(forwardTo: string): Promise<Rotel | undefined> {
  if (rotelMissing !== undefined) return undefined;
  const [httpPort, grpcPort] = await freePorts(2);
  const directory = mkdtempSync(join(tmpdir(), 'reqlens-rotel-'));
  const settings = {
    'pid-file': join(directory, 'pid'),
    'log-file': join(directory, 'log'),
    'otlp-http-endpoint': `127.0.0.1:${httpPort}`,
    'otlp-grpc-endpoint': `127.0.0.1:${grpcPort}`,
    'batch-timeout': '50ms',
    exporter: 'otlp',
    'otlp-exporter-protocol': 'http',
    'otlp-exporter-endpoint': forwardTo,
    'otlp-exporter-retry-initial-backoff': '100ms',
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const child = spawn(binary, ['start', ...args], { stdio: ['ignore', 'pipe', 'pipe'], cwd: directory });
  const stop = async (): Promise<void> => {
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await Promise.race([listens(httpPort).then(() => listens(grpcPort)), diedEarly(child)]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { httpUrl: `http://127.0.0.1:${httpPort}`, grpcUrl: `http://127.0.0.1:${grpcPort}`, stop };
}

function whyMissing(): string | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `rotel is for Linux x64, this is ${process.platform} ${process.arch}`;
  return existsSync(binary) ? undefined : 'rotel is not installed: npm ci --prefix .ci/tools';
}

/** Rotel cannot tell which port it chose, so we choose: asked for together, and free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has an AddressInfo
      const { port } = server.address() as AddressInfo;
      await new Promise((resolve) => server.close(resolve));
      return port;
    }),
  );
}

async function listens(port: number | undefined): Promise<void> {
  const isOpen = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port ?? 0, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
  while (!(await isOpen())) await pause(20);
}

async function diedEarly(child: ChildProcess): Promise<never> {
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise((resolve, reject) => child.once('exit', resolve).once('error', reject));
  throw new Error(`cannot start rotel: it ended with ${String(code)} and said: ${said.trim()}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
