/** A Redis of the test's own on a TCP port, which can be killed and started again there. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TcpRedis {
  /** With a password in it. */
  readonly url: string;
  /** As when its machine is gone. */
  readonly kill: () => Promise<void>;
  /** Stops to answer, without closing anything. */
  readonly freeze: () => void;
  readonly start: () => Promise<void>;
  readonly remove: () => Promise<void>;
}

/** Why the tests with Redis can't run here; undefined when they can. */
export function missingRedis(): string | undefined {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no redis-server (Debian: apt-get install redis-server)';
  }
}

/** Keeps nothing on the disk. */
const options = '--bind 127.0.0.1 --requirepass hunter2 --save  --appendonly no';

/** Listens when it resolves. */
export async function startTcpRedis(): Promise<TcpRedis> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-redis-'));
  const port = await freePort();
  let server: ChildProcess | undefined;
  const killNow = (): boolean | undefined => server?.kill('SIGKILL');
  // A test that fails half-way must not leave it running.
  process.once('exit', killNow);
  const kill = async (): Promise<void> => {
    const ended = server === undefined || server.exitCode !== null ? undefined : once(server, 'exit');
    killNow();
    await ended;
    server = undefined;
  };
  const start = async (): Promise<void> => {
    const started = spawn('redis-server', `${options} --port ${port} --dir ${folder}`.split(' '));
    server = started;
    let output = '';
    started.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    const exit = once(started, 'exit');
    while (!output.includes('eady to accept connections')) {
      const hasEnded = await Promise.race([once(started.stdout, 'data').then(() => false), exit.then(() => true)]);
      if (hasEnded) throw new Error(`redis-server ended: ${output}`);
    }
  };
  await start();
  return {
    url: `redis://default:hunter2@127.0.0.1:${port}/1`,
    kill,
    freeze: () => server?.kill('SIGSTOP'),
    start,
    remove: async () => {
      await kill();
      process.removeListener('exit', killNow);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it listens on a port
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
