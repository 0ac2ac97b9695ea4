/** Everything that telemetry can hold, at random; and what the SDK has to say meanwhile. */
import { createTraceState, diag, DiagLogLevel } from '@opentelemetry/api';
import type { Attributes, SpanContext } from '@opentelemetry/api';

import type { Random } from './random.ts';

export const texts: readonly string[] = [
  '',
  'GET',
  'a name with spaces',
  'é',
  '€',
  '😀',
  'x😀',
  '\uD800',
  'before\uDC00after',
  '\uDC00\uD800',
  'high \uD83D and €',
  '\u0000\u007F\u0080\u07FF\u0800\uFFFF',
  'n'.repeat(15),
  'n'.repeat(16),
  'n'.repeat(17),
  `${'n'.repeat(15)}é`,
  `${'n'.repeat(30)}é`,
  'u'.repeat(95),
  'u'.repeat(110),
  'u'.repeat(126),
  'u'.repeat(127),
  'u'.repeat(128),
  'é'.repeat(60),
  'é'.repeat(64),
  '€'.repeat(43),
  '😀'.repeat(32),
  'l'.repeat(5000),
  'é'.repeat(6000),
  'l'.repeat(16_383),
  'l'.repeat(16_384),
  '\uD800'.repeat(9000),
];

export const numbers: readonly number[] = [
  0, -0, 1, -1, 127, 128, 16_383, 16_384, 2 ** 21, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1,
  2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 60, 2 ** 63, 2 ** 63 - 1024, 2 ** 64, -(2 ** 31), -(2 ** 32), -(2 ** 32) - 1,
  -(2 ** 53), -(2 ** 63), -(2 ** 63) - 2048, 0.5, -0.5, 1e21, 1.5e300, 5e-324, Number.NaN, Infinity, -Infinity,
]; // prettier-ignore

const keys: readonly string[] = [
  'k',
  'url.path',
  'http.request.header.x-request-id',
  'schlüssel',
  '😀',
  '\uD800',
  'k'.repeat(99),
  'k'.repeat(100),
  'k'.repeat(101),
  'k'.repeat(124),
  'k'.repeat(300),
  '__proto__x',
  '7',
];

/** What any attribute may be set to; the SDK refuses some, others go through. */
export function value({ pick, list, integer }: Random, depth = 0): unknown {
  const kinds: readonly (() => unknown)[] = [
    () => pick(texts),
    () => pick(texts),
    () => pick(numbers),
    () => integer(2) === 0,
    () => list(4, () => pick(texts)),
    () => list(4, () => pick(numbers)),
    () => list(4, () => integer(2) === 0),
    () => list(4, () => pick(['a', undefined, null])),
    // oxlint-disable-next-line no-sparse-arrays -- a hole is what this is about
    () => [1, , 3],
    () => list(4, () => (depth < 3 ? value({ pick, list, integer }, depth + 1) : 'deep')),
    () => new Uint8Array(list(200, () => integer(256))),
    () => Buffer.from(pick(texts)),
    () => (depth < 3 ? object({ pick, list, integer }, depth + 1) : {}),
    () => Object.create({ inherited: 1 }, { own: { value: 2, enumerable: true } }),
    () => pick([undefined, null, Symbol('s'), () => 1, new Map([[1, 2]]), new String('boxed')]),
  ];
  return pick(kinds)();
}

export function object(random: Random, depth = 0): Record<string, unknown> {
  return Object.fromEntries(random.list(6, () => [random.pick(keys), value(random, depth)]));
}

export function attributes(random: Random): Attributes {
  return object(random);
}

function hex({ integer }: Random, digits: number): string {
  return Array.from({ length: digits }, () => integer(16).toString(16)).join('');
}

export function spanContext(random: Random): SpanContext {
  const { pick } = random;
  const isRemote = pick([undefined, true, false]);
  const traceState = pick([undefined, createTraceState(''), createTraceState('vendor=1,other=a b')]);
  return {
    traceId: hex(random, 32),
    spanId: hex(random, 16),
    traceFlags: pick([1, 1, 1, 3, 255]),
    ...(isRemote === undefined ? {} : { isRemote }),
    ...(traceState === undefined ? {} : { traceState }),
  };
}

export function time({ pick, integer }: Random): [number, number] {
  return [pick([0, 1, 65_535, 65_536, 1_763_934_000, 4_294_967_295, 2 ** 33]), pick([0, 1, 999_999_999, integer(1e9)])];
}

const ignore = (): void => undefined;

/** Any fall back to the stock serializer would make every comparison true. */
export function warnings(): unknown[][] {
  const seen: unknown[][] = [];
  const logger = {
    error: ignore,
    warn: (...said: unknown[]) => void seen.push(said),
    info: ignore,
    debug: ignore,
    verbose: ignore,
  };
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true });
  return seen;
}
