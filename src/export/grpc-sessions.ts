/** HTTP/2 sessions to gRPC receivers: one for each, kept until it ends. */
import http2 from 'node:http2';
import { connect, isIP } from 'node:net';
import tls from 'node:tls';
import type { Duplex } from 'node:stream';

import { boundConnecting } from './connect-time.ts';
import { tunnelTo } from './proxy.ts';
import type { Route } from './sent.ts';

const sessions = new Map<string, http2.ClientHttp2Session>();
/** Two signals that start together share the session that the first one opens, tunnel and all. */
const opening = new Map<string, Promise<http2.ClientHttp2Session>>();

interface KeptSession {
  readonly session: http2.ClientHttp2Session;
  /** It has been open for another request before. */
  readonly wasKept: boolean;
}

export async function sessionFor(route: Route): Promise<KeptSession> {
  const key = JSON.stringify([new URL(route.url).origin, route.proxy, route.tls]);
  const kept = sessions.get(key);
  if (kept !== undefined && !kept.closed && !kept.destroyed) return { session: kept, wasKept: true };
  const underWay = opening.get(key) ?? open(route, key);
  opening.set(key, underWay);
  try {
    return { session: await underWay, wasKept: false };
  } finally {
    opening.delete(key);
  }
}

async function open(route: Route, key: string): Promise<http2.ClientHttp2Session> {
  const url = new URL(route.url);
  const socket = route.proxy === undefined ? directly(route) : await through(route, route.proxy);
  const session = http2.connect(url.origin, { createConnection: () => socket });
  const forget = (): void => {
    if (sessions.get(key) === session) sessions.delete(key);
  };
  session.on('close', forget);
  // The receiver takes no further calls on it; those under way go on.
  session.on('goaway', forget);
  // Each call hears of it too, and says it.
  session.on('error', forget);
  sessions.set(key, session);
  return session;
}

/** Our own: a session that is destroyed while its connection is being made waits for that, and the process with it. */
function directly({ url, tls: files }: Route): Duplex {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replaceAll(/[[\]]/g, '');
  const isTls = protocol === 'https:';
  const target = { host, port: Number(port || (isTls ? 443 : 80)) };
  const socket = isTls
    ? tls.connect({ ...files, ...target, ...(isIP(host) === 0 ? { servername: host } : {}), ALPNProtocols: ['h2'] })
    : connect(target);
  boundConnecting(socket);
  return socket;
}

async function through({ url, tls: files }: Route, proxy: string): Promise<Duplex> {
  const { hostname: host, port, protocol } = new URL(url);
  const isTls = protocol === 'https:';
  const socket = await tunnelTo({ host, port: Number(port || (isTls ? 443 : 80)) }, proxy);
  return isTls ? tls.connect({ ...files, socket, servername: host, ALPNProtocols: ['h2'] }) : socket;
}
