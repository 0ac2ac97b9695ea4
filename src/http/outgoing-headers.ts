/**
 * What goes along with an outgoing request: trace context, baggage, request id. What the application has set itself wins when it is
 * valid (docs/outgoing.md), so that the receiver sees one valid value of each, and never two.
 */
import { isSpanContextValid, propagation, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import type { Attributes, Context } from '@opentelemetry/api';

import type { Config } from '../config/config.ts';
import { outgoingHosts } from '../identity/outgoing-hosts.ts';
import { acceptRequestId } from '../identity/request-id.ts';
import { requestScope } from '../identity/request-scope.ts';
import type { RequestScope } from '../identity/request-scope.ts';
import { acceptTraceState } from '../trace/trace-state.ts';
import { accountMember, withMember } from './account-baggage.ts';
import { headerSpelling } from './header-spelling.ts';
import type { RequestHeaders } from './request-headers.ts';

type Fields = Readonly<Record<string, readonly string[]>>;

/** What is said of a header on the span: values may be anybody's, and are cut. */
const maxShown = { values: 4, length: 128 };

const baggageField = 'baggage';
const stateField = 'tracestate';
const b3Fields = ['b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-parentspanid', 'x-b3-sampled', 'x-b3-flags'];

export type OutgoingHeadersConfig = Pick<Config, 'requestId' | 'sendsAccount'>;

/** Where a request goes, and on whose behalf. */
export interface Departure {
  /** With the client span in it. */
  readonly context: Context;
  /** To whom the connection is, as it stands in a URL. */
  readonly host: string;
  /** What is asked for: a path, or a whole address where the connection is to a plain proxy, which hands all headers on. */
  readonly target: string;
}

export class OutgoingHeaders {
  readonly #config: OutgoingHeadersConfig;
  readonly #isAllowed: (host: string) => boolean;
  /** Of every format of trace context that is configured. */
  readonly #traceFields: readonly string[];

  constructor(config: OutgoingHeadersConfig) {
    this.#config = config;
    this.#isAllowed = outgoingHosts(config.requestId.sendTo);
    const others = propagation.fields().filter((field) => field !== baggageField && !b3Fields.includes(field));
    // A receiver reads either form of B3, whichever we send.
    this.#traceFields = propagation.fields().some((field) => b3Fields.includes(field))
      ? [...others, ...b3Fields]
      : others;
  }

  /**
   * What the application sets on a request of `node:http` later replaces ours without being looked at.
   *
   * @returns What the span has to say of headers that the application set.
   */
  complete(headers: RequestHeaders, { context, host, target }: Departure): Attributes | undefined {
    const carrier: Record<string, string> = {};
    propagation.inject(context, carrier);
    const scope = requestScope(context);
    const notes = new Notes();
    this.#addTraceContext(headers, carrier, { scope, notes });
    addBaggage(headers, carrier[baggageField], notes);
    if (scope !== undefined && this.#mayKnow(host, target)) this.#addIdentity(headers, scope, notes);
    return notes.attributes;
  }

  /** A plain proxy sees the headers, and so does whom it asks. */
  #mayKnow(host: string, target: string): boolean {
    if (!this.#isAllowed(host)) return false;
    const farther = target.startsWith('/') ? '' : (URL.parse(target)?.hostname ?? '');
    return farther === '' || this.#isAllowed(farther);
  }

  #addTraceContext(headers: RequestHeaders, carrier: Readonly<Record<string, string>>, { scope, notes }: Found): void {
    const set = this.#fieldsSet(headers);
    if (set === undefined) return this.#add(headers, carrier, () => true);
    const names = Object.keys(set);
    if (names.join() === stateField) return this.#addBesideState(headers, carrier, { set, notes });
    const own = contextOf(set);
    // Two contexts in one request, in whatever formats, would leave the choice to the receiver: the application's own goes alone.
    if (own !== undefined && own.spanId !== scope?.callerSpanId) return notes.kept(set);
    // Handed on as it came it is not the application's, and W3C wants the parent in it to be whoever sends it.
    if (own === undefined) notes.replaced(set);
    for (const name of names) if (carrier[name] === undefined) headers.replace(name, undefined);
    for (const name of this.#traceFields) {
      const value = carrier[name];
      if (value !== undefined && set[name] !== undefined) headers.replace(name, value);
    }
    this.#add(headers, carrier, (name) => set[name] === undefined);
  }

  /** `tracestate` alone says nothing by itself; with our `traceparent` it does. */
  #addBesideState(headers: RequestHeaders, carrier: Readonly<Record<string, string>>, { set, notes }: Judged): void {
    const isValid = acceptTraceState((set[stateField] ?? []).join(',')) !== undefined;
    if (!isValid) {
      notes.replaced(set);
      headers.replace(stateField, carrier[stateField]);
    } else notes.kept(set);
    this.#add(headers, carrier, (name) => name !== stateField);
  }

  #add(headers: RequestHeaders, carrier: Readonly<Record<string, string>>, isWanted: (name: string) => boolean): void {
    for (const name of this.#traceFields) {
      const value = carrier[name];
      if (value !== undefined && isWanted(name)) headers.add(name, value);
    }
  }

  #fieldsSet(headers: RequestHeaders): Fields | undefined {
    let set: Record<string, readonly string[]> | undefined;
    for (const name of this.#traceFields) {
      const values = headers.values(name);
      if (values.length > 0) (set ??= {})[name] = values;
    }
    return set;
  }

  #addIdentity(headers: RequestHeaders, scope: RequestScope, notes: Notes): void {
    const { headerName } = this.#config.requestId;
    const values = headers.values(headerName);
    const [first] = values;
    if (first === undefined) headers.add(headerSpelling(headerName), scope.requestId);
    else if (values.length > 1 || acceptRequestId(first) === undefined) {
      notes.replaced({ [headerName]: values });
      headers.replace(headerSpelling(headerName), scope.requestId);
    } else if (first !== scope.requestId) notes.kept({ [headerName]: values });
    const member = this.#config.sendsAccount ? accountMember(scope) : undefined;
    // One field, because not every receiver joins several; an account of the caller's gives way.
    if (member !== undefined) headers.replace(baggageField, withMember(headers.values(baggageField).join(','), member));
  }
}

