/** The other end of a connection: its address, and what networks that lies in. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

import type { Network } from '../config/config.ts';
import { unixSocket } from './forwarded-chain.ts';

/** The part of a socket that is looked at. A Unix domain socket has no address: its peer is on this machine. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
}

/** @returns The address as Node has it, `unix:` for a Unix domain socket. Undefined for a TCP socket that was destroyed and has lost its own. */
export function peerAddress(peer: Peer): string | undefined {
  const { remoteAddress } = peer;
  if (typeof remoteAddress === 'string') return remoteAddress;
  return isLocalSocket(peer) ? unixSocket : undefined;
}

/** A destroyed TCP socket is told apart by never having had a path. Fails closed. */
function isLocalSocket(peer: Peer): boolean {
  const server = serverOf(peer);
  return server !== undefined && typeof server['address'] === 'function' && typeof server['address']() === 'string';
}

function serverOf(peer: Peer): Record<string, unknown> | undefined {
  const server: unknown = Reflect.get(peer, 'server');
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- any object may be read like this
  return typeof server === 'object' && server !== null ? (server as Record<string, unknown>) : undefined;
}

/** When the application has not set `maxHeadersCount` (lib/_http_common.js, MAX_HEADER_PAIRS): names and values together, so 1,000 fields. */
const usualFieldLimit = 2000;

/** @returns From this length of `rawHeaders` on, names and values together, Node 22.15 drops fields without a word; 22.23, 24.21 and 26 answer 431. */
export function fieldLimit(peer: Peer): number {
  const count = serverOf(peer)?.['maxHeadersCount'];
  if (typeof count !== 'number') return usualFieldLimit;
  return count > 0 ? count * 2 : Infinity;
}

/** @returns A check of one textual address; an IPv4 address mapped into IPv6 counts as IPv4. */
export function networkCheck(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  const ipv4 = networks.filter(({ family }) => family === 'ipv4').map(rangeOf);
  return (address) => {
    const plain = address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
    if (!isIPv4(plain)) return isIPv6(plain) && list.check(plain, 'ipv6');
    const number = numberOf(plain);
    return ipv4.some(({ from, size }) => number >= from && number < from + size);
  };
}

/** A BlockList makes two objects to check one address; behind a proxy each request has one to check. */
function rangeOf({ address, prefix }: Network): { readonly from: number; readonly size: number } {
  const size = 2 ** (32 - prefix);
  return { from: Math.floor(numberOf(address) / size) * size, size };
}

/** @param ipv4 - Known to be one: only digits and dots. */
function numberOf(ipv4: string): number {
  let number = 0;
  let octet = 0;
  for (let at = 0; at < ipv4.length; at += 1) {
    const code = ipv4.charCodeAt(at);
    const isDot = code === 0x2e;
    if (isDot) number = number * 256 + octet;
    octet = isDot ? 0 : octet * 10 + code - 0x30;
  }
  return number * 256 + octet;
}
