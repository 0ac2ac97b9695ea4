/** `setCaller`: what of it is used, where it is seen, and where it never goes. */
import { describe, expect, test } from 'vitest';

import { spansOf } from '../support/otlp-json.ts';
import type { PlainSpan } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';

interface Seen {
  /** `currentRequest().caller` of each path. */
  readonly callers: Readonly<Record<string, unknown>>;
  readonly spans: readonly PlainSpan[];
  readonly stdout: string;
  readonly stderr: string;
}

async function seen(paths: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Seen> {
  const receiver = await startOtlpReceiver();
  try {
    const app = await startApp('test/identity/apps/caller.mjs', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_METRICS_EXPORTER: 'none',
        REQLENS_SHUTDOWN_TIMEOUT: '10000',
        ...env,
      },
    });
    const callers: Record<string, unknown> = {};
    for (const path of paths) callers[path] = JSON.parse((await app.get(`/${path}`)).body)['caller'];
    await app.get('/bye');
    const { stdout, stderr } = await app.exit;
    return { callers, spans: spansOf(receiver.requests), stdout, stderr };
  } finally {
    await receiver.close();
  }
}

/** The caller's attributes, and no others. */
function callerOf({ spans }: Seen, name: string): unknown {
  const found = spans.find((span) => span.name === name || span.attributes['url.path'] === name);
  const { 'user.id': id, 'user.roles': roles, 'reqlens.account.id': account } = found?.attributes ?? {};
  return found === undefined ? 'no such span' : { id, roles, account };
}

const outside =
  'reqlens: setCaller: expected to be called within a request or a task, but none is running; nothing was set\n';

describe('on spans', () => {
  for (const server of ['reqlens', 'otel']) {
    test(`of REQLENS_HTTP_SERVER=${server}: the server's own and every later one carry the caller, earlier ones do not`, async () => {
      const all = await seen(['late', 'again', 'nobody', 'ended'], { REQLENS_HTTP_SERVER: server });
      const caller = { id: 'u1', roles: ['admin', 'developer'], account: '42' };
      expect(all.callers['late']).toEqual(caller);
      expect(callerOf(all, '/late')).toEqual(caller);
      expect(callerOf(all, 'after')).toEqual(caller);
      expect(callerOf(all, 'before')).toEqual({});

      expect(callerOf(all, 'as admin')).toEqual({ id: 'u1', roles: ['admin'], account: 'north' });
      expect(callerOf(all, 'as somebody else')).toEqual({ id: 'u2' });
      expect(callerOf(all, '/again')).toEqual({ id: 'u2' });
      expect(callerOf(all, 'as nobody')).toEqual({});
      expect(callerOf(all, '/nobody')).toEqual({});

      expect(callerOf(all, '/ended')).toEqual({});
      expect(callerOf(all, 'after the end')).toEqual({ id: 'too late for the span' });
      expect(all.stderr).toBe(outside);

      const [headers] = /^headers .*$/m.exec(all.stdout) ?? [];
      expect(headers).toContain('traceparent');
      expect(headers).not.toMatch(/baggage|u1|admin|42\b.*account/);
    });
  }

  test('unsampled requests know their caller too, and outside telemetry nothing happens', async () => {
    const unsampled = await seen(['late'], { OTEL_TRACES_SAMPLER: 'always_off' });
    expect(unsampled.callers['late']).toMatchObject({ id: 'u1' });
    expect(unsampled.spans).toEqual([]);
    const disabled = await seen(['late', 'getter'], { OTEL_SDK_DISABLED: 'true' });
    expect(disabled).toMatchObject({ callers: { late: undefined, getter: undefined }, stderr: '' });
  });
});

test('what cannot be used is reported once, in words that do not show it, and the rest is used', async () => {
  const paths = ['nothing', 'text', 'long', 'control', 'types', 'many', 'role', 'empty', 'getter', 'revoked'];
  const { callers, stderr } = await seen([...paths, ...paths]);
  expect(callers).toEqual({
    nothing: undefined,
    text: undefined,
    long: { account: 'x'.repeat(256) },
    control: { roles: ['ok'] },
    types: { roles: ['1', 'ok'] },
    many: { roles: Array.from({ length: 64 }, (_, index) => `role-${index}`) },
    role: { id: 'u1' },
    empty: undefined,
    getter: { id: 'u1', account: 'north' },
    revoked: { id: 'u1' },
  });
  expect(stderr).not.toMatch(/secret|do not show|xxx|admin/);
  const said = stderr
    .trimEnd()
    .split('\n')
    .map((line) => line.replace('reqlens: setCaller: ', ''));
  const text = 'expected a text of 1-256 characters, none of them a control character';
  expect(said).toEqual([
    'expected to be called within a request or a task, but none is running; nothing was set',
    'the caller is missing and cannot be used: expected an object with id, roles or account',
    'the caller is a text and cannot be used: expected an object with id, roles or account',
    `id is a text of 257 characters and cannot be used: ${text}`,
    `id is a text with control characters and cannot be used: ${text}`,
    `account is a text with control characters and cannot be used: ${text}`,
    `roles is a text with control characters and cannot be used: ${text}`,
    `roles is empty and cannot be used: ${text}`,
    `id is an object or a list and cannot be used: ${text}`,
    `account is not a finite number and cannot be used: ${text}`,
    `roles is of type boolean and cannot be used: ${text}`,
    'roles is too long a list and cannot be used: expected at most 64; the first 64 are used',
    'roles is a text and cannot be used: expected a list of texts',
    'roles is behind a getter that throws and cannot be used: expected a value',
    'roles is an object or a list and cannot be used: expected a list of texts',
  ]);
});