interface Found {
  readonly scope: RequestScope | undefined;
  readonly notes: Notes;
}

interface Judged {
  readonly set: Fields;
  readonly notes: Notes;
}

function addBaggage(headers: RequestHeaders, ours: string | undefined, notes: Notes): void {
  if (ours === undefined) return;
  const values = headers.values(baggageField);
  if (values.length === 0) headers.add(baggageField, ours);
  else if (!isBaggage(values.join(','))) {
    notes.replaced({ [baggageField]: values });
    headers.replace(baggageField, ours);
  }
}

function isBaggage(value: string): boolean {
  const read = propagation.getBaggage(propagation.extract(ROOT_CONTEXT, { [baggageField]: value }));
  return read !== undefined && read.getAllEntries().length > 0;
}

/** What a receiver would read of these fields. Several of one name it would not: no format but `tracestate` is a list. */
function contextOf(set: Fields): { readonly spanId: string } | undefined {
  const carrier: Record<string, string> = {};
  for (const [name, values] of Object.entries(set)) {
    if (values.length > 1 && name !== stateField) return undefined;
    carrier[name] = values.join(',');
  }
  const found = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, carrier));
  return found !== undefined && isSpanContextValid(found) ? found : undefined;
}

/** Attributes about headers that the application set. */
class Notes {
  attributes: Record<string, string[]> | undefined;

  /** They went as they are: the convention for headers of a request. */
  kept(set: Fields): void {
    this.#note('http.request.header', set);
  }

  /** No receiver could have used them; ours went in their place. */
  replaced(set: Fields): void {
    this.#note('reqlens.replaced.header', set);
  }

  #note(prefix: string, set: Fields): void {
    this.attributes ??= {};
    for (const [name, values] of Object.entries(set))
      this.attributes[`${prefix}.${name}`] = values
        .slice(0, maxShown.values)
        .map((value) => value.slice(0, maxShown.length));
  }
}
