/** The headers of a request of undici's, as its channels show them in versions 5 to 8: lines of text, or names and values in turn. */
import { isFieldOf, noValues } from './request-headers.ts';
import type { RequestHeaders } from './request-headers.ts';

/** What undici's channel `undici:request:create` shows of a request, in its versions 5 to 8. */
export interface UndiciRequest {
  readonly origin: string | URL;
  readonly path: string;
  readonly method: string;
  readonly upgrade?: unknown;
  /** Lines of text in version 5, names and values in turn since. */
  headers: string | (string | string[])[];
  readonly addHeader?: (name: string, value: string) => unknown;
}

/** undici's own list, made from whatever form the application used. */
export function undiciHeaders(request: UndiciRequest): RequestHeaders {
  return typeof request.headers === 'string' ? new HeaderLines(request) : new HeaderList(request);
}

class HeaderList implements RequestHeaders {
  readonly #request: UndiciRequest;

  constructor(request: UndiciRequest) {
    this.#request = request;
  }

  get #list(): (string | string[])[] {
    const { headers } = this.#request;
    return Array.isArray(headers) ? headers : [];
  }

  values(name: string): readonly string[] {
    const list = this.#list;
    let found: string[] | undefined;
    for (let index = 0; index + 1 < list.length; index += 2) {
      const each = list[index];
      if (each?.length === name.length && String(each).toLowerCase() === name)
        (found ??= []).push(...[list[index + 1] ?? ''].flat());
    }
    return found ?? noValues;
  }

  add(spelling: string, value: string): void {
    this.#list.push(spelling, value);
  }

  replace(spelling: string, value: string | undefined): void {
    const list = this.#list;
    const name = spelling.toLowerCase();
    for (let index = list.length - 2; index >= 0; index -= 2)
      if (String(list[index]).toLowerCase() === name) list.splice(index, 2);
    if (value !== undefined) list.push(spelling, value);
  }
}

class HeaderLines implements RequestHeaders {
  readonly #request: UndiciRequest;

  constructor(request: UndiciRequest) {
    this.#request = request;
  }

  values(name: string): readonly string[] {
    const lines = this.#lines().filter((line) => isFieldOf(line, name));
    return lines.length === 0 ? noValues : lines.map((line) => line.slice(name.length + 1).trim());
  }

  add(spelling: string, value: string): void {
    this.#request.headers = `${String(this.#request.headers)}${spelling}: ${value}\r\n`;
  }

  replace(spelling: string, value: string | undefined): void {
    const name = spelling.toLowerCase();
    this.#request.headers = this.#lines()
      .filter((line) => !isFieldOf(line, name))
      .join('\r\n');
    if (value !== undefined) this.add(spelling, value);
  }

  #lines(): string[] {
    return String(this.#request.headers).split('\r\n');
  }
}
