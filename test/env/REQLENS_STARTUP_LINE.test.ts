/** Whether the start says what is in force. */
import { expect, test } from 'vitest';

import { visit, visitByDefault, visitWithBad } from '../support/env-visit.ts';

const variable = 'REQLENS_STARTUP_LINE';
const env = {
  OTEL_EXPORTER_OTLP_HEADERS: 'authorization=hunter2',
  OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: '{receiver}/in?token=hunter2',
  OTEL_SERVICE_NAME: 'shop',
  REQLENS_LOG_DIR: 'logs/publish-sync-logs',
};

test('unset and blank mean no', async () => {
  // visitByDefault itself checks that stderr is empty.
  expect(await visitByDefault(variable, { env })).toHaveLength(2);
});

test.each(['true', '1'])('%s means one line on stderr, without secrets', async (value) => {
  const { stderr } = await visit({ ...env, [variable]: value });
  expect(stderr).not.toContain('hunter2');
  expect(stderr.replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')).toBe(
    'reqlens: started service=shop traces=otlp:http/json:http://HOST/v1/traces logs=otlp:http/json:http://HOST/in?*** ' +
      'metrics=otlp:http/json:http://HOST/v1/metrics sampler=parentbased_always_on propagators=tracecontext,baggage ' +
      'request-id-header=x-request-id trust-request-id=loopback,private trust-traceparent=loopback,private ' +
      'trusted-proxies=loopback,private forwarded-header=auto ' +
      'send-request-id-to=loopback,private http-server=reqlens http-client=reqlens privileged-roles=admin,developer ' +
      'tokens=none usage-store=memory usage-path=none log-dir=logs/publish-sync-logs ' +
      'loggers=publish_sync:info,wordpress_api:info,webhooks:info\n',
  );
});

test.each(['false', '0'])('%s means no', async (value) => {
  expect((await visit({ ...env, [variable]: value })).stderr).toBe('');
});

test('a bad value is reported, and the default goes on', async () => {
  const complaint = 'expected true, 1, yes, on, false, 0, no or off; false is used';
  expect((await visitWithBad({ variable, value: 'y', complaint })).code).toBe(0);
});
