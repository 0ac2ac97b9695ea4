/** Who sent a request, as far as it can be believed, and whether that client's ids are. Decided once per connection where no proxy speaks for others. */
import type { IncomingHttpHeaders } from 'node:http';

import type { ClientSettings, Config, PeerRule, TrustRule } from '../config/config.ts';
import { forwardedChain, forwardedForChain, unixSocket } from './forwarded-chain.ts';
import type { Chain } from './forwarded-chain.ts';
import { fieldLimit, networkCheck, peerAddress } from './peer.ts';
import type { Peer } from './peer.ts';

export interface Client {
  /** `client.address`: an IP address as it was written; undefined for peers on Unix domain sockets and where it is not known. */
  readonly address: string | undefined;
  /** By `REQLENS_TRUST_REQUEST_ID`. */
  readonly isRequestIdTrusted: boolean;
  /** By `REQLENS_TRUST_TRACEPARENT`; speaks for the baggage too. */
  readonly isTraceparentTrusted: boolean;
}

/** The part of a request that is looked at. */
export interface RequestHead {
  readonly headers: IncomingHttpHeaders;
  /** Mocks of requests have not always these two. */
  readonly rawHeaders?: readonly string[] | undefined;
  readonly socket?: Peer | null | undefined;
}

export type FindClient = (request: RequestHead) => Client;

export function clientFinder({ requestId, clients }: Pick<Config, 'requestId' | 'clients'>): FindClient {
  const isHop = hopCheck(clients.trustedProxies);
  const trusts: Trusts = {
    requestId: trustIn(requestId.trustRequestId),
    traceparent: trustIn(requestId.trustTraceparent),
  };
  const sources = sourcesOf(clients.forwardedHeader);
  const known = new WeakMap<Peer, Connection>();

  return (request) => {
    const { headers } = request;
    const socket = request.socket ?? nobody;
    let connection = known.get(socket);
    if (connection === undefined) {
      connection = connectionOf(socket, { isHop, trusts });
      known.set(socket, connection);
    }
    if (!connection.isProxy) return connection.peer;
    // A client that fills the head up makes Node drop the fields that a proxy has put behind his, the forwarding header among them.
    if ((request.rawHeaders?.length ?? 0) >= connection.fieldLimit) return connection.unknownClient;
    if (!isForwarded(headers, sources)) return connection.peer;
    const { address, isBelieved } = nearestStranger(headers, sources, isHop);
    return isBelieved
      ? new ForwardedClient(address, trusts)
      : { ...connection.unknownClient, address: address ?? connection.peer.address };
  };
}

const nobody: Peer = {};

/** What holds for all requests of one connection. */
interface Connection {
  /** Its word on whom it forwards for is believed. */
  readonly isProxy: boolean;
  /** The peer itself, when it names nobody else. */
  readonly peer: Client;
  /** Somebody behind the peer, of whom nothing is known. */
  readonly unknownClient: Client;
  /** From this length on of `rawHeaders`, Node may have left fields out. */
  readonly fieldLimit: number;
}

type AddressCheck = (address: string) => boolean;

/** @param isOfProxy - The peer is a proxy that is believed. */
type Trust = (address: string | undefined, isOfProxy: boolean) => boolean;

interface Trusts {
  readonly requestId: Trust;
  readonly traceparent: Trust;
}

function connectionOf(
  socket: Peer,
  { isHop, trusts }: { readonly isHop: AddressCheck; readonly trusts: Trusts },
): Connection {
  const address = peerAddress(socket);
  const isProxy = address !== undefined && isHop(address);
  const clientAt = (at: string | undefined): Client => ({
    address: socket.remoteAddress,
    isRequestIdTrusted: trusts.requestId(at, isProxy),
    isTraceparentTrusted: trusts.traceparent(at, isProxy),
  });
  return { isProxy, peer: clientAt(address), unknownClient: clientAt(undefined), fieldLimit: fieldLimit(socket) };
}

/** Asked only when an id came: most requests that a proxy forwards have none. */
class ForwardedClient implements Client {
  readonly address: string | undefined;
  readonly #at: string;
  readonly #trusts: Trusts;

  constructor(at: string, trusts: Trusts) {
    this.address = at === unixSocket ? undefined : at;
    this.#at = at;
    this.#trusts = trusts;
  }

  get isRequestIdTrusted(): boolean {
    return this.#trusts.requestId(this.#at, true);
  }

  get isTraceparentTrusted(): boolean {
    return this.#trusts.traceparent(this.#at, true);
  }
}

function trustIn(rule: TrustRule): Trust {
  if (rule.kind === 'proxy') return (_address, isOfProxy) => isOfProxy;
  const isListed = hopCheck(rule);
  if (rule.kind !== 'peers') return () => rule.kind === 'always';
  return (address) => address !== undefined && isListed(address);
}

function hopCheck(rule: PeerRule): AddressCheck {
  if (rule.kind !== 'peers') return () => rule.kind === 'always';
  const contains = networkCheck(rule.networks);
  // A Unix domain socket counts as loopback.
  return (address) => contains(address === unixSocket ? '127.0.0.1' : address);
}

/** A header field, and how it is written. */
interface Source {
  readonly field: string;
  readonly parse: (value: string) => Chain;
}

function sourcesOf(header: ClientSettings['forwardedHeader']): readonly Source[] {
  if (header === 'none') return [];
  if (header === 'auto') return [...sourcesOf('forwarded'), ...sourcesOf('x-forwarded-for')];
  return [{ field: header, parse: header === 'forwarded' ? forwardedChain : forwardedForChain }];
}

function isForwarded(headers: IncomingHttpHeaders, sources: readonly Source[]): boolean {
  for (const { field } of sources) if (headers[field] !== undefined) return true;
  return false;
}

type Found =
  | { readonly address: string; readonly isBelieved: true }
  /** An address is a guess then, good enough for `client.address`. */
  | { readonly address: string | undefined; readonly isBelieved: false };

/** Two headers must name the same client: which of them the proxy has written, and which came through it, can't be seen. */
function nearestStranger(headers: IncomingHttpHeaders, sources: readonly Source[], isHop: AddressCheck): Found {
  let found: Found | undefined;
  for (const { field, parse } of sources) {
    const value = headers[field];
    if (value === undefined) continue;
    const next = strangerIn(parse(Array.isArray(value) ? value.join(',') : value), isHop);
    if (found !== undefined && found.address !== next.address) return { address: undefined, isBelieved: false };
    found = found?.isBelieved === false ? found : next;
  }
  return found ?? { address: undefined, isBelieved: false };
}

/** The first from the right that is no trusted hop; when all are, the left-most, as with Express's `trust proxy` and nginx's `real_ip_recursive`. */
function strangerIn({ hops, isWellFormed }: Chain, isHop: AddressCheck): Found {
  const address = hops.find((hop) => !isHop(hop)) ?? hops.at(-1);
  if (address === undefined || !isWellFormed)
    return { address: address === unixSocket ? undefined : address, isBelieved: false };
  return { address, isBelieved: true };
}
