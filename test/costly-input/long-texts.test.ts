/** Texts of others that were made to take long, several times as long as they can get: every one is read in a moment. */
import { expect, test } from 'vitest';

import { mendLoggers } from '../../src/config/logger-conflicts.ts';
import { nearestName } from '../../src/config/nearest-name.ts';
import { requestFilter } from '../../src/cli/request-filter.ts';
import { serverAddress } from '../../src/http/forwarded.ts';
import { urlParts } from '../../src/http/request-url.ts';
import { forwardedChain, forwardedForChain } from '../../src/identity/forwarded-chain.ts';
import { acceptRequestId } from '../../src/identity/request-id.ts';
import { isTokenShaped } from '../../src/identity/tokens.ts';
import { acceptTraceState } from '../../src/trace/trace-state.ts';

const mb = 1024 * 1024;
/** Node allows 16 KB for all headers together. */
const headerBytes = 64 * 1024;
/** What is between a beginning and an end that makes a search go back to it. */
const pieces = [
  'a.',
  ' ',
  '\t',
  ' ,',
  'a=',
  '=',
  '"',
  '\\"',
  'for=',
  'for="',
  ';',
  ':',
  '[',
  '/',
  '/.',
  '/%2e',
  '%',
  '@',
  '-',
  '.',
  'é',
];
const texts = pieces.flatMap((piece) => {
  const long = piece.repeat(Math.floor(headerBytes / piece.length));
  return [long, `a=b${long}c`, `x${long}\u0001`];
});

test('headers', () => {
  for (const text of texts) {
    serverAddress({ host: text }, 'http');
    serverAddress({ host: 'a', forwarded: text, 'x-forwarded-host': text, 'x-forwarded-proto': text }, 'http');
    forwardedChain(text);
    forwardedForChain(text);
    acceptTraceState(text);
    acceptRequestId(text);
    urlParts(`/${text}`, 'http', 'a');
    urlParts(`/?${text}`, 'http', 'a');
    urlParts('/', 'http', text);
    isTokenShaped(text);
  }
  expect(texts.length).toBeGreaterThan(50);
});

test('lines of logs that are looked through for a request', () => {
  const isOf = requestFilter('wanted');
  for (const text of [...texts, ' request_id=x'.repeat(mb / 13), ` request_id="${' request_id=x'.repeat(mb / 13)}`]) {
    expect(isOf(text)).toBe(false);
  }
  expect(isOf(`message request_id=other ${'x'.repeat(1000)} request_id=wanted trace_id=-`)).toBe(true);
});

test('names that are none', () => {
  expect(nearestName('k'.repeat(mb), ['level', 'file'], 2)).toBeUndefined();
});

const file = (path: string): object => ({ path });

test('twenty thousand loggers with files', () => {
  const loggers = Array.from({ length: 20_000 }, (_, at) => ({
    name: `l${at}`,
    hasConsole: true,
    file: file(`/logs/l${at}.log`),
  }));
  const backup = { name: 'backup', hasConsole: true, file: file('/logs/l7.2.log.gz') };
  const plain = { name: 'plain', hasConsole: true, file: file('/logs/plain') };
  const ofPlain = { name: 'of-plain', hasConsole: true, file: file('/logs/plain.3') };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- all that is looked at
  const all = [...loggers, backup, plain, ofPlain] as unknown as Parameters<typeof mendLoggers>[0];
  const { loggers: mended } = mendLoggers(all, [], true);
  expect(mended.filter((logger) => logger.file === undefined).map(({ name }) => name)).toEqual(['backup', 'of-plain']);
});
