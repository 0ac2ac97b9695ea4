/** Adds our headers at the moment the head is written, after everything the application has set. */
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { RequestId } from '../identity/request-id.ts';
import type { TrackedRequest } from '../identity/tracked-request.ts';
import { headerSpelling } from './header-spelling.ts';
import { addTimingTrailer, canHaveTrailer } from './timing-trailer.ts';

/** Arguments of `response.writeHead` (https://nodejs.org/api/http.html#responsewriteheadstatuscode-statusmessage-headers). */
export type HeadHeaders = OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | undefined;

/** What the application asks to be written. */
export interface AskedHead {
  readonly statusCode: number;
  readonly given: HeadHeaders;
}

export interface HeadAdditions {
  /** Lower case. */
  readonly headerName: string;
  readonly requestId: RequestId;
  /** Value of `Server-Timing`, or undefined. */
  readonly serverTiming: string | undefined;
  /** Measured, for a caller who may know; undefined for everybody else. */
  readonly tracked: TrackedRequest | undefined;
  /** Lower-case names of request headers that a preflight may ask for. */
  readonly allowedHeaders: readonly string[];
  /** Called with an id of the application's own that gave way to ours. */
  readonly onReplaced: (ownId: string) => void;
}

/**
 * Sets the request id, appends (never overwrites) to the CORS lists, and takes out of the application's own argument what
 * would overwrite the id.
 *
 * @returns What to pass on to `writeHead` in place of `given`.
 */
export function completeHead(response: ServerResponse, asked: AskedHead, additions: HeadAdditions): HeadHeaders {
  const head = new ResponseHead(response, asked.given);
  const { headerName, requestId, serverTiming, tracked, onReplaced } = additions;
  const ownId = head.get(headerName);
  if (ownId !== undefined && ownId !== requestId) onReplaced(ownId);
  head.replace(headerName, requestId);
  if (serverTiming !== undefined) head.append('server-timing', serverTiming);
  const shown = tracked === undefined ? [] : showTracking({ head, response, tracked, statusCode: asked.statusCode });
  if (head.get('access-control-allow-origin') !== undefined)
    allowForBrowsers({
      head,
      request: response.req,
      exposed: [headerName, ...shown],
      allowed: additions.allowedHeaders,
    });
  return head.rest;
}

const trackingIdHeader = 'x-resource-tracking-id';

interface Shown {
  readonly head: ResponseHead;
  readonly response: ServerResponse;
  readonly tracked: TrackedRequest;
  readonly statusCode: number;
}

/** @returns The headers that a page has to be shown. */
function showTracking({ head, response, tracked, statusCode }: Shown): readonly string[] {
  const known = tracked.head();
  if (known === undefined) return [];
  head.replace(trackingIdHeader, known.requestId);
  if (canHaveTrailer(response, { statusCode, get: (name) => head.get(name) })) {
    // More is used while the body is made: the figures come behind it.
    head.append('trailer', headerSpelling('server-timing'));
    addTimingTrailer(response, () => tracked.serverTiming());
  } else {
    const timing = tracked.serverTiming();
    if (timing !== undefined) head.append('server-timing', timing);
  }
  return [trackingIdHeader];
}

interface BrowserLists {
  readonly head: ResponseHead;
  readonly request: IncomingMessage;
  readonly exposed: readonly string[];
  readonly allowed: readonly string[];
}

function allowForBrowsers({ head, request, exposed, allowed }: BrowserLists): void {
  const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (!isPreflight) {
    for (const name of exposed) addToList(head, 'access-control-expose-headers', name);
    return;
  }
  const asked = request.headers['access-control-request-headers'];
  if (asked === undefined) return;
  for (const name of allowed) if (listContains(asked, name)) addToList(head, 'access-control-allow-headers', name);
}

/** `*` covers every name, but only for requests without credentials (https://fetch.spec.whatwg.org/#http-new-header-syntax). */
function addToList(head: ResponseHead, list: string, name: string): void {
  const current = head.get(list);
  const isCredentialed = head.get('access-control-allow-credentials')?.toLowerCase() === 'true';
  if (current !== undefined && (listContains(current, name) || (listContains(current, '*') && !isCredentialed))) return;
  head.append(list, headerSpelling(name));
}

function listContains(list: string, name: string): boolean {
  return list.split(',').some((item) => item.trim().toLowerCase() === name);
}

/** The two places where a head's fields can be: set on the response before, or passed to `writeHead`. Names compare without case. */
class ResponseHead {
  readonly #response: ServerResponse;
  /** Name and value in turn, when the application passed an array. */
  #list: OutgoingHttpHeader[] | undefined;
  readonly #fields: OutgoingHttpHeaders | undefined;

  constructor(response: ServerResponse, given: HeadHeaders) {
    this.#response = response;
    // Node takes `[name, value, ...]` and `[[name, value], ...]`; in both a value may be a list itself.
    if (isList(given)) this.#list = Array.isArray(given[0]) ? given.flat() : [...given];
    else if (given !== undefined && given !== null) this.#fields = { ...given };
  }

  /** What remains to be passed to `writeHead`. */
  get rest(): HeadHeaders {
    return this.#list ?? this.#fields;
  }

  /** All values of a field joined by `, `, or undefined. What is passed to `writeHead` wins over what was set before. */
  get(name: string): string | undefined {
    const passed = this.#list === undefined ? this.#passedField(name) : this.#passedInList(name);
    const value = passed ?? this.#response.getHeader(name);
    return Array.isArray(value) ? value.join(', ') : value?.toString();
  }

  replace(name: string, value: string): void {
    if (this.#list !== undefined) {
      const all = this.#list;
      this.#list = all.filter((_, index) => String(all[index - (index % 2)]).toLowerCase() !== name);
      this.#list.push(headerSpelling(name), value);
    } else if (this.#fields === undefined) {
      this.#response.setHeader(headerSpelling(name), value);
    } else {
      dropField(this.#fields, name);
      this.#fields[headerSpelling(name)] = value;
    }
  }

  append(name: string, value: string): void {
    const current = this.get(name);
    this.replace(name, current === undefined || current === '' ? value : `${current}, ${value}`);
  }

  #passedField(name: string): OutgoingHttpHeader | undefined {
    for (const key in this.#fields) if (isName(key, name)) return this.#fields[key];
    return undefined;
  }

  #passedInList(name: string): string | undefined {
    const values = this.#list?.filter(
      (_, index, all) => index % 2 === 1 && String(all[index - 1]).toLowerCase() === name,
    );
    return values === undefined || values.length === 0 ? undefined : values.flat().join(', ');
  }
}

function dropField(fields: OutgoingHttpHeaders, name: string): void {
  for (const key in fields) if (isName(key, name)) delete fields[key];
}

function isList(headers: HeadHeaders): headers is readonly OutgoingHttpHeader[] {
  return Array.isArray(headers);
}

/** The lengths differ for nearly every pair, which saves making a lower-case copy. */
function isName(key: string, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name;
}
