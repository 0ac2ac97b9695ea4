/**
 * HTTP proxies on the way to a receiver, by the variables and the rules of Node's own
 * (https://nodejs.org/api/http.html#built-in-proxy-support), on versions of Node that do not know them too.
 */
import { BlockList, isIP } from 'node:net';

import type { EnvironmentReader } from './environment-reader.ts';

/**
 * Like Node, only where it was asked for: an HTTP_PROXY that is set for other programs must not lead telemetry away from a collector in the
 * own network.
 *
 * @returns Address of the proxy, with its credentials; undefined for none.
 */
export function readProxy(reader: EnvironmentReader, endpoint: string): string | undefined {
  if (!isAskedFor(reader)) return undefined;
  const url = new URL(endpoint);
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy';
  const variable = [name, name.toUpperCase()].find((each) => reader.text(each) !== undefined);
  if (variable === undefined || isExcepted(reader.text('no_proxy') ?? reader.text('NO_PROXY') ?? '', url))
    return undefined;
  const proxy = URL.parse(reader.text(variable) ?? '');
  if (proxy?.protocol === 'http:' || proxy?.protocol === 'https:') return proxy.href;
  const expected = 'a URL that begins with http:// or https://';
  reader.report({ variable, value: '***', expected, consequence: 'telemetry is sent without a proxy' });
  return undefined;
}

function isAskedFor(reader: EnvironmentReader): boolean {
  const flags = [...(reader.text('NODE_OPTIONS')?.split(/\s+/) ?? []), ...process.execArgv];
  return reader.text('NODE_USE_ENV_PROXY') === '1' || flags.includes('--use-env-proxy');
}

/** One entry each: `*`, a host, `.suffix`, `*.suffix`, an address, a range of addresses; any of them with a port. */
function isExcepted(list: string, { hostname, port, protocol }: URL): boolean {
  const host = hostname.replaceAll(/[[\]]/g, '').toLowerCase();
  const actualPort = port || (protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .some((entry) => {
      const [, name = entry, ownPort] = /^([^:]+|\[.*\]):(\d+)$/.exec(entry) ?? [];
      return (ownPort === undefined || ownPort === actualPort) && names(name.replaceAll(/[[\]]/g, ''), host);
    });
}

function names(entry: string, host: string): boolean {
  if (entry === '*') return true;
  if (entry.startsWith('*.')) return host.endsWith(entry.slice(1));
  if (entry.startsWith('.')) return host.endsWith(entry);
  return entry === host || isInRange(entry, host);
}

function isInRange(entry: string, host: string): boolean {
  const [start = '', end = ''] = entry.split('-');
  if (isIP(host) !== 4 || isIP(start) !== 4 || isIP(end) !== 4) return false;
  const list = new BlockList();
  try {
    list.addRange(start, end, 'ipv4');
  } catch {
    // Its end comes before its start: it has no addresses.
    return false;
  }
  return list.check(host, 'ipv4');
}
