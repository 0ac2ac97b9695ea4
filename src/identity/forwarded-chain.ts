/** The hops that a request came through, as `Forwarded` (RFC 7239) and `X-Forwarded-For` name them. Pure; never throws, whatever was sent. */
import { isIPv4, isIPv6 } from 'node:net';

/** Longer chains than any real one: an IPv6 address with its port is 47 characters, and few requests pass ten hops. */
export const maxChainBytes = 4096;
export const maxChainHops = 32;

export interface Chain {
  /** Addresses in one spelling each, the nearest hop's word first; they end where something else than an address stands. */
  readonly hops: readonly string[];
  /** False: some part is no address, or there are more hops or bytes than a real chain has. Then no part of it is a reason for trust. */
  readonly isWellFormed: boolean;
}

/** How nginx names a peer on a Unix domain socket. */
export const unixSocket = 'unix:';

/**
 * @param value - Addresses separated by commas, each with or without a port. Empty members are skipped, as RFC 9110 (5.6.1.2) asks;
 *   that there are none at all is not well-formed.
 */
export function forwardedForChain(value: string): Chain {
  const isTooLong = value.length > maxChainBytes;
  // The right end is the nearest proxies' word, and counts however much somebody has sent in front of it.
  const text = isTooLong ? value.slice(-maxChainBytes) : value;
  const hops: string[] = [];
  for (let end = text.length; end >= 0;) {
    // From -1, lastIndexOf would look at the first character again.
    const comma = end === 0 ? -1 : text.lastIndexOf(',', end - 1);
    const member = text.slice(comma + 1, end).trim();
    end = comma;
    if (member === '') continue;
    const address = addressIn(member);
    if (address === undefined || hops.length === maxChainHops) return { hops, isWellFormed: false };
    hops.push(address);
  }
  return { hops, isWellFormed: !isTooLong && hops.length > 0 };
}

/** @param value - Elements as RFC 7239 has them; each must say `for=` and no parameter twice. An unquoted port or bracket is taken all the same. */
export function forwardedChain(value: string): Chain {
  // Quotes can only be told from the left, so of an absurd length nothing is read.
  const names = value.length > maxChainBytes ? undefined : forNamesIn(value);
  return names === undefined ? { hops: [], isWellFormed: false } : chainOf(names.toReversed().map(addressIn));
}

/** @param addresses - The nearest first. */
function chainOf(addresses: readonly (string | undefined)[]): Chain {
  const first = addresses.indexOf(undefined);
  const known = (first < 0 ? addresses : addresses.slice(0, first)).filter((address) => address !== undefined);
  const isWellFormed = first < 0 && known.length > 0 && known.length <= maxChainHops;
  return { hops: known.slice(0, maxChainHops), isWellFormed };
}

/** One pair of an element, or none, and what ends it. No two of its parts can match the same blank, so that no input takes long. */
const pair =
  /[ \t]*(?:([\w!#$%&'*+.^`|~-]+)=(?:([^\s;,"\\]+)|"((?:[^"\\]|\\[\t\x20-\x7e\x80-\xff])*)")[ \t]*)?([;,]|$)/y;

/** @returns What each element says of whom it forwards for, in order; undefined when it can't be read. An empty element says nothing and is left out. */
function forNamesIn(value: string): string[] | undefined {
  const names: string[] = [];
  let element = new Map<string, string>();
  pair.lastIndex = 0;
  for (;;) {
    const found = pair.exec(value);
    if (found === null) return undefined;
    const [, name, token, quoted, end] = found;
    if (name !== undefined && !isAdded(element, name.toLowerCase(), token ?? unescaped(quoted))) return undefined;
    if (end === ';') continue;
    if (element.size > 0) names.push(element.get('for') ?? 'unknown');
    if (end === '') return names;
    element = new Map();
  }
}

/** RFC 7239, section 4: no parameter more than once in one element. */
function isAdded(element: Map<string, string>, name: string, value: string): boolean {
  if (element.has(name)) return false;
  element.set(name, value);
  return true;
}

function unescaped(quoted = ''): string {
  return quoted.replaceAll(/\\(.)/g, '$1');
}

/** `_x` is a port that its proxy keeps to itself (RFC 7239, section 6.2). */
const withPort = /^(?:\[([^\]]*)\]|([^:[\]]+))(?::(\d{1,5}|_[\w.-]+))?$/;

/**
 * The address of a node, without brackets, port and zone (an interface of another machine), in the spelling of URLs; an IPv4 address mapped
 * into IPv6 as IPv4. Undefined for `unknown`, `_hidden`, names and everything else.
 */
export function addressIn(node: string): string | undefined {
  if (isIPv4(node) || node === unixSocket) return node;
  // 45 characters of an address, a zone, brackets and a port.
  if (node.length > 100) return undefined;
  if (isIPv6(node)) return spelledAsInUrls(node);
  const [, bracketed, plain, port] = withPort.exec(node) ?? [];
  if (port !== undefined && Number(port) > 65_535) return undefined;
  if (bracketed !== undefined) return isIPv6(bracketed) ? spelledAsInUrls(bracketed) : undefined;
  return plain !== undefined && isIPv4(plain) ? plain : undefined;
}

function spelledAsInUrls(ipv6: string): string | undefined {
  const [address = ''] = ipv6.split('%');
  const spelled = URL.parse(`http://[${address}]`)?.hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(spelled ?? '') ?? [];
  if (high === undefined || low === undefined) return spelled;
  const bits = [high, low].map((group) => Number.parseInt(group, 16));
  return bits.flatMap((group) => [group >>> 8, group & 0xff]).join('.');
}
