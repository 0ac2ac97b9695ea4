/** The headers of a request of `node:http`, as Node keeps them, or in the head that it has written already. */
/* oxlint-disable no-underscore-dangle -- names of Node's own fields */
import type { ClientRequest } from 'node:http';

import { isFieldOf, noValues } from './request-headers.ts';
import type { RequestHeaders } from './request-headers.ts';

/** @returns Undefined when nothing can be added any more. */
export function headersOf(request: ClientRequest): RequestHeaders | undefined {
  if (!isSerialised(request)) return new UnsentHeaders(request);
  return canBeEdited(request) ? new SerialisedHeaders(request) : undefined;
}

/** As Node keeps them until it writes the head: setHeader is what the application would call too. */
class UnsentHeaders implements RequestHeaders {
  readonly #request: ClientRequest;

  constructor(request: ClientRequest) {
    this.#request = request;
  }

  values(name: string): readonly string[] {
    const value = this.#request.getHeader(name);
    if (value === undefined) return noValues;
    return Array.isArray(value) ? value.map(String) : [String(value)];
  }

  add(spelling: string, value: string): void {
    this.#request.setHeader(spelling, value);
  }

  replace(spelling: string, value: string | undefined): void {
    if (value === undefined) this.#request.removeHeader(spelling);
    else this.#request.setHeader(spelling, value);
  }
}

/** What Node's own code keeps on a request whose head it has written, but not sent (lib/_http_outgoing.js, Node 22 to 26). */
interface WrittenHead {
  _header: string;
  readonly _headerSent: boolean;
  readonly outputData: { data: unknown }[];
  outputSize: number;
}

function isSerialised(request: ClientRequest): request is ClientRequest & WrittenHead {
  return Reflect.get(request, '_header') !== null;
}

/** With a list as `headers` Node writes the head in the constructor; with `Expect` it also queues it there. */
function canBeEdited({ _header: head, _headerSent: isQueued, outputData }: WrittenHead): boolean {
  if (typeof head !== 'string' || !head.endsWith('\r\n\r\n')) return false;
  if (!isQueued) return true;
  const data = Array.isArray(outputData) ? outputData[0]?.data : undefined;
  return typeof data === 'string' && data.startsWith(head);
}

/** A head that Node has written already. Its lines stay as they are; ours come before the empty line at its end. */
class SerialisedHeaders implements RequestHeaders {
  readonly #request: WrittenHead;

  constructor(request: WrittenHead) {
    this.#request = request;
  }

  values(name: string): readonly string[] {
    const lines = this.#request._header.split('\r\n').filter((line) => isFieldOf(line, name));
    return lines.length === 0 ? noValues : lines.map((line) => line.slice(name.length + 1).trim());
  }

  add(spelling: string, value: string): void {
    this.#write(`${this.#request._header.slice(0, -2)}${spelling}: ${value}\r\n\r\n`);
  }

  replace(spelling: string, value: string | undefined): void {
    const name = spelling.toLowerCase();
    const [first = '', ...lines] = this.#request._header.split('\r\n');
    const at = lines.findIndex((line) => isFieldOf(line, name));
    const kept = lines.filter((line) => !isFieldOf(line, name));
    if (value !== undefined) kept.splice(at < 0 ? -2 : at, 0, `${spelling}: ${value}`);
    this.#write([first, ...kept].join('\r\n'));
  }

  #write(head: string): void {
    const request = this.#request;
    const old = request._header;
    request._header = head;
    const [queued] = request.outputData;
    if (!request._headerSent || typeof queued?.data !== 'string') return;
    queued.data = head + queued.data.slice(old.length);
    request.outputSize += head.length - old.length;
  }
}
