/** What is sent to each server of shapes.mjs, byte by byte. */

export interface NeutralExchange {
  readonly title: string;
  readonly server: (typeof serverNames)[number];
  readonly send: string;
  /** Hangs up when this has come. Default: when the server does. */
  readonly until?: string;
  /** Sent when `until` has come, in place of hanging up. */
  readonly andSend?: string;
  readonly isAll?: boolean;
}

/** In the order of their ports. */
export const serverNames = ['plain', 'impatient', 'small', 'polite', 'one', 'listening'] as const;

const request = (path: string, more = '', method = 'GET'): string =>
  `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${more}\r\n`;
const keep = (path: string, more = ''): string => request(path, more).replace('Connection: close\r\n', '');
// oxlint-disable-next-line max-params -- a line for each exchange
const at = (
  server: NeutralExchange['server'],
  title: string,
  send: string,
  more: Partial<NeutralExchange> = {},
): NeutralExchange => ({
  title: `${server}: ${title}`,
  server,
  send,
  ...more,
});
const plain = (title: string, send: string, more: Partial<NeutralExchange> = {}): NeutralExchange =>
  at('plain', title, send, more);

const paths =
  '/reason /writeHeader /statusMessage /object /flat /pairs /mixed /mixedList /undefinedReason /setHeader /appendHeader /setHeaders /rawNames /cookies /cors /length /lengthShort /strict /chunks /ownChunked /noChunked /identity /trailers /flush /cork /callbacks /told /encodings /empty /continue /processing /hints /information /noDate /ownDate /keepAlive /close /ownKeepAlive /rawSocket /rawBehind /detached /ownResponse /throws /rejects /badStatus /badHeader /oddList /twice /headersAfter /writeAfterEnd /told /destroyBefore /destroyDuring /socketDestroyed /timeout /listeners /own /large /nowhere';

const codes = [
  200, 201, 202, 204, 205, 206, 226, 300, 301, 302, 304, 307, 400, 401, 404, 405, 410, 418, 422, 429, 451, 499, 500,
  501, 502, 503, 504, 511, 599, 600, 999,
];

export const exchanges: readonly NeutralExchange[] = [
  ...codes.map((code) => plain(`status ${code}`, request(`/status?code=${code}`))),
  ...[100, 101, 204, 304, 404, 500].map((code) =>
    plain(`writeHead(${code})`, request(`/head?code=${code}`), { until: '\r\n\r\n' }),
  ),
  ...paths.split(' ').map((path) => plain(path, request(path))),
  ...['/length', '/chunks', '/hints', '/status?code=404', '/cors'].map((path) =>
    plain(`HEAD ${path}`, request(path, '', 'HEAD')),
  ),
  ...['/length', '/chunks', '/flush', '/hints'].map((path) =>
    plain(`HTTP/1.0 ${path}`, `GET ${path} HTTP/1.0\r\n\r\n`),
  ),
  plain('HTTP/1.0, kept alive', 'GET /length HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', {
    until: 'length\r\n\r\nlength',
  }),
  plain('OPTIONS *', request('*', '', 'OPTIONS')),
  plain('an absolute target', request('http://other/length')),
  plain('a body', request('/echo', 'Content-Length: 5\r\n', 'POST') + 'hello'),
  plain(
    'a body in chunks, with a trailer',
    request('/echo', 'Transfer-Encoding: chunked\r\n', 'PUT') + '5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n',
  ),
  plain(
    'headers in every case, some twice',
    request('/echo', 'X-A: 1\r\nx-a: 2\r\nCookie: a\r\nCookie: b\r\nETAG: x\r\nEtag: y\r\n'),
  ),
  plain('Expect: 100-continue', request('/echo', 'Expect: 100-continue\r\nContent-Length: 2\r\n', 'POST'), {
    until: '100 Continue\r\n\r\n',
    andSend: 'ok',
  }),
  plain('an expectation that nobody knows', request('/length', 'Expect: much\r\n')),
  plain('no Host', 'GET /length HTTP/1.1\r\n\r\n'),
  plain('two Hosts', 'GET /length HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'),
  plain('kept alive, then closed', keep('/length'), { until: 'length', andSend: request('/chunks') }),
  plain('pipelined', [keep('/length'), keep('/chunks'), keep('/flush'), keep('/hints'), request('/object')].join('')),
  plain(
    'pipelined behind one that is destroyed',
    [keep('/length'), keep('/destroyDuring'), request('/length')].join(''),
  ),
  plain(
    'pipelined behind an upgrade',
    keep('/length') + request('/chat', 'Upgrade: own\r\n').replace('close', 'Upgrade'),
  ),
  plain('an upgrade', `${request('/chat', 'Upgrade: own\r\n').replace('close', 'Upgrade')}head `),
  plain('a refused upgrade', request('/refuse', 'Upgrade: own\r\n').replace('close', 'Upgrade')),
  plain('CONNECT that nobody takes', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'),
  plain('no HTTP', 'hello\r\n\r\n'),
  plain('a method that nobody knows', 'FETCH / HTTP/1.1\r\nHost: a\r\n\r\n'),
  plain('a version that nobody knows', 'GET / HTTP/3.7\r\nHost: a\r\n\r\n'),
  plain('a header without colon', 'GET /length HTTP/1.1\r\nHost a\r\n\r\n'),
  plain('a length that is no number', request('/echo', 'Content-Length: many\r\n', 'POST')),
  plain('two framings', request('/echo', 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', 'POST')),
  plain('a chunk that is none', request('/echo', 'Transfer-Encoding: chunked\r\n', 'POST') + 'zz\r\n'),
  plain('headers too large', request('/length', `X-Large: ${'x'.repeat(20_000)}\r\n`)),
  plain('a body that is broken off', request('/echo', 'Content-Length: 9\r\n', 'POST') + 'half', { isAll: true }),
  plain('a client that has closed its half', request('/length'), { isAll: true }),
  plain('nothing at all', '', { isAll: true }),
  at('impatient', 'headers that come too slowly', 'GET /length HTTP/1.1\r\nHost: a\r\n'),
  at('impatient', 'a body that comes too slowly', request('/echo', 'Content-Length: 9\r\n', 'POST') + 'half'),
  at(
    'impatient',
    'a body too slow behind a head that was sent',
    request('/flush', 'Content-Length: 9\r\n', 'POST') + 'half',
  ),
  at('small', 'headers too large', request('/length', `X-Large: ${'x'.repeat(2000)}\r\n`)),
  at(
    'small',
    'duplicate headers, joined',
    request('/echo', 'X-A: 1\r\nX-A: 2\r\nAuthorization: a\r\nAuthorization: b\r\n'),
  ),
  at('small', 'appended unique headers', request('/appendHeader')),
  at('polite', 'a body where none is allowed', request('/refusedBody')),
  at('polite', 'a whole answer', request('/length')),
  at('one', 'a second request on a connection', keep('/length'), {
    until: 'length\r\n\r\nlength',
    andSend: keep('/length'),
  }),
  at('one', 'pipelined', keep('/length') + keep('/length')),
  at(
    'listening',
    'Expect: 100-continue, refused',
    request('/echo', 'Expect: 100-continue\r\nContent-Length: 2\r\n', 'POST'),
  ),
  at('listening', 'an expectation of its own', request('/echo', 'Expect: much\r\n')),
  at('listening', 'no HTTP', 'hello\r\n\r\n'),
  at('listening', 'CONNECT', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'),
  at('listening', 'no Host', 'GET /length HTTP/1.1\r\n\r\n'),
];
