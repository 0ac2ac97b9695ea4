/** Starts tracked-app on the Node version under test, with what its handlers call, and untracked traffic when asked. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer as createHttpServer, request } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { ResourceUsage } from '../../src/usage/resource-usage.ts';
import { startApp } from '../support/run-app.ts';
import type { RunningApp } from '../support/run-app.ts';

type Figures = ResourceUsage & { readonly hasOwnEmit: boolean };

interface Probe {
  readonly isHooked: boolean;
  readonly inFlight: number;
  readonly ended: number;
}

export interface UsageLab {
  readonly app: RunningApp;
  /** Runs a route tracked and waits for its figures. */
  readonly track: (route: string, options?: VisitOptions) => Promise<Figures>;
  readonly visit: (path: string, options?: VisitOptions) => Promise<string>;
  readonly probe: () => Promise<Probe>;
  /** Figures of a request by its id, when they are there. */
  readonly figures: (id: string) => Promise<Figures>;
  /** Untracked requests of these routes, so many at a time, until the returned function is called. */
  readonly traffic: (routes: readonly string[], atOnce: number) => () => Promise<void>;
  /** Bytes on the connections of the upstream server. */
  readonly upstream: { received: number; sent: number };
  readonly close: () => Promise<void>;
}

interface VisitOptions {
  readonly agent?: Agent;
  readonly body?: string;
  readonly id?: string;
}

export const nodeUnderTest: string = process.env['REQLENS_TEST_NODE'] ?? process.execPath;
const [major = 0, minor = 0] = execFileSync(nodeUnderTest, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  .split('.')
  .map(Number);

/** Whether CPU can be told from wall time on the Node version under test. */
export const hasThreadCpu: boolean = major > 22 || minor >= 19;

/** Both kinds of AsyncLocalStorage, where the version has a choice. */
export const contextModes: readonly (readonly [name: string, nodeArgs: readonly string[]])[] =
  major >= 24
    ? [
        ['AsyncContextFrame', []],
        ['async hooks', ['--no-async-context-frame']],
      ]
    : [
        ['async hooks', []],
        ['AsyncContextFrame', ['--experimental-async-context-frame']],
      ];

let ids = 0;

export async function startLab(nodeArgs: readonly string[] = [], env: Record<string, string> = {}): Promise<UsageLab> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-test-usage-'));
  const file = join(folder, 'thousand.bytes');
  writeFileSync(file, 'x'.repeat(1000));
  const sockets = new Set<Socket>();
  const upstreamServer = createHttpServer((incoming, response) =>
    incoming.resume().on('end', () => response.end('upstream')),
  );
  upstreamServer.on('connection', (socket) => sockets.add(socket));
  const echoServer = createServer((socket) => socket.pipe(socket).on('error', () => {}));
  const [upstreamPort, echoPort] = await Promise.all([portOf(upstreamServer), portOf(echoServer)]);
  const query = new URLSearchParams({ file, echo: `${echoPort}`, upstream: `http://127.0.0.1:${upstreamPort}/` });
  const app = await startApp('test/usage/apps/tracked-app.mjs', { nodeArgs: [...nodeArgs], env, killAfterMs: 120_000 });
  const agent = new Agent({ keepAlive: true });
  const send = (path: string, options: VisitOptions = {}): Promise<string> =>
    sendTo(`${app.url}${path}?${query.toString()}&id=${options.id ?? ''}`, { agent, ...options });
  const figures = async (id: string): Promise<Figures> => JSON.parse(await send('/result', { id }));
  const lab: UsageLab = {
    app,
    visit: send,
    figures,
    probe: async () => JSON.parse(await send('/probe')),
    track: async (route, options = {}) => {
      ids += 1;
      const id = `${ids}`;
      await send(`/tracked/${route}`, { ...options, id });
      return until(
        () => figures(id),
        ({ method }) => method !== undefined,
      );
    },
    traffic: (routes, atOnce) => {
      const state = { isOn: true };
      const loops = Array.from({ length: atOnce }, async (_, start) => {
        for (let turn = start; state.isOn; turn += 1) await send(`/untracked/${routes[turn % routes.length]}`);
      });
      return async () => {
        state.isOn = false;
        await Promise.all(loops);
      };
    },
    get upstream() {
      const all = [...sockets];
      return {
        received: all.reduce((sum, { bytesRead }) => sum + bytesRead, 0),
        sent: all.reduce((sum, { bytesWritten }) => sum + bytesWritten, 0),
      };
    },
    close: async () => {
      agent.destroy();
      app.signal('SIGKILL');
      await app.exit;
      upstreamServer.close();
      upstreamServer.closeAllConnections();
      echoServer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return lab;
}

/** Asks again until the answer is as it must become; the test's own limit ends it otherwise. */
export async function until<Value>(ask: () => Promise<Value>, isReady: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await ask();
    if (isReady(value)) return value;
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

function sendTo(url: string, { agent, body }: VisitOptions): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const outgoing = request(url, { agent, method: body === undefined ? 'GET' : 'POST' }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk: string) => (text += chunk)).once('end', () => resolve(text));
  });
  outgoing.once('error', reject).end(body);
  return promise;
}

function portOf(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
