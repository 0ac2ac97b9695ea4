/** Adds our headers at the moment the head is written, after everything the application has set. */
import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';

import type { RequestId } from '../identity/request-id.ts';
import { headerSpelling } from './header-spelling.ts';

/** Arguments of `response.writeHead` (https://nodejs.org/api/http.html#responsewriteheadstatuscode-statusmessage-headers). */
export type HeadHeaders = OutgoingHttpHeaders | readonly OutgoingHttpHeader[] | undefined;

export interface HeadAdditions {
  /** Lower case. */
  readonly headerName: string;
  readonly requestId: RequestId;
  /** Value of `Server-Timing`, or undefined. */
  readonly serverTiming: string | undefined;
  /** Called with an id of the application's own that gave way to ours. */
  readonly onReplaced: (ownId: string) => void;
}

/**
 * Sets the request id, appends (never overwrites) to the CORS lists, and takes out of the application's own argument what
 * would overwrite the id.
 *
 * @returns What to pass on to `writeHead` in place of `given`.
 */
export function completeHead(response: ServerResponse, given: HeadHeaders, additions: HeadAdditions): HeadHeaders {
  const head = new ResponseHead(response, given);
  const { headerName, requestId, serverTiming, onReplaced } = additions;
  const ownId = head.get(headerName);
  if (ownId !== undefined && ownId !== requestId) onReplaced(ownId);
  head.replace(headerName, requestId);
  if (serverTiming !== undefined) head.append('server-timing', serverTiming);
  if (head.get('access-control-allow-origin') !== undefined) allowForBrowsers(head, response.req, headerName);
  return head.rest;
}

function allowForBrowsers(head: ResponseHead, request: IncomingMessage, headerName: string): void {
  const isPreflight = request.method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined;
  if (!isPreflight) {
    addToList(head, 'access-control-expose-headers', headerName);
    return;
  }
  const asked = request.headers['access-control-request-headers'];
  if (asked !== undefined && listContains(asked, headerName))
    addToList(head, 'access-control-allow-headers', headerName);
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
