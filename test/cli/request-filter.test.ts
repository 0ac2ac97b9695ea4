/** Which lines belong to a request. */
import { expect, test } from 'vitest';

import { requestFilter } from '../../src/cli/request-filter.ts';

const uuid = '01a20a44-8873-75c0-87dc-14ac521f88e8';
const hex = '01a20a44887375c087dc14ac521f88e8';
const head = '2026-11-23T21:17:02.117Z - INFO -';

const json = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ level: 'info', ...fields });

test.each([
  ['its request id', uuid, json({ request_id: uuid })],
  ['its request id as 32 digits', hex, json({ request_id: uuid })],
  ['its trace id as a UUID', uuid, json({ trace_id: hex })],
  ['its trace id in upper case', hex.toUpperCase(), json({ request_id: 'order-7', trace_id: hex })],
  ['any other id', 'order-7', json({ request_id: 'order-7', trace_id: hex })],
  ['any other id, escaped in JSON', 'a/b"c', json({ request_id: 'a/b"c' }).replace('/', String.raw`\/`)],
  ['the request id of a text line', uuid, `${head} published postId=7 logger=a request_id=${uuid} trace_id=${hex}`],
  ['the trace id of a text line', hex, `${head} published request_id=order-7 trace_id=${hex}`],
  ['a quoted id', 'order 7', `${head} published request_id="order 7" trace_id=${hex}`],
  ['an id before values with blanks and quotes', 'order-7', `${head} x request_id=order-7 note="say \\"a=b\\" now"`],
  [
    'an id after a message that names another',
    'order-7',
    `${head} of request_id=other request_id=order-7 trace_id=${hex}`,
  ],
  ['an id after a message with a quote', 'order-7', `${head} he said a="b request_id=order-7 note="x y"`],
  [
    'its own id before a quoted value that names another',
    'order-7',
    `${head} x request_id=order-7 note="for request_id=other"`,
  ],
])('a line is found by %s', (_, id, line) => {
  expect(requestFilter(id)(line)).toBe(true);
});

test.each([
  ['names the id in its message', 'order-7', json({ request_id: 'other', msg: 'request_id order-7' })],
  ['has it in a field below', 'order-7', json({ request_id: 'other', cause: { request_id: 'order-7' } })],
  ['has it in another field', 'order-7', json({ request_id: 'other', order: 'order-7' })],
  ['has a longer id', 'order-7', json({ request_id: 'order-77' })],
  ['has it in other letters', 'Order-7', json({ request_id: 'order-7' })],
  ['has it as a number', '7', json({ request_id: 7 })],
  ['is cut', 'order-7', '{"level":"info","request_id":"order-7","msg":"publ'],
  ['names it in a text message', 'order-7', `${head} retry of request_id=order-7 now request_id=other trace_id=${hex}`],
  [
    'names it last in a text message',
    'other-7',
    `${head} retry of request_id=other-7 request_id=order-7 trace_id=${hex}`,
  ],
  ['names it in a text message without ids', 'order-7', `${head} retry of request_id=order-7 failed`],
  ['ends its message with it', 'order-7', `${head} retry of request_id=order-7 logger=a request_id=- trace_id=-`],
  ['has none', '-', `${head} started logger=a request_id=- trace_id=-`],
  ['has it in a quoted value', 'order-7', `${head} x request_id=other note="for request_id=order-7"`],
  ['has it under a longer key', 'order-7', `${head} x parent_request_id=order-7 request_id=other`],
  ['has no id', 'order-7', 'order-7'],
])('a line that %s is not found', (_, id, line) => {
  expect(requestFilter(id)(line)).toBe(false);
});

test('a long line of quotes and pairs is decided at once', () => {
  const line = `${head} ${' request_id="x" a="'.repeat(20_000)} end`;
  expect(requestFilter('order-7')(line)).toBe(false);
});
