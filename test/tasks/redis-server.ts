/** A Redis of the test's own: Debian's redis-server on a unix socket in a temporary folder; keeps nothing. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface RedisServer {
  /** The socket's path, which ioredis takes for a URL. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/** Why the tests with BullMQ can't run here; undefined when they can. */
export function missingForBullmq(checkout: string): string | undefined {
  if (!existsSync(join(checkout, 'examples/bullmq/node_modules/bullmq')))
    return 'npm ci --prefix examples/bullmq was not run';
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'there is no redis-server (Debian: apt-get install redis-server)';
  }
}

/** Resolves when it accepts connections. */
export async function startRedis(): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-redis-'));
  const url = join(folder, 'redis.sock');
  const server = spawn('redis-server', [
    '--port',
    '0',
    '--unixsocket',
    url,
    '--save',
    '',
    '--appendonly',
    'no',
    '--dir',
    folder,
  ]);
  const kill = (): boolean => server.kill('SIGKILL');
  // A test that fails half-way must not leave it running.
  process.once('exit', kill);
  let output = '';
  server.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const exit = once(server, 'exit');
  while (!output.includes('The server is now ready to accept connections')) {
    const ended = await Promise.race([once(server.stdout, 'data').then(() => false), exit.then(() => true)]);
    if (ended) throw new Error(`redis-server ended: ${output}`);
  }
  return {
    url,
    stop: async () => {
      server.kill('SIGTERM');
      await exit;
      process.removeListener('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
