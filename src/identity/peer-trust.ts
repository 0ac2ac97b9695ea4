/** Whose inbound ids are believed, decided once per connection from its remote address. */
import { BlockList, isIPv4, isIPv6 } from 'node:net';

import type { Network, TrustRule } from '../config/config.ts';

/** The part of a socket that trust looks at. A Unix domain socket has no address: its peer is on this machine. */
export interface Peer {
  readonly remoteAddress?: string | undefined;
}

/** @returns A check whose answer is kept per socket, since a connection carries many requests. */
export function peerTrust(rule: TrustRule): (peer: Peer) => boolean {
  if (rule.kind !== 'peers') return () => rule.kind === 'always';
  const contains = networkCheck(rule.networks);
  const known = new WeakMap<Peer, boolean>();
  return (peer) => {
    let isTrusted = known.get(peer);
    if (isTrusted === undefined) {
      isTrusted = peer.remoteAddress === undefined ? isLocalSocket(peer) : contains(peer.remoteAddress);
      known.set(peer, isTrusted);
    }
    return isTrusted;
  };
}

/** A destroyed TCP socket has lost its address too; it is told apart by never having had a path. Fails closed. */
function isLocalSocket(peer: Peer): boolean {
  return 'server' in peer && typeof peer.server === 'object' && peer.server !== null && hasPathAddress(peer.server);
}

function hasPathAddress(server: object): boolean {
  return 'address' in server && typeof server.address === 'function' && typeof server.address() === 'string';
}

/** @returns A check of one textual address; an IPv4 address mapped into IPv6 counts as IPv4. */
export function networkCheck(networks: readonly Network[]): (address: string) => boolean {
  const list = new BlockList();
  for (const { address, prefix, family } of networks) list.addSubnet(address, prefix, family);
  return (address) => {
    const plain = address.startsWith('::ffff:') && isIPv4(address.slice(7)) ? address.slice(7) : address;
    if (isIPv4(plain)) return list.check(plain, 'ipv4');
    return isIPv6(plain) && list.check(plain, 'ipv6');
  };
}
