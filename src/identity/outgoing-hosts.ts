/** Which hosts may see our request id: by default those of the own network, so that ids do not leak to third parties. */
import { isIP } from 'node:net';

import type { HostRule } from '../config/config.ts';
import { networkCheck } from './peer.ts';

/** @returns A check of a host as it stands in a URL: a name, an IPv4 address, or an IPv6 address with or without brackets. */
export function outgoingHosts(rule: HostRule): (host: string) => boolean {
  if (rule.kind !== 'listed') return () => rule.kind === 'always';
  const contains = networkCheck(rule.networks);
  return (host) => {
    const plain = host.replace(/^\[|\]$/g, '').toLowerCase();
    if (isIP(plain) !== 0) return contains(plain);
    return rule.names.some((pattern) => matches(pattern, plain));
  };
}

/** `*.shop.internal` stands for every subdomain; `*` alone for every name without a dot, which only the own network resolves. */
function matches(pattern: string, name: string): boolean {
  if (pattern === '*') return !name.includes('.');
  return pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) : name === pattern;
}
