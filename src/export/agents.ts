/** Connections to receivers: kept for the next request, bounded in number, through a proxy where one is configured. */
import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';

import type { Route } from './sent.ts';
import { tunnelTo } from './proxy.ts';

/** Idle connections are closed before most servers close theirs (Node's own server: 5 s), or a request would meet a reset. */
const keepAliveMs = 4000;
const options = { keepAlive: true, timeout: keepAliveMs, maxSockets: 4 };
const fresh = { keepAlive: false, maxSockets: 4 };

const agents = new Map<string, http.Agent>();

/** @param isFresh - A kept connection was dead, and others may be: this one is new, and closed after the answer. */
export function agentFor({ url, proxy }: Route, isFresh: boolean): http.Agent {
  const { protocol } = new URL(url);
  const key = `${isFresh} ${protocol} ${proxy}`;
  const known = agents.get(key);
  if (known !== undefined) return known;
  const agent = agentOf(protocol, proxy, isFresh ? fresh : options);
  agents.set(key, agent);
  return agent;
}

function agentOf(protocol: string, proxy: string | undefined, settings: http.AgentOptions): http.Agent {
  if (protocol === 'https:') return proxy === undefined ? new https.Agent(settings) : new TunnelAgent(proxy, settings);
  return proxy?.startsWith('https:') === true ? new https.Agent(settings) : new http.Agent(settings);
}

type OnSocket = (error: Error | null, socket: Duplex) => void;

/** TLS to the receiver within a tunnel that the proxy opens. */
class TunnelAgent extends https.Agent {
  readonly #proxy: string;

  constructor(proxy: string, settings: https.AgentOptions) {
    super(settings);
    this.#proxy = proxy;
  }

  override createConnection(target: https.RequestOptions, onSocket: OnSocket): undefined {
    void this.#connect(target).then(
      (socket) => onSocket(null, socket),
      // On an error Node looks at nothing else; the type wants a socket all the same.
      (error: unknown) => Reflect.apply(onSocket, undefined, [error]),
    );
  }

  async #connect({ host, port, servername, ca, cert, key }: https.RequestOptions): Promise<Duplex> {
    const socket = await tunnelTo({ host: host ?? '', port: Number(port) }, this.#proxy);
    return tls.connect({ socket, ...defined({ servername, ca, cert, key }) });
  }
}

function defined(settings: tls.ConnectionOptions): tls.ConnectionOptions {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
