import { expect, test } from 'vitest';
import { attributeGroups, valueText } from '../../../collector/view/web/attribute-groups.ts';
import { looksLikeId } from '../../../collector/view/web/ids.ts';
import { addressOf, routeFor, traceAddress } from '../../../collector/view/web/routes.ts';
import { severityClass, severityName } from '../../../collector/view/web/severity.ts';
import { cut, plainVisible, textParts } from '../../../collector/view/web/visible-text.ts';

test.each([
  ['plain', 'plain'],
  ['a\u0000b', 'a<NUL>b'],
  ['a\u202Eb\u2066', 'a<U+202E>b<U+2066>'],
  ['\u001B[31mred', '<ESC>[31mred'],
  ['\u200B\uFEFF\u00AD', '<U+200B><U+FEFF><U+00AD>'],
  ['\u{E0041}', '<U+E0041>'],
  ['\uD800x', '<U+D800>x'],
  ['line\nnext', 'line<LF>next'],
  ['grüße 😀 שלום', 'grüße 😀 שלום'],
])('hidden characters of %j are spelt out', (text, shown) => {
  expect(plainVisible(text)).toBe(shown);
});

test('in a value of many lines only line feeds and tabs stay', () => {
  expect(textParts('a\n\tb\r', true)).toEqual([
    { text: 'a\n\tb', isHidden: false },
    { text: 'CR', isHidden: true },
  ]);
});

test('a cut never splits a pair of surrogates', () => {
  expect([cut('ab😀', 3), cut('ab😀', 4), cut('ab', 9)]).toEqual(['ab', 'ab😀', 'ab']);
});

test.each([
  ['/', '', { page: 'requests', onlyErrors: false }],
  ['/', '?service=shop&errors=1', { page: 'requests', onlyErrors: true, service: 'shop' }],
  ['/', '?q=a+b', { page: 'requests', onlyErrors: false, text: 'a b' }],
  ['/r/a%2Fb=', '', { page: 'request', requestId: 'a/b=' }],
  [
    `/t/${'AB'.repeat(16)}`,
    '?span=00000000000000ab',
    { page: 'trace', traceId: 'ab'.repeat(16), spanId: '00000000000000ab' },
  ],
  [`/t/${'ab'.repeat(16)}`, '?span=nonsense', { page: 'trace', traceId: 'ab'.repeat(16) }],
])('the address %s%s and its page lead to each other', (path, search, route) => {
  const found = routeFor(path, search);
  expect(found).toEqual(route);
  const [again = '', query = ''] = addressOf(found).split('?');
  expect(routeFor(again, query)).toEqual(route);
});

test.each(['/r/', '/r/<script>', '/r/%', '/r/a%20b', `/r/${'x'.repeat(129)}`, '/t/123', `/t/${'0'.repeat(32)}`, '/x'])(
  'the address %s is no page',
  (path) => {
    expect(routeFor(path, '')).toEqual({ page: 'unknown', path });
  },
);

test('only valid ids get into a link', () => {
  const traceId = 'ab'.repeat(16);
  expect(traceAddress({ traceId, requestId: 'req-1', spanId: 'ef'.repeat(8) })).toBe(`/r/req-1?span=${'ef'.repeat(8)}`);
  expect(traceAddress({ traceId, requestId: 'no good', spanId: '../x' })).toBe(`/t/${traceId}`);
  expect(traceAddress({ traceId: 'javascript:alert(1)' })).toBeUndefined();
});

test.each([
  ['0198f0a2-1111-7abc-8def-0123456789ab', true],
  ['0123456789abcdef0123456789abcdef', true],
  ['req_2026_11_23_0001', true],
  ['timeout', false],
  ['card declined 42', false],
  ['/checkout/items/123', false],
])('%s is meant as an id: %s', (text, isId) => {
  expect(looksLikeId(text)).toBe(isId);
});

test('attributes are grouped in a fixed order, values are text', () => {
  const groups = attributeGroups({
    'shop.sku': 'a',
    'server.port': 80,
    'url.path': '/',
    'reqlens.request.id': 'r',
    'http.route': '/',
  });
  expect(groups.map(({ title, entries }) => [title, entries.map(([key]) => key)])).toEqual([
    ['reqlens', ['reqlens.request.id']],
    ['HTTP', ['url.path', 'http.route']],
    ['Network', ['server.port']],
    ['Other', ['shop.sku']],
  ]);
  expect([valueText('x'), valueText(1.5), valueText(false), valueText({ a: ['b'] })]).toEqual([
    'x',
    '1.5',
    'false',
    '{\n "a": [\n  "b"\n ]\n}',
  ]);
});

test('severities have a class and a word', () => {
  expect([0, 1, 8, 9, 16, 17, 24, 25, -3].map(severityClass)).toEqual([
    'is-unknown',
    'is-trace',
    'is-debug',
    'is-info',
    'is-warn',
    'is-error',
    'is-fatal',
    'is-unknown',
    'is-unknown',
  ]);
  expect(severityName({ severityNumber: 13, severityText: '' })).toBe('WARN');
  expect(severityName({ severityNumber: 13, severityText: 'Notice' })).toBe('NOTICE');
  expect(severityName({ severityNumber: 0, severityText: '' })).toBe('–');
});
