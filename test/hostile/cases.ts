/** What an attacker, or a broken proxy, puts into the head of a request. */

export interface HostileCase {
  readonly title: string;
  /** One character per byte. */
  readonly send: string;
  /** The id comes back as it was sent when its sender is trusted: odd to look at, but within the allowed characters. */
  readonly acceptedId?: string;
  /** A parser that lets the request in sees an id in it that must be refused. */
  readonly hasBadId?: boolean;
}

/** In every hostile value; must be in no answer. */
export const marker = 'h0st1le';

const uuid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

function utf8(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function withHeaders(...lines: readonly string[]): string {
  return `GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function shown(value: string): string {
  return JSON.stringify(value.length > 60 ? `${value.slice(0, 50)}... (${value.length} bytes)` : value);
}

/** Control characters: all of ASCII's, and DEL. Tab is the one that a header value may have. */
const controls = [...Array.from({ length: 32 }, (_, code) => code), 0x7f].map((code) => String.fromCodePoint(code));

const badIds = [
  ...controls.map((control) => `${marker}${control}${marker}`),
  `${marker}<\r\nX-Injected: ${marker}`,
  `${marker}<\r\n\r\n<html>${marker}`,
  `${marker}<\nSet-Cookie: ${marker}=1`,
  `${marker}%0d%0aSet-Cookie: ${marker}`,
  `${marker}%00`,
  `${marker}\\r\\nX: 1`,
  `<script>alert('${marker}')</script>`,
  `"><img src=x onerror=${marker}>`,
  `'; DROP TABLE spans; -- ${marker}`,
  `\${jndi:ldap://${marker}/a}`,
  `\${\${lower:j}ndi:${marker}}`,
  `{{7*7}}${marker}`,
  `$(${marker})`,
  `\`${marker}\``,
  `${marker};id|cat`,
  `${marker} ${marker}`,
  `${marker}\t${marker}`,
  `${marker},${marker}`,
  `"${marker}"`,
  `%s%n%x${marker}`,
  `..\\..\\${marker}`,
  `[31m${marker}`,
  `\u009b31m${marker}`,
  utf8(`${marker}ünï`),
  utf8(`${marker}日本語`),
  utf8(`${marker}😀`),
  utf8(`${marker}\u2028x`),
  utf8(`${marker}\u202egnp.exe`),
  utf8(`\ufeff${marker}`),
  utf8(`${marker}\u0130\u212a`),
  `${marker}\xc0\xaf`,
  `${marker}\xe0\x80\xaf`,
  `${marker}\xf0\x80\x80\xaf`,
  `${marker}\xed\xa0\x80`,
  `${marker}\xff\xfe`,
  `${marker}\x80`,
  `${marker}\xc2`,
  `${marker}${'a'.repeat(122)}`,
  `${marker}${'a'.repeat(8000)}`,
  `${marker}${'a'.repeat(65_536)}`,
  `{"id":"${marker}"}`,
  `${uuid}#${marker}`,
  `${uuid}?${marker}`,
  `${uuid}&${marker}`,
  `${uuid}~${marker}`,
  `${uuid}!${marker}`,
  `${uuid}*${marker}`,
  `${uuid}^${marker}`,
  `(${marker})`,
];

/** Within the allowed characters, whatever they remind one of. */
const goodIds = [
  '../../../../etc/passwd',
  '/etc/passwd',
  '//evil.example/x',
  'http://evil.example:80/',
  '__proto__',
  'constructor',
  'prototype.__proto__',
  'toString',
  'hasOwnProperty',
  'undefined',
  'null',
  'NaN',
  'true',
  '0',
  '-1',
  '--help',
  '-',
  '.',
  '..',
  '=cmd',
  '+1+1',
  '@SUM',
  'data:text/html',
  'a'.repeat(128),
  '0'.repeat(32),
  '00000000-0000-0000-0000-000000000000',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  'F'.repeat(32),
  'CON',
  'Infinity',
  '1e309',
];

const requestIds: readonly HostileCase[] = [
  ...badIds.map((id) => ({ title: `id ${shown(id)}`, send: withHeaders(`X-Request-ID: ${id}`), hasBadId: true })),
  ...goodIds.map((id) => ({ title: `id ${shown(id)}`, send: withHeaders(`X-Request-ID: ${id}`), acceptedId: id })),
  { title: 'an empty id', send: withHeaders('X-Request-ID:'), hasBadId: true },
  { title: 'an id of blanks', send: withHeaders('X-Request-ID:   \t '), hasBadId: true },
  { title: 'blanks around an id', send: withHeaders('X-Request-ID: \t  fine \t'), acceptedId: 'fine' },
  { title: 'two ids', send: withHeaders(`X-Request-ID: ${marker}1`, `X-Request-ID: ${marker}2`), hasBadId: true },
  { title: 'one id twice', send: withHeaders(`X-Request-ID: ${marker}`, `x-request-id: ${marker}`), hasBadId: true },
  {
    title: 'a thousand ids',
    send: withHeaders(...Array.from({ length: 500 }, () => `X-Request-ID: ${marker}`)),
    hasBadId: true,
  },
];

const badTraceparents = [
  '',
  ' ',
  marker,
  '00',
  '00-',
  '00--',
  '---',
  '00---01',
  `00-${traceId}`,
  `00-${traceId}-`,
  `00-${traceId}-${spanId}`,
  `00-${traceId}-${spanId}-`,
  `00-${traceId}-${spanId}-0`,
  `00-${traceId}-${spanId}-001`,
  `00-${traceId}-${spanId}-0g`,
  `00-${traceId}-${spanId}-zz`,
  `00-${traceId}-${spanId}-01-${marker}`,
  `00-${traceId}-${spanId}-01-`,
  `00-${'0'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'0'.repeat(16)}-01`,
  `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
  `ff-${traceId}-${spanId}-01`,
  `FF-${traceId}-${spanId}-01`,
  `0-${traceId}-${spanId}-01`,
  `000-${traceId}-${spanId}-01`,
  `gg-${traceId}-${spanId}-01`,
  `-1-${traceId}-${spanId}-01`,
  `00-${traceId.slice(1)}-${spanId}-01`,
  `00-${traceId}a-${spanId}-01`,
  `00-${traceId}-${spanId.slice(1)}-01`,
  `00-${traceId}-${spanId}a-01`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${traceId}-${spanId.toUpperCase()}-01`,
  `00-${'g'.repeat(32)}-${spanId}-01`,
  `00-${traceId}-${'x'.repeat(16)}-01`,
  `00_${traceId}_${spanId}_01`,
  `00 ${traceId} ${spanId} 01`,
  `"00-${traceId}-${spanId}-01"`,
  `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`,
  `00-${traceId}-${spanId}-01;${marker}`,
  `00-${traceId}-${spanId}-01 ${marker}`,
  `00-${uuid}-${spanId}-01`,
  `00-${marker}-${marker}-01`,
  `00-${'0'.repeat(31)}\u0661-${spanId}-01`,
  `00-${'a'.repeat(60_000)}-${spanId}-01`,
  '__proto__',
  'constructor',
  `<script>${marker}</script>`,
  `\${jndi:ldap://${marker}}`,
  `00-${traceId}\x00-${spanId}-01`,
  `00-${traceId}\r\n ${spanId}-01`,
];

const good = `traceparent: 00-${traceId}-${spanId}-01`;
const traces: readonly HostileCase[] = [
  ...badTraceparents.map((value) => ({
    title: `traceparent ${shown(value)}`,
    send: withHeaders(`traceparent: ${utf8(value)}`, `tracestate: ${marker}=1`),
  })),
  ...[
    ['two traceparents', [good, good]],
    ['a later version', [`traceparent: cc-${traceId}-${spanId}-01-what-comes-after`]],
    ['flags ff', [`traceparent: 00-${traceId}-${spanId}-ff`]],
    ['a huge tracestate', [good, `tracestate: ${marker}=${'x'.repeat(7000)}`]],
    [
      'a tracestate of 500 members',
      [good, `tracestate: ${Array.from({ length: 500 }, (_, n) => `k${n}=${marker}`).join()}`],
    ],
    ['a tracestate of junk', [good, `tracestate: ${marker},,==,=,a=,=b,${marker}=\x80,<b>=1`]],
    ['a tracestate twice', [good, `tracestate: a=${marker}`, `tracestate: a=${marker}2`]],
    ['a tracestate named __proto__', [good, `tracestate: __proto__=${marker},constructor=${marker}`]],
    ['a tracestate without traceparent', [`tracestate: a=${marker}`]],
    ['a huge baggage', [good, `baggage: ${marker}=${'x'.repeat(8192)}`]],
    ['a baggage of 300 members', [good, `baggage: ${Array.from({ length: 300 }, (_, n) => `k${n}=${marker}`).join()}`]],
    ['a baggage of junk', [good, `baggage: ,;=,${marker},a=%zz,a=%,=;=,<b>=${marker};p;q=;=r`]],
    ['a baggage named __proto__', [good, `baggage: __proto__=${marker},constructor=${marker},toString=1`]],
    ['a baggage with encoded CRLF', [good, `baggage: a=${marker}%0d%0aX-Injected:1`]],
    ['a baggage without traceparent', [`baggage: a=${marker}`]],
    ['b3, single', [`b3: ${traceId}-${spanId}-1-${marker}`]],
    ['b3 of zeros', [`b3: ${'0'.repeat(32)}-${'0'.repeat(16)}-1`]],
    ['b3 of junk', [`b3: ${marker}`, `X-B3-TraceId: ${marker}`, `X-B3-SpanId: ${marker}`, 'X-B3-Sampled: maybe']],
    ['other vendors', [`uber-trace-id: ${marker}`, `x-datadog-trace-id: ${marker}`, `X-Amzn-Trace-Id: Root=${marker}`]],
    ['grpc-trace-bin', [`grpc-trace-bin: ${marker}`]],
    ['a forged id and a forged parent', [`X-Request-ID: ${marker}<`, `traceparent: ${marker}`]],
  ].map(([title, lines]) => ({ title: String(title), send: withHeaders(...[lines ?? []].flat()) })),
];

const names: readonly HostileCase[] = [
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    'hasOwnProperty',
    'valueOf',
    '__defineGetter__',
    'headers',
    'then',
  ].map((name) => ({ title: `a header named ${name}`, send: withHeaders(`${name}: ${marker}`) })),
  ...[
    `X-Request-ID : ${marker}`,
    ` X-Request-ID: ${marker}`,
    `X-Request-ID\t: ${marker}`,
    `X Request ID: ${marker}`,
    `X-Request-ID${marker}`,
    `: ${marker}`,
    `:${marker}`,
    `X-Request-ID\x00: ${marker}`,
    `X-Request-ID\r: ${marker}`,
    `X-Request-ID:\x00${marker}`,
    `X-Request-ID: a\r\n ${marker}`,
    `X-Request-ID: a\r\n\t${marker}`,
    `X-Request-ID:\r\n ${marker}`,
    `X-Request-ID: a\r${marker}`,
    `X-Request-ID: a\n${marker}: 1`,
    utf8(`X-Requést-ID: ${marker}`),
    utf8(`X‐Request‐ID: ${marker}`),
    `X-Request-ID\xad: ${marker}`,
    `(X-Request-ID): ${marker}`,
    `"X-Request-ID": ${marker}`,
    `${'x'.repeat(70_000)}: ${marker}`,
    `Transfer-Encoding: ${marker}`,
    `Transfer-Encoding: chunked, ${marker}`,
    `Content-Length: ${marker}`,
    'Content-Length: -1',
    'Content-Length: 99999999999999999999',
    `Content-Length: 0\r\nContent-Length: 1\r\nX: ${marker}`,
    `Content-Length: 5\r\nTransfer-Encoding: chunked\r\nX: ${marker}`,
    `Expect: ${marker}`,
    `Connection: ${marker}, X-Request-ID`,
    `Upgrade: ${marker}`,
    `Upgrade: h2c\r\nConnection: Upgrade\r\nHTTP2-Settings: ${marker}`,
    `Trailer: X-Request-ID\r\nX: ${marker}`,
  ].map((line) => ({ title: `the line ${shown(line)}`, send: withHeaders(line) })),
  { title: 'X_Request_ID', send: withHeaders(`X_Request_ID: ${marker}`) },
  { title: 'X-REQUEST-ID', send: withHeaders(`X-REQUEST-ID: ${marker}<`), hasBadId: true },
  { title: '1,500 headers', send: withHeaders(...Array.from({ length: 1500 }, (_, n) => `x${n}: 1`), `X: ${marker}`) },
  { title: '2,500 headers', send: withHeaders(...Array.from({ length: 2500 }, (_, n) => `x${n}: 1`), `X: ${marker}`) },
  {
    title: 'an id behind 2,000 headers, which Node cuts off',
    send: withHeaders(...Array.from({ length: 2100 }, () => 'a: 1'), `X-Request-ID: ${marker}<`),
  },
];

