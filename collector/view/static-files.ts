/** The viewer's pages. What is served is listed once at the start: a request names an entry of that list, never a path. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join, sep } from 'node:path';
import { ProblemError } from './problem.ts';

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.png', 'image/png'],
  ['.ico', 'image/x-icon'],
]);
/** The page itself, which reads the rest of the path: the start, usage, one request, one trace. */
const pagePath = /^\/(?:index\.html|usage|[rt]\/[^/]+)?$/;

interface StaticFile {
  readonly body: Buffer;
  readonly contentType: string;
  readonly etag: string;
}

export class StaticFiles {
  readonly #files: ReadonlyMap<string, StaticFile>;

  /** @param folder - Need not be there: a server without pages still answers its API. */
  constructor(folder: string) {
    this.#files = new Map(existsSync(folder) ? listFiles(folder) : []);
  }

  /** @throws ProblemError 404 when the list has no such file. */
  answer(pathname: string, request: IncomingMessage, response: ServerResponse): void {
    const file = this.#files.get(pagePath.test(pathname) ? '/index.html' : pathname);
    if (file === undefined) throw new ProblemError(404, 'no such page');
    response.setHeader('ETag', file.etag);
    response.setHeader('Cache-Control', 'no-cache');
    if (request.headers['if-none-match'] === file.etag) {
      response.writeHead(304).end();
      return;
    }
    response.writeHead(200, { 'content-type': file.contentType, 'content-length': file.body.length }).end(file.body);
  }
}

function listFiles(folder: string): [string, StaticFile][] {
  const found: [string, StaticFile][] = [];
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const contentType = contentTypes.get(extname(entry));
    if (contentType === undefined) continue;
    const body = readFileSync(join(folder, entry));
    const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    found.push([`/${entry.replaceAll(sep, '/')}`, { body, contentType, etag }]);
  }
  return found;
}
