/**
 * A collector in every mood, in front of an application under load that is then told to end: its answers stay right, few requests are made, the
 * exit keeps its deadline, and what is wrong is said.
 */
import { createServer as createHttpServer } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { afterAll, describe, expect, test } from 'vitest';

import { writeCertificates } from '../support/certificates.ts';
import { startApp } from '../support/run-app.ts';

const made = writeCertificates();
afterAll(() => made.remove());

interface Mood {
  readonly server: (hit: () => void) => Server;
  /** The requests are not seen by it, only the connections. */
  readonly isBlind?: true;
  /** What the first line says of it; undefined when all is well. */
  readonly says: RegExp | undefined;
  readonly scheme?: 'https';
}

function answers(status: number, headers: OutgoingHttpHeaders = {}, afterMs = 0): Mood['server'] {
  return (hit) =>
    createHttpServer((request, response) => {
      request.resume().on('end', () => {
        hit();
        setTimeout(() => response.writeHead(status, headers).end('{}'), afterMs);
      });
    });
}

function connections(act: (socket: Socket) => void): Mood['server'] {
  return (hit) =>
    createServer((socket) => {
      hit();
      socket.on('error', () => socket.destroy());
      act(socket);
    });
}

const later = new Date(Date.now() + 3_600_000).toUTCString();
const busy = (status: number): RegExp => new RegExp(`does not take telemetry: HTTP status ${status}; it waits`);
const refused = (status: number): RegExp => new RegExp(`the collector refused .*: HTTP status ${status}`);

const moods: Readonly<Record<string, Mood>> = {
  ok: { server: answers(200), says: undefined },
  'never answers': { server: connections((socket) => socket.resume()), says: /no answer within 2500 ms/ },
  'accepts, never reads': { server: connections((socket) => socket.pause()), says: /no answer within 2500 ms/ },
  '503': { server: answers(503), says: busy(503) },
  '503, Retry-After: 1': { server: answers(503, { 'retry-after': '1' }), says: busy(503) },
  '503, Retry-After: 1e9 s': { server: answers(503, { 'retry-after': '1000000000' }), says: busy(503) },
  '429, Retry-After: 0': { server: answers(429, { 'retry-after': '0' }), says: busy(429) },
  '429, Retry-After empty': { server: answers(429, { 'retry-after': '' }), says: busy(429) },
  '429, Retry-After: -5': { server: answers(429, { 'retry-after': '-5' }), says: busy(429) },
  '429, Retry-After: a date': { server: answers(429, { 'retry-after': later }), says: busy(429) },
  '400': { server: answers(400), says: refused(400) },
  '413': { server: answers(413), says: refused(413) },
  '500': { server: answers(500), says: refused(500) },
  '301 to itself': { server: answers(301, { location: '/v1/traces' }), says: refused(301) },
  slow: { server: answers(200, {}, 400), says: undefined },
  resets: {
    server: connections((socket) => socket.once('data', () => socket.resetAndDestroy())),
    says: /does not take telemetry: ECONNRESET/,
  },
  garbage: {
    server: connections((socket) => socket.once('data', () => socket.end('\u0000\u00FF garbage\r\n\r\n'))),
    says: /its answer is not HTTP/,
  },
  'an endless answer': {
    server: (hit) =>
      createHttpServer((request, response) => {
        hit();
        request.resume();
        const timer = setInterval(() => response.write('x'.repeat(30_000)), 5);
        response.on('close', () => clearInterval(timer));
      }),
    says: undefined,
  },
  'an answer that drips': {
    server: (hit) =>
      createHttpServer((request, response) => {
        hit();
        request.resume();
        const timer = setInterval(() => response.write('x'), 100);
        response.on('close', () => clearInterval(timer));
      }),
    says: undefined,
  },
  'TLS by nobody known': {
    server: (hit) => createTlsServer(made.server, () => undefined).on('tlsClientError', hit),
    says: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    scheme: 'https',
  },
  'TLS expected, plain there': {
    server: answers(200),
    says: /does not speak (?:our )?TLS/,
    scheme: 'https',
    isBlind: true,
  },
  '103, then 200': {
    server: (hit) =>
      createHttpServer((request, response) => {
        hit();
        request.resume().on('end', () => {
          response.writeEarlyHints({ link: '</x>; rel=preload' });
          response.end('{}');
        });
      }),
    says: undefined,
  },
};

describe.concurrent('a collector that is', () => {
  test.each(Object.entries(moods))('%s', { timeout: 60_000 }, async (_, mood) => {
    const { server: make, says = /^$/, scheme = 'http', isBlind = false } = mood;
    let hits = 0;
    const server = make(() => {
      hits += 1;
    });
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    try {
      const app = await startApp('test/exit/apps/endings.mjs', {
        args: ['serve'],
        killAfterMs: 50_000,
        env: {
          OTEL_EXPORTER_OTLP_ENDPOINT: `${scheme}://127.0.0.1:${port}`,
          OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
          OTEL_EXPORTER_OTLP_TIMEOUT: '2500',
          OTEL_BSP_SCHEDULE_DELAY: '50',
          OTEL_BLRP_SCHEDULE_DELAY: '50',
        },
      });
      const startMs = performance.now();
      const statuses = new Set<number>();
      const isSaid = (): boolean => says.test(app.stderr().split('\n')[0] ?? '');
      while (performance.now() - startMs < 2000 || !isSaid()) {
        // oxlint-disable-next-line no-await-in-loop -- a load that goes on
        const answered = await Promise.all(Array.from({ length: 5 }, () => app.get('/ok')));
        for (const { status } of answered) statuses.add(status);
        // oxlint-disable-next-line no-await-in-loop -- the same
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      const seconds = Math.ceil((performance.now() - startMs) / 1000);
      const duringLoad = hits;
      app.signal('SIGTERM');
      const exit = await app.exit;
      expect({ statuses: [...statuses], signal: exit.signal }).toEqual({ statuses: [200], signal: 'SIGTERM' });
      expect(exit.stderr.split('\n')[0]).toMatch(mood.says ?? /^$|not everything could be sent/);
      expect(isBlind ? sockets.size : hits).toBeGreaterThan(0);
      // Two signals, of which one asks at most once a second while nothing is taken, with a second try for a kept connection.
      const isAway = exit.stderr.includes('does not take telemetry');
      expect(duringLoad).toBeLessThanOrEqual(isAway ? 4 * (1 + seconds) : Number.POSITIVE_INFINITY);
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});
