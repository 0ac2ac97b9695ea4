/** Keeps other sites' pages out of the viewer: a local server is reachable from every page that the browser shows. */
import type { IncomingMessage } from 'node:http';
import { ProblemError } from './problem.ts';

/** On every answer, errors too. */
export const securityHeaders: readonly (readonly [string, string])[] = [
  [
    'Content-Security-Policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "connect-src 'self'",
      "img-src 'self' data:",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
  ],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Server', 'reqlens-collector'],
];

/**
 * Host against DNS rebinding, Origin and Sec-Fetch-Site against pages of other sites.
 *
 * @throws ProblemError 403.
 */
export function checkOrigin({ headers, url }: IncomingMessage, port: number): void {
  const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`);
  const { host, origin } = headers;
  if (host === undefined || !hosts.includes(host.toLowerCase())) {
    throw new ProblemError(403, `expected the Host header to be one of ${hosts.join(', ')}`);
  }
  if (origin !== undefined && !hosts.some((own) => origin.toLowerCase() === `http://${own}`)) {
    throw new ProblemError(403, 'expected no Origin header but the one of the viewer itself');
  }
  // A link from elsewhere may open a page; nothing elsewhere may ask the API.
  const site = headers['sec-fetch-site'];
  if ((url ?? '').startsWith('/api/') && (site === 'cross-site' || site === 'same-site')) {
    throw new ProblemError(403, `expected a request of the viewer's own pages, got Sec-Fetch-Site: ${site}`);
  }
}
