/** Which parameters of addresses are not recorded. The effect on every kind of span: test/secrets. */
import { readFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { redactedQueryNames } from '../../src/config/query-redaction.ts';
import { serverSpan, visit } from '../support/env-visit.ts';
import { saidAtStart } from './said-at-start.ts';

async function queryWith(names: string | undefined): Promise<unknown> {
  const sighting = await visit({ REQLENS_REDACT_QUERY: names }, { path: '/?sig=a&token=b&member_id=c&page=2' });
  return serverSpan(sighting)?.attributes['url.query'];
}

test('the list of the conventions and ours is the default; names are added to it; none empties it', async () => {
  expect(await queryWith(undefined)).toBe('sig=REDACTED&token=REDACTED&member_id=c&page=2');
  expect(await queryWith('member_id')).toBe('sig=REDACTED&token=REDACTED&member_id=REDACTED&page=2');
  // What a server's span leaves out by the conventions does not depend on it.
  expect(await queryWith('none')).toBe('sig=REDACTED&token=b&member_id=c&page=2');
});

test('docs/configuration.md has the whole list', () => {
  const section = readFileSync('docs/configuration.md', 'utf8')
    .split('\n## ')
    .find((text) => text.startsWith('Secrets'));
  const [, list = ''] = /^```\n([^`]+)\n```$/m.exec(section ?? '') ?? [];
  expect(list.split(/,\s+/)).toEqual(redactedQueryNames);
});

test('a name that is none is reported, and the others hold', async () => {
  expect(await saidAtStart({ REQLENS_REDACT_QUERY: 'member_id,a b' })).toEqual([
    'reqlens: REQLENS_REDACT_QUERY="member_id,a b" is not usable: expected names of query parameters such as member_id, which are added to the default list, or none alone; the list is used without a b',
  ]);
});
