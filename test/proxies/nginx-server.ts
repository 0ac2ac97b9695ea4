/** Debian's nginx in front of an application: a process of the test's own, in a temporary folder, on a port of its own. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Nginx {
  readonly port: number;
  /** The line of `access.log` in its folder with that text, as soon as it is there: nginx writes it when it has answered. */
  readonly logged: (text: string) => Promise<string>;
  readonly stop: () => Promise<void>;
}

/** Debian has it in /usr/sbin, which not every user's PATH has. */
const program = ['nginx', '/usr/sbin/nginx'].find((name) => spawnSync(name, ['-v']).status === 0);

/** Why tests with nginx can't run here; undefined when they can. Under CI=true they run, and fail. */
export const missingNginx: string | undefined =
  program === undefined && process.env['CI'] !== 'true'
    ? 'there is no nginx (Debian: apt-get install nginx-light)'
    : undefined;

/**
 * @param http - What stands in `http { }`, with `listen 8080;` and `http://127.0.0.1:3000` for the application, which are put right here. Clients are
 *   whom the first line of their connection names (the PROXY protocol), as behind a layer-4 balancer: so a test can come from any address.
 */
export async function startNginx(http: string, applicationPort: number): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-nginx-'));
  const port = await freePort();
  const listening = `listen 127.0.0.1:${port} proxy_protocol; set_real_ip_from 127.0.0.1; real_ip_header proxy_protocol;`;
  const inside = http
    .replace('listen 8080;', listening)
    .replace('http://127.0.0.1:3000', `http://127.0.0.1:${applicationPort}`);
  writeFileSync(join(folder, 'nginx.conf'), configuration(inside));
  for (const name of temporaryFolders) mkdirSync(join(folder, name));
  const child = spawn(program ?? 'nginx', ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'error.log'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  // A test that fails half-way must not leave it running.
  const kill = (): boolean => child.kill('SIGTERM');
  process.once('exit', kill);
  const exit = once(child, 'close');
  let hasEnded = false;
  void exit.then(() => (hasEnded = true));
  while (!(await isListening(port))) {
    if (hasEnded) throw new Error(`nginx ended: ${stderr}`);
    await delay(20);
  }
  return {
    port,
    logged: async (text) => lineWith(join(folder, 'access.log'), text),
    stop: async () => {
      kill();
      await exit;
      process.removeListener('exit', kill);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const temporaryFolders = ['body', 'proxy', 'fastcgi', 'scgi', 'uwsgi'];

async function lineWith(path: string, text: string): Promise<string> {
  for (;;) {
    const line = readFileSync(path, 'utf8')
      .split('\n')
      .find((each) => each.includes(text));
    if (line !== undefined) return line;
    await delay(10);
  }
}

function configuration(http: string): string {
  return `
daemon off;
worker_processes 1;
pid nginx.pid;
${process.getuid?.() === 0 ? 'user root;' : ''}
events {}
http {
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    scgi_temp_path scgi;
    uwsgi_temp_path uwsgi;
${http}
}
`;
}

async function freePort(): Promise<number> {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const address = holder.address();
  holder.close();
  await once(holder, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    // Not yet; the caller looks whether it ever will.
    return false;
  } finally {
    socket.destroy();
  }
}
