/** The requests that our server instrumentation and the stock one are both shown. */
import type { Exchange } from './raw-client.ts';

export interface ParityCase {
  readonly title: string;
  readonly exchange: Omit<Exchange, 'port'>;
  /** How many server spans it makes. Default: 1. */
  readonly spans?: number;
  /** What ours says where it differs from stock, by docs/parity.md. `flags` as OTLP has them. */
  readonly ours?: { readonly client?: string; readonly flags?: number; readonly query?: string };
}

interface RequestParts {
  readonly method?: string;
  readonly target?: string;
  readonly version?: string;
  /** Undefined leaves the header out. */
  readonly host?: string | undefined;
  /** What the application does; see apps/parity-app.mjs. */
  readonly act?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Default: close. */
  readonly connection?: string;
}

/** `#` stands for the number of the case. Text goes out as UTF-8. */
function request(parts: RequestParts = {}): string {
  const { method = 'GET', target = '/', version = '1.1', act = 'ok', connection = 'close' } = parts;
  const host = 'host' in parts ? parts.host : 'shop.example:8080';
  const lines = [
    `${method} ${target} HTTP/${version}`,
    ...(host === undefined ? [] : [`Host: ${host}`]),
    'X-Case: #',
    `X-Do: ${act}`,
    `Connection: ${connection}`,
    ...(parts.headers ?? []),
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${parts.body ?? ''}`).toString('latin1');
}

function sends(title: string, parts: RequestParts, spans = 1): ParityCase {
  return { title, exchange: { send: request(parts) }, spans };
}

const plainMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'TRACE', 'PATCH', 'QUERY'];
const otherMethods = [
  'PROPFIND',
  'PROPPATCH',
  'MKCOL',
  'LOCK',
  'PURGE',
  'REPORT',
  'SUBSCRIBE',
  'M-SEARCH',
  'LINK',
  'ACL',
];

const methods: readonly ParityCase[] = [
  ...[...plainMethods, ...otherMethods].map((method) => sends(`method ${method}`, { method, target: '/things' })),
  // Node's parser knows no other names, and none in lower case: no request, no span.
  ...['get', 'FOO', 'GETT'].map((method) => sends(`method ${method}, refused by the parser`, { method }, 0)),
];

const queries: readonly ParityCase[] = [
  '?',
  '?a=1',
  '?a=1&b=2',
  '?a',
  '?a&b',
  '?a=',
  '?=b',
  '?&',
  '?&&a=1&&',
  '??a=1',
  '?a=1?b=2',
  '?a=b=c',
  '?a+b=c+d',
  '?a=%20',
  '?a=%2B%2b',
  '?a=%zz',
  '?a=%',
  '?a=%E4%BD%A0',
  '?a=%ff%fe',
  '?quote="\'`<>',
  '?a[]=1&a[]=2',
  '?a=1#fragment',
  '?a=~!*()-._',
  '?sig=secret',
  '?Signature=secret&a=1',
  '?a=1&AWSAccessKeyId=secret',
  '?X-Goog-Signature=secret',
  '?sig=1&sig=2&sig=3',
  '?sig=',
  '?sig',
  '?a=1&sig=secret&b=2&Signature=x&AWSAccessKeyId=y&X-Goog-Signature=z',
  '?%73ig=secret',
  '?si%67=secret&sig=other',
  '?SIG=kept&signature=kept&awsaccesskeyid=kept',
  '?mysig=kept&sigx=kept&x.sig=kept',
  '?sig[]=kept',
  '?sig=a%26b%3Dc',
  '?redirect=%3Fsig%3Dsecret',
  '?+sig=kept',
  '?__proto__=1&constructor=2',
  `?long=${'x'.repeat(4000)}`,
].map((query) => sends(`query ${query.slice(0, 60)}`, { target: `/search${query}` }));

/** Stock encodes the semicolons, and finds no secret behind one. */
const semicolons: readonly ParityCase[] = (
  [
    ['semi;colon=1;b=2', 'semi;colon=1;b=2'],
    ['a=1&amp;sig=secret', 'a=1&amp;sig=REDACTED'],
    ['sig=secret;more&a=1;b=2', 'sig=REDACTED&a=1;b=2'],
  ] as const
).map(([sent, query]) => ({ ...sends(`query ?${sent}`, { target: `/search?${sent}` }), ours: { query } }));

/** Bytes above 0x7f in the request line are a 400 by Node's parser: no request, no span. */
const notAscii: readonly ParityCase[] = ['/ünï/日本', '/?name=日本語', '/\u0000'].map((target) =>
  sends(`target ${target}, refused by the parser`, { target }, 0),
);

const paths: readonly ParityCase[] = [
  '/plain/path.html',
  '/.',
  '/..',
  '/a/./b/../c',
  '/a/%2e/b/%2E%2e/c',
  '/a/.hidden',
  '/a/...',
  '/%2e%2e%2fetc',
  '//',
  '//other.example/path',
  '///three',
  '/a//b///c',
  '/back\\slash',
  '/a;b=1/c,d',
  '/space%20here',
  '/percent%',
  '/percent%zz',
  '/colon:8080/@at',
  '/curly{}|^`',
  '/quote"\'<>',
  '/a#fragment',
  '/a/#/b?c=1',
  '*',
  `/${'long/'.repeat(1200)}`,
  'http://absolute.example/abs?x=1',
  'http://absolute.example:81/abs/../dots?sig=secret',
  'https://user:password@absolute.example/with-login',
  'http://absolute.example',
].map((target) => sends(`target ${target.slice(0, 60)}`, { target, method: target === '*' ? 'OPTIONS' : 'GET' }));

const hosts: readonly ParityCase[] = [
  ...[
    'shop.example',
    'shop.example:80',
    'shop.example:443',
    'shop.example:0',
    'shop.example:99999',
    'shop.example:',
    'shop.example:http',
    'SHOP.Example:8080',
    '127.0.0.1',
    '127.0.0.1:3000',
    '[::1]',
    '[::1]:3000',
    '[2001:db8::1]:443',
    '::1',
    '[::1',
    'a b',
    'a/b',
    'a?b',
    'a@b',
    'a:b:c',
    '<script>',
    'münchen.example',
    '%41.example',
    '.',
    `${'h'.repeat(300)}.example`,
  ].map((host) => sends(`Host: ${host.slice(0, 40)}`, { host, target: '/h?a=1' })),
  sends('an empty Host', { host: '', target: '/h' }),
  sends('two Host headers', { headers: ['Host: second.example:1'], target: '/h' }),
  sends('no Host in HTTP/1.1, answered by Node', { host: undefined }, 0),
  sends('no Host in HTTP/1.0', { host: undefined, version: '1.0', target: '/old?a=1' }),
  sends('no Host and an absolute target in HTTP/1.0', {
    host: undefined,
    version: '1.0',
    target: 'http://x.example/y',
  }),
  sends('a Host in HTTP/1.0', { version: '1.0' }),
  sends('a bad Host and an absolute target', { host: 'a b', target: 'http://x.example/y' }),
];

/** Where stock's left-most name, or what it makes of it, is not the client that can be believed; the peer is 127.0.0.1, a trusted proxy. */
const believedClients: ReadonlyMap<string, string> = new Map([
  ['Forwarded: for=192.0.2.60;host=front.example:8443;proto=https', '192.0.2.60'],
  ['Forwarded: for=192.0.2.43, for=198.51.100.17', '198.51.100.17'],
  ['Forwarded: for=unknown', '127.0.0.1'],
  ['Forwarded: for=_hidden, for=_SEVKISEK', '127.0.0.1'],
  ['Forwarded: for=192.0.2.60;;', '192.0.2.60'],
  ['Forwarded: for=192.0.2.1 | Forwarded: for=192.0.2.2;host=second.example', '192.0.2.2'],
  ['Forwarded: for=192.0.2.1 | X-Forwarded-For: 198.51.100.1 | X-Forwarded-Host: other.example', '127.0.0.1'],
  ['Forwarded: broken | X-Forwarded-For: 198.51.100.1 | X-Forwarded-Host: other.example', '127.0.0.1'],
  ['X-Forwarded-For: 203.0.113.195, 70.41.3.18, 150.172.238.178', '150.172.238.178'],
  ['X-Forwarded-For: ::ffff:10.0.0.1', '10.0.0.1'],
  ['X-Forwarded-For: 1', '127.0.0.1'],
  ['X-Forwarded-For: 010.0.0.1', '127.0.0.1'],
  ['X-Forwarded-For: 256.1.1.1', '127.0.0.1'],
  ['X-Forwarded-For: unknown', '127.0.0.1'],
  ['X-Forwarded-For: not an address', '127.0.0.1'],
  ['X-Forwarded-For: UPPER.Example', '127.0.0.1'],
  ['X-Forwarded-For: ,', '127.0.0.1'],
  ['X-Forwarded-For: , 10.0.0.1', '10.0.0.1'],
  ['X-Forwarded-For: 10.0.0.1/path?x#y', '127.0.0.1'],
  ['X-Forwarded-For: user:pw@10.0.0.1', '127.0.0.1'],
]);

const forwarded: readonly ParityCase[] = [
  ['Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43'],
  ['Forwarded: for=192.0.2.60;host=front.example;proto=https'],
  ['Forwarded: for=192.0.2.60;host=front.example:8443;proto=https'],
  ['Forwarded: for="[2001:db8:cafe::17]:4711"'],
  ['Forwarded: for="[2001:db8:cafe::17]";host="[2001:db8::2]:99"'],
  ['Forwarded: for=192.0.2.43, for=198.51.100.17'],
  ['Forwarded: proto=https, for=198.51.100.17;host=second.example'],
  ['Forwarded: for=unknown'],
  ['Forwarded: for=_hidden, for=_SEVKISEK'],
  ['Forwarded: for="192.0.2.60:1234"'],
  ['Forwarded: host=only.example'],
  ['Forwarded: host=only.example;proto=ftp'],
  ['Forwarded: host=""'],
  ['Forwarded: for='],
  ['Forwarded: broken'],
  ['Forwarded: for=192.0.2.60;;'],
  ['Forwarded: for="unclosed'],
  ['Forwarded:'],
  ['Forwarded: __proto__=x;for=192.0.2.1'],
  ['Forwarded: for=192.0.2.1', 'Forwarded: for=192.0.2.2;host=second.example'],
  ['Forwarded: for=192.0.2.1', 'X-Forwarded-For: 198.51.100.1', 'X-Forwarded-Host: other.example'],
  ['Forwarded: broken', 'X-Forwarded-For: 198.51.100.1', 'X-Forwarded-Host: other.example'],
  ['X-Forwarded-For: 203.0.113.195'],
  ['X-Forwarded-For: 203.0.113.195, 70.41.3.18, 150.172.238.178'],
  ['X-Forwarded-For: 203.0.113.195:41237'],
  ['X-Forwarded-For: 2001:db8:85a3:8d3:1319:8a2e:370:7348'],
  ['X-Forwarded-For: [2001:db8::1]'],
  ['X-Forwarded-For: [2001:DB8::1]:8080'],
  ['X-Forwarded-For: ::ffff:10.0.0.1'],
  ['X-Forwarded-For: 1'],
  ['X-Forwarded-For: 010.0.0.1'],
  ['X-Forwarded-For: 0x7f.1'],
  ['X-Forwarded-For: 256.1.1.1'],
  ['X-Forwarded-For: unknown'],
  ['X-Forwarded-For: not an address'],
  ['X-Forwarded-For: UPPER.Example'],
  ['X-Forwarded-For:'],
  ['X-Forwarded-For: ,'],
  ['X-Forwarded-For: , 10.0.0.1'],
  ['X-Forwarded-For: 10.0.0.1/path?x#y'],
  ['X-Forwarded-For: user:pw@10.0.0.1'],
  ['X-Forwarded-For: 10.0.0.1', 'X-Forwarded-For: 10.0.0.2'],
  ['X-Forwarded-Host: front.example'],
  ['X-Forwarded-Host: front.example:8443', 'X-Forwarded-Proto: https'],
  ['X-Forwarded-Host: front.example', 'X-Forwarded-Proto: https'],
  ['X-Forwarded-Host: front.example', 'X-Forwarded-Proto: http'],
  ['X-Forwarded-Host: front.example', 'X-Forwarded-Proto: HTTPS'],
  ['X-Forwarded-Host: front.example', 'X-Forwarded-Proto: https, http'],
  ['X-Forwarded-Host: [2001:db8::1]', 'X-Forwarded-Proto: https'],
  ['X-Forwarded-Host: [2001:db8::1]:81'],
  ['X-Forwarded-Host: a.example, b.example:81'],
  ['X-Forwarded-Host:'],
  ['X-Forwarded-Host: one.example', 'X-Forwarded-Host: two.example'],
  ['X-Forwarded-Proto: https'],
  ['X-Forwarded-Port: 8443'],
  ['X-Real-IP: 10.9.8.7'],
].map((headers) => {
  const lines = headers.join(' | ');
  const client = believedClients.get(lines);
  return { ...sends(`forwarded by ${lines}`, { headers }), ...(client === undefined ? {} : { ours: { client } }) };
});

const statusCodes = [
  200, 201, 204, 301, 304, 400, 401, 404, 418, 429, 451, 499, 500, 501, 503, 599, 600, 999, 100, 199,
];
const statuses: readonly ParityCase[] = [
  ...statusCodes.map((code) => sends(`status ${code}`, { act: 'status', headers: [`X-Status: ${code}`] })),
  ...[200, 404, 500, 555].map((code) =>
    sends(`writeHead(${code}, reason, headers)`, { act: 'writeHead', headers: [`X-Status: ${code}`] }),
  ),
];

function hangsUp(title: string, act: string, headers: readonly string[] = []): ParityCase {
  const send = request({ act, headers, connection: 'keep-alive' });
  return { title, exchange: { send, hangUpAfter: (received) => received.length > 0 } };
}

/** Those that leave the client without an answer, or fail behind it, are in parity-differences.test.ts. */
const endings: readonly ParityCase[] = [
  sends('error after the answer', { act: 'throwLate' }),
  hangsUp('client gone after the head', 'hangAfterHead'),
];

const bodies: readonly ParityCase[] = [
  sends('chunked response', { act: 'chunks' }),
  sends('chunked response to HTTP/1.0', { act: 'chunks', version: '1.0' }),
  sends('chunked response to HEAD', { act: 'chunks', method: 'HEAD' }),
  sends('response with trailers', { act: 'trailers' }),
  sends('request body with a length', {
    act: 'body',
    method: 'POST',
    headers: ['Content-Length: 5', 'Content-Type: text/plain'],
    body: 'hello',
  }),
  sends('chunked request body', {
    act: 'body',
    method: 'PUT',
    headers: ['Transfer-Encoding: chunked'],
    body: '3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n',
  }),
  sends('body that is not read', { method: 'POST', headers: ['Content-Length: 5'], body: 'hello' }),
  // The request was entered before the parser found the fault: a span, ended when the connection is.
  {
    title: 'Expect: 100-continue',
    exchange: {
      send: request({ act: 'body', method: 'POST', headers: ['Content-Length: 5', 'Expect: 100-continue'] }),
      followUp: { after: (received) => received.includes('100 Continue'), send: 'hello' },
    },
  },
  sends('Expect: something else, answered by Node', { headers: ['Expect: something else'] }, 0),
  sends('early hints', { act: 'hints' }),
];

const connections: readonly ParityCase[] = [
  {
    title: 'two requests on one connection, one after the other',
    exchange: {
      send: request({ target: '/first', connection: 'keep-alive' }),
      followUp: { after: (received) => received.endsWith('ok'), send: request({ target: '/second?b=2' }) },
    },
    spans: 2,
  },
  {
    title: 'three requests pipelined, the first of them slow',
    exchange: {
      send: [
        request({ target: '/one', act: 'chunks', connection: 'keep-alive' }),
        request({ target: '/two', method: 'POST', connection: 'keep-alive', headers: ['Content-Length: 0'] }),
        request({ target: '/three?c=3', act: 'status', headers: ['X-Status: 502'] }),
      ].join(''),
    },
    spans: 3,
  },
  {
    title: 'a good request and garbage, pipelined',
    exchange: { send: `${request({ target: '/good', connection: 'keep-alive' })}garbage\r\n\r\n` },
  },
];

const agents: readonly ParityCase[] = [
  ['User-Agent: curl/8.5.0'],
  ['User-Agent:'],
  ['User-Agent: Googlebot/2.1 (+http://www.google.com/bot.html)'],
  ['User-Agent: first', 'User-Agent: second'],
  ['User-Agent: tëst 日本'],
  [`User-Agent: ${'long '.repeat(500)}`],
].map((headers) => sends(`agent ${headers.join(' | ').slice(0, 60)}`, { headers }));

const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331';
const parents: readonly ParityCase[] = [
  [`traceparent: ${traceparent}-01`],
  [`traceparent: ${traceparent}-01`, 'tracestate: vendor=value,other=1'],
  ['traceparent: 00-00000000000000000000000000000000-b7ad6b7169203331-01'],
  ['traceparent: broken'],
  ['baggage: tenant=a', `traceparent: ${traceparent}-01`],
  ['X-Request-ID: 3f2504e0-4f89-41d3-9a0c-0305e82c3301'],
].map((headers) => sends(`parent by ${headers.join(' | ')}`, { headers }));

/** With the random flag of W3C Trace Context level 2, which stock does not know. */
const randomParent: ParityCase = {
  ...sends('parent by a traceparent with the random flag', { headers: [`traceparent: ${traceparent}-03`] }),
  ours: { flags: 0x303 },
};

const routes: readonly ParityCase[] = [
  sends('a route', { act: 'route', headers: ['X-Route: /items/:id'], target: '/items/7' }),
  sends('an empty route', { act: 'route', headers: ['X-Route:'], target: '/items/7' }),
  sends('a route that becomes known when the response is finished', { act: 'lateRoute' }),
  sends('a route of an odd method', { act: 'route', headers: ['X-Route: /dav'], method: 'PROPFIND' }),
  sends('a span of the application inside', { act: 'ownSpan' }, 2),
];

/** A handler that throws leaves its client waiting, so the client hangs up when it hears that the handler was reached. */
const throwing: readonly ParityCase[] = [
  hangsUp('handler throws a TypeError', 'throw'),
  hangsUp('handler throws an error with a name of its own', 'throwCustom'),
  // ERR_HTTP_INVALID_STATUS_CODE, thrown by Node in the handler.
  ...[0, 99, 1000].map((code) => hangsUp(`status ${code}, which Node refuses`, 'refusedStatus', [`X-Status: ${code}`])),
];

const tlsCases: readonly ParityCase[] = [
  sends('https', { target: '/tls?sig=secret', host: 'shop.example' }),
  sends('https with a port', { host: 'shop.example:8443' }),
  sends('https forwarded', { headers: ['X-Forwarded-Host: front.example', 'X-Forwarded-For: 10.1.1.1'] }),
  sends('https without Host', { host: undefined, version: '1.0' }),
  sends('https with an IPv6 Host', { host: '[::1]' }),
  sends('https, 500', { act: 'status', headers: ['X-Status: 500'] }),
].map((each) => ({ ...each, exchange: { ...each.exchange, isTls: true } }));

export const parityCases: readonly ParityCase[] = [
  ...methods,
  ...queries,
  ...semicolons,
  ...notAscii,
  ...paths,
  ...hosts,
  ...forwarded,
  ...statuses,
  ...throwing,
  ...endings,
  ...bodies,
  ...connections,
  ...agents,
  ...parents,
  randomParent,
  ...routes,
  ...tlsCases,
];