const recorded: readonly HostileCase[] = [
  ...[
    'Host',
    'User-Agent',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'Origin',
    'Referer',
  ].flatMap((name) =>
    [
      `${marker}\x80\xff<b>`,
      `\${jndi:${marker}}`,
      `${marker}"';--`,
      `__proto__=${marker}`,
      `${marker}${'x'.repeat(9000)}`,
      `${marker}\x1b[31m`,
    ].map((value) => ({ title: `${name}: ${shown(value)}`, send: withHeaders(`${name}: ${value}`) })),
  ),
  ...[
    `GET /${marker}\r\nX: 1 HTTP/1.1`,
    `GET /${marker}%0d%0aX:1?__proto__=1 HTTP/1.1`,
    `GET /${marker}\x00 HTTP/1.1`,
    `GET /${marker}\xc0\xaf HTTP/1.1`,
    `GET http://${marker}\\@x/ HTTP/1.1`,
    `GET ?${marker} HTTP/1.1`,
    `GET //${marker}:99999/ HTTP/1.1`,
    `GET /${marker}${'a'.repeat(70_000)} HTTP/1.1`,
    `${marker} / HTTP/1.1`,
    `GET / HTTP/9.9`,
    `GET / HTTP/0.9`,
    `GET /${marker}`,
    `\x16\x03\x01${marker}`,
    'PRI * HTTP/2.0',
  ].map((line) => ({
    title: `the request line ${shown(line)}`,
    send: `${line}\r\nHost: a\r\nConnection: close\r\n\r\n`,
  })),
  ...[
    marker,
    `x-request-id,${marker}`,
    `x-request-id\x80${marker}`,
    `*, ${marker}`,
    `${marker},`.repeat(900),
    '__proto__,x-request-id',
  ].map((asked) => ({
    title: `a preflight that asks for ${shown(asked)}`,
    send: withHeaders(
      `Origin: https://${marker}`,
      'Access-Control-Request-Method: PUT',
      `Access-Control-Request-Headers: ${asked}`,
    ).replace('GET', 'OPTIONS'),
  })),
];

