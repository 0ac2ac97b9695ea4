/** The two ways through an HTTP proxy: plain HTTP is handed to it, everything else goes through a tunnel that it opens. */
import http from 'node:http';
import https from 'node:https';
import type { Socket } from 'node:net';

import { boundConnecting } from './connect-time.ts';
import { decoded } from './receiver-words.ts';

/** A request gives up at its own deadline, which is not the tunnel's: others may wait for the same one. */
const longestTunnelMs = 10_000;

export interface Target {
  /** IPv6 with or without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Where a plain request goes instead: to the proxy, with the whole address as its path (https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2). */
export interface ProxiedRequest {
  /** Of the way to the proxy. */
  readonly protocol: string;
  readonly hostname: string;
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

export function throughProxy(url: URL, proxy: string): ProxiedRequest {
  const { hostname, port, protocol } = new URL(proxy);
  return {
    protocol,
    hostname: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(port || defaultPort(protocol)),
    path: withoutUser(url),
    headers: { host: url.host, ...authorization(proxy) },
  };
}

/** They go in a header, and not into the logs of proxies (https://www.rfc-editor.org/rfc/rfc9110#section-4.2.4). */
function withoutUser(url: URL): string {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare.href;
}

/**
 * A connection through the proxy by CONNECT. It never keeps the process alive.
 *
 * @throws The system's error, or one with the proxy's status. Never with its credentials.
 */
export async function tunnelTo({ host, port }: Target, proxy: string): Promise<Socket> {
  const { hostname, port: proxyPort, protocol, host: proxyHost } = new URL(proxy);
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const bare = host.replaceAll(/[[\]]/g, '');
  const authority = `${bare.includes(':') ? `[${bare}]` : bare}:${port}`;
  const request = (protocol === 'https:' ? https : http).request({
    method: 'CONNECT',
    hostname: hostname.replaceAll(/[[\]]/g, ''),
    port: Number(proxyPort || defaultPort(protocol)),
    path: authority,
    headers: { host: authority, ...authorization(proxy) },
    agent: false,
    timeout: longestTunnelMs,
  });
  const refuse = (status: number | undefined): void => {
    reject(new Error(`HTTP status ${status} of the proxy ${proxyHost.replaceAll(':', ' port ')}`));
  };
  request.on('socket', (socket) => {
    boundConnecting(socket);
    socket.unref();
  });
  request.on('timeout', () => request.destroy(new Error(`no answer of the proxy within ${longestTunnelMs} ms`)));
  request.on('error', reject);
  // A proxy that answers otherwise does not know CONNECT.
  request.on('response', (response) => {
    response.destroy();
    refuse(response.statusCode);
  });
  request.on('connect', ({ statusCode }, socket: Socket, head: Buffer) => {
    if (statusCode === 200) {
      socket.setTimeout(0);
      // An HTTP/2 server speaks first; its first words may come along with the proxy's.
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
      return;
    }
    socket.destroy();
    refuse(statusCode);
  });
  request.end();
  return promise;
}

function authorization(proxy: string): Record<string, string> {
  const { username, password } = new URL(proxy);
  if (username === '') return {};
  const pair = `${decoded(username)}:${decoded(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80;
}
