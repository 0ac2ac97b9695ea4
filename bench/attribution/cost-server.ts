/** The server whose untracked requests pay, or do not, for a tracked one beside them. Asked by messages for what it is to do next. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { usageTracker } from '../../src/usage/tracking.ts';
import type { StartTracking } from '../../src/usage/resource-usage.ts';
import { handlers } from './cost-handlers.ts';
import type { Handler } from './cost-handlers.ts';

/** `one`: a single request that lives through the whole phase and works a little every 50 ms. */
export type Mode = 'idle' | 'one' | 'all';

/** CPU of the whole process, microseconds since its start. */
export interface CpuAnswer {
  readonly cpuUs: number;
}

/** After a full collection; needs `--expose-gc`. */
export interface MemoryAnswer {
  readonly heapBytes: number;
  readonly externalBytes: number;
  readonly residentBytes: number;
}

const hasTracker = process.env['BENCH_TRACKER'] === 'yes';
const startTracking: StartTracking = hasTracker ? usageTracker().startTracking : () => undefined;
let tracksAll = false;
let held: Socket | undefined;

const server = createServer((request, response) => {
  const handler = handlers[request.url ?? ''];
  if (handler === undefined) response.writeHead(404).end();
  else if (tracksAll || request.url === '/held') track(request, response, handler);
  else void handler(response);
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ port });
  process.on('message', (message: Mode | 'cpu' | 'memory') => void obey(message, port));
});

function track(request: IncomingMessage, response: ServerResponse, handler: Handler): void {
  const tracking = startTracking(request, response);
  response.once('close', () => tracking?.end({ isComplete: response.writableFinished }));
  if (tracking === undefined) void handler(response);
  else tracking.run(() => handler(response));
}

async function obey(message: Mode | 'cpu' | 'memory', port: number): Promise<void> {
  if (message !== 'cpu' && message !== 'memory') await enter(message, port);
  const { user, system } = process.cpuUsage();
  const answer: CpuAnswer | MemoryAnswer = message === 'memory' ? await memoryNow() : { cpuUs: user + system };
  process.send?.(answer);
}

/** After full collections, which run finalizers in between. */
async function memoryNow(): Promise<MemoryAnswer> {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.();
    await wait(50);
  }
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapBytes: heapUsed, externalBytes: external, residentBytes: rss };
}

async function enter(mode: Mode, port: number): Promise<void> {
  tracksAll = mode === 'all';
  held?.destroy();
  held = mode === 'one' ? connect(port, '127.0.0.1').on('error', () => {}) : undefined;
  held?.write('GET /held HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await wait(50);
}