/** Chains of hops that are no chains, or end where their sender would like. */
const chains: readonly HostileCase[] = [
  ',',
  ', , ,',
  `,${marker}`,
  `10.0.0.1,${marker}`,
  `${marker},10.0.0.1`,
  '10.0.0.1,'.repeat(1200),
  `${','.repeat(9000)}${marker}`,
  `${' '.repeat(9000)}${marker}`,
  `"10.0.0.1`,
  `"${marker}\\"`,
  `[::1%${marker}]:80`,
  `[${'1:'.repeat(2000)}]`,
  '::ffff:10.0.0.1',
  '10.0.0.1:99999999999999999999',
  'unknown',
  `_${marker}`,
  'unix:',
  `for=${marker}`,
  'for="10.0.0.1',
  `for=10.0.0.1;for=${marker}`,
  `for=10.0.0.1;by="${marker}\\"";;;`,
  'for=a;'.repeat(1500),
  `for="${'\\"'.repeat(4000)}"`,
  `__proto__=${marker};for=__proto__`,
].flatMap((chain) =>
  ['Forwarded', 'X-Forwarded-For'].map((name) => ({
    title: `the chain ${name}: ${shown(chain)}`,
    send: withHeaders(`${name}: ${chain}`, 'traceparent: junk'),
  })),
);

export const hostileCases: readonly HostileCase[] = [...requestIds, ...traces, ...names, ...recorded, ...chains];
