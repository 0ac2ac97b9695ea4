/** Addresses, blocks of addresses and host names as the trust variables write them. Pure. */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';

import type { HostRule, Network, PeerRule, TrustRule } from './config.ts';

/** What a list's items came to. `unusable` keeps the items as written, in order. */
export interface ParsedRule<Rule> {
  readonly rule: Rule | undefined;
  readonly unusable: readonly string[];
}

const loopback = ['127.0.0.0/8', '::1/128'];

/** RFC 1918, RFC 6598 (carrier and cloud-internal), link-local, and IPv6 unique local. */
const privateBlocks = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '169.254.0.0/16',
  '100.64.0.0/10',
  'fc00::/7',
  'fe80::/10',
];

const words: ReadonlyMap<string, readonly Network[]> = new Map([
  ['loopback', networksOf(loopback)],
  ['private', networksOf(privateBlocks)],
]);

/** The same as for peers, and `proxy` alone. */
export function parseTrustRule(text: string): ParsedRule<TrustRule> {
  return text.toLowerCase() === 'proxy' ? { rule: { kind: 'proxy' }, unusable: [] } : parsePeerRule(text);
}

/** @returns A rule of the usable items; no rule when none is usable. */
export function parsePeerRule(text: string): ParsedRule<PeerRule> {
  const word = wordRule(text);
  if (word) return { rule: word, unusable: [] };
  const parsed = itemsOf(text).map((item) => ({ item, networks: networksFor(item) }));
  const networks = unique(parsed.flatMap((entry) => entry.networks ?? []));
  const unusable = parsed.filter((entry) => !entry.networks).map(({ item }) => item);
  return { rule: networks.length > 0 ? { kind: 'peers', networks } : undefined, unusable };
}

/** The same for hosts, which may be named too; `loopback` and `private` stand for names as well as networks. */
export function parseHostRule(text: string): ParsedRule<HostRule> {
  const word = wordRule(text);
  if (word) return { rule: word, unusable: [] };
  const networks: Network[] = [];
  const names: string[] = [];
  const unusable: string[] = [];
  for (const item of itemsOf(text)) {
    const itemNetworks = networksFor(item);
    const itemNames = itemNetworks ? namesOfWord(item) : namesFor(item);
    networks.push(...(itemNetworks ?? []));
    names.push(...itemNames);
    if (!itemNetworks && itemNames.length === 0) unusable.push(item);
  }
  if (networks.length + names.length === 0) return { rule: undefined, unusable };
  return { rule: { kind: 'listed', networks: unique(networks), names: [...new Set(names)] }, unusable };
}

/** @returns The blocks as one would write them, whole groups by their word and first. */
export function writtenNetworks(networks: readonly Network[]): string {
  const written = new Set(networks.map(blockText));
  const items = [...words].flatMap(([word, blocks]) => {
    const texts = blocks.map(blockText);
    if (!texts.every((text) => written.has(text))) return [];
    for (const text of texts) written.delete(text);
    return word;
  });
  return [...items, ...written].join(',');
}

/** @returns The same for a list of hosts: names that a word stands for do not show beside it. */
export function writtenHosts(networks: readonly Network[], names: readonly string[]): string {
  const written = writtenNetworks(networks);
  const covered = new Set(itemsOf(written).flatMap(namesOfWord));
  return [written, ...names.filter((name) => !covered.has(name))].filter((text) => text !== '').join(',');
}

/** @returns The block, or undefined when the text is no address and no CIDR block. A lone address is a block of one. */
export function parseNetwork(text: string): Network | undefined {
  const [, address = '', prefixText] = /^\[?([^/[\]]+)\]?(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  // As Node shows an IPv4 peer of a dual-stack server; people copy it from there. The checks compare it as IPv4.
  if (mapped) return parseNetwork(`${mapped}/${Number(prefixText ?? 128) - 96}`);
  const version = isIP(address);
  // A zone (fe80::1%eth0) names an interface of this machine, not a block of addresses.
  if (version === 0 || address.includes('%')) return undefined;
  const bits = version === 4 ? 32 : 128;
  const prefix = prefixText === undefined ? bits : Number(prefixText);
  return prefix <= bits ? { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' } : undefined;
}

function wordRule(text: string): { kind: 'always' } | { kind: 'never' } | undefined {
  const word = text.toLowerCase();
  return word === 'always' || word === 'never' ? { kind: word } : undefined;
}

function itemsOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function networksFor(item: string): readonly Network[] | undefined {
  const network = parseNetwork(item);
  return network ? [network] : words.get(item.toLowerCase());
}

function namesOfWord(item: string): string[] {
  return hostNamesOfWord.get(item.toLowerCase())?.slice() ?? [];
}

/**
 * Names of this machine (RFC 6761), and those that stay in the own network: `.internal` is reserved for it (ICANN, 2024), `.local` (RFC 6762, and Kubernetes),
 * `.home.arpa` (RFC 8375), and a name without a dot, written `*`, such as a service's in docker-compose.
 */
const hostNamesOfWord: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['localhost', '*.localhost']],
  ['private', ['*', '*.internal', '*.local', '*.home.arpa']],
]);

/** One name or none. International names come out in their ASCII form, as a URL has them. */
function namesFor(item: string): string[] {
  const isSuffix = item.startsWith('*.');
  const name = domainToASCII(isSuffix ? item.slice(2) : item);
  return isHostName(name) ? [isSuffix ? `*.${name}` : name] : [];
}

/** Labels of RFC 1123, with the underscore that container networks use. The last one is no number: that would be a broken address. */
function isHostName(name: string): boolean {
  const labels = name.split('.');
  const isNumber = /^\d+$/.test(labels.at(-1) ?? '');
  const isReserved = name === 'always' || name === 'never';
  return (
    name.length <= 253 && !isNumber && !isReserved && labels.every((label) => /^(?!-)[\w-]{1,63}(?<!-)$/.test(label))
  );
}

function networksOf(blocks: readonly string[]): readonly Network[] {
  return blocks.map(parseNetwork).filter((network) => network !== undefined);
}

function unique(networks: readonly Network[]): readonly Network[] {
  return [...new Map(networks.map((network) => [blockText(network), network])).values()];
}

function blockText({ address, prefix }: Network): string {
  return `${address}/${prefix}`;
}
