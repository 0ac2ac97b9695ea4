/** Buffers and typed arrays as fields: short ones as pino writes them, long ones cut with a mark, wherever they are. */
import { expect, test } from 'vitest';

import { LineFields } from '../../src/logs/line-fields.ts';
import { Redaction } from '../../src/logs/redaction.ts';

const fields = new LineFields(new Redaction(['password']), 1_048_576);
const field = (value: unknown): unknown => JSON.parse(`{${fields.field('v', value).slice(1)}}`).v;

test.each([
  ['a Buffer', Buffer.alloc(1024, 7)],
  ['a typed array', new Float64Array([1.5, -2])],
  ['an empty one', new Uint8Array()],
])('%s of up to 1,024 bytes is written as JSON.stringify does', (_name, value) => {
  expect(field(value)).toEqual(JSON.parse(JSON.stringify(value)));
});

test.each([
  ['[Buffer, 1025 bytes: ', Buffer.alloc(1025, 7)],
  ['[Uint8Array, 1048576 bytes: ', new Uint8Array(1_048_576).fill(7)],
  ['[BigInt64Array, 8000 bytes: ', new BigInt64Array(1000).fill(0x0707070707070707n)],
  ['[DataView, 2000 bytes: ', new DataView(new Uint8Array(2000).fill(7).buffer)],
])('%s… a longer one is told by its type, length and first 32 bytes', (beginning, value) => {
  expect(field(value)).toBe(`${beginning}${'07'.repeat(32)}…]`);
});

test('a part of a larger buffer is told by its own bytes', () => {
  const whole = Buffer.alloc(4096, 1).fill(7, 1000, 3000);
  expect(field(whole.subarray(1000, 3000))).toBe(`[Buffer, 2000 bytes: ${'07'.repeat(32)}…]`);
});

test('within an object it is cut too, and everything beside it is as JSON.stringify has it', () => {
  const when = new Date(0);
  const file = { name: 'a.png', password: 'p', body: [Buffer.alloc(3000, 7), new Uint8Array(2)], when };
  expect(field({ file })).toEqual({
    file: {
      name: 'a.png',
      password: '[Redacted]',
      body: [`[Buffer, 3000 bytes: ${'07'.repeat(32)}…]`, { 0: 0, 1: 0 }],
      when: when.toISOString(),
    },
  });
});

test('what only looks like one, a Proxy of it, throws nothing', () => {
  const proxy = new Proxy(Buffer.alloc(3000, 7), {});
  expect(() => fields.field('v', proxy)).not.toThrow();
});
