/** Secrets in spans of every origin: our server's and clients', the stock instrumentations', the application's own. */
import { expect, onTestFinished, test } from 'vitest';

import { spansOf } from '../support/otlp-json.ts';
import { startOtlpReceiver } from '../support/otlp-receiver.ts';
import { startApp } from '../support/run-app.ts';

test.each(['reqlens', 'otel'])(
  'none leaves the process, and what is around them does (server and clients by %s)',
  async (by) => {
    const receiver = await startOtlpReceiver();
    onTestFinished(async () => receiver.close());
    const app = await startApp('test/secrets/apps/secret-app.mjs', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_TRACES_EXPORTER: 'otlp,console',
        REQLENS_SHUTDOWN_TIMEOUT: '10000',
        REQLENS_HTTP_SERVER: by,
        REQLENS_HTTP_CLIENT: by,
      },
    });
    await app.get('/login?password=s3cr3t&user%5Bpassword%5D=s3cr3t&page=1');
    const { stdout, code } = await app.exit;
    expect(code).toBe(0);
    expect(stdout).not.toContain('s3cr3t');
    expect(receiver.requests.map(({ body }) => body.toString()).join('')).not.toContain('s3cr3t');
    const spans = spansOf(receiver.requests);
    const [secret] = spans.filter(({ name }) => name === 'secret');
    const cleaned = {
      'url.full': 'https://REDACTED:REDACTED@host/?token=REDACTED&page=1',
      'http.url': 'https://host/?api_key=REDACTED',
      'url.query': 'sig=REDACTED&page=1',
      'http.request.header.authorization': ['[Redacted]'],
      'http.response.header.set_cookie': ['[Redacted]'],
      'http.request.header.referer': ['https://host/?code=REDACTED'],
      'db.connection_string': 'postgres://REDACTED:REDACTED@host/db',
      password: '[Redacted]',
      'app.login': { user: 'u', password: '[Redacted]', list: [{ token: '[Redacted]' }] },
      'app.page': 'sig=kept',
      'url.original': 'https://host/?code=REDACTED',
      'user_agent.original': 'robot/1 (+https://host/;code=kept)',
    };
    // Attributes of events may not be maps.
    const { 'app.login': _, ...simple } = cleaned;
    expect(secret?.attributes).toMatchObject(cleaned);
    expect(secret?.links.map((link) => link.attributes)).toEqual([cleaned]);
    expect(secret?.events[0]?.attributes).toEqual(simple);
    expect(secret?.events[1]?.attributes['exception.message']).toBe(
      'cannot connect to redis://REDACTED:REDACTED@host?password=REDACTED',
    );
    expect(secret?.status.message).toBe('cannot connect to redis://REDACTED:REDACTED@host');
    const clients = spans
      .filter(({ kind }) => kind === 3)
      .map(({ attributes }) => decodeURIComponent(String(attributes['url.full'])));
    expect(clients.map((url) => url.slice(url.indexOf('?'))).toSorted()).toEqual([
      '?access_token=REDACTED&page=1',
      '?filter[password]=REDACTED&page=1',
    ]);
  },
);

test('a semicolon divides parameters too, in a path and in a query', async () => {
  const receiver = await startOtlpReceiver();
  onTestFinished(async () => receiver.close());
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    REQLENS_SHUTDOWN_TIMEOUT: '10000',
  };
  const app = await startApp('test/secrets/apps/secret-app.mjs', { env });
  await app.get('/login;jsessionid=s3cr3t?page=1;password=s3cr3t');
  await app.exit;
  const found = spansOf(receiver.requests).filter(({ attributes }) =>
    String(attributes['url.path']).startsWith('/log'),
  );
  expect(found.map(({ attributes }) => [attributes['url.path'], attributes['url.query']])).toEqual([
    ['/login;jsessionid=REDACTED', 'page=1;password=REDACTED'],
  ]);
});
