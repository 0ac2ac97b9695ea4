/** What clients write behind the colon of a Host header, and what becomes of it. */
import { describe, expect, test } from 'vitest';

import { serverAddress } from '../../src/http/forwarded.ts';
import { startCollectorProcess } from '../collector/collector-process.ts';
import { exchange } from '../http/support/raw-client.ts';
import { startApp } from '../support/run-app.ts';

const notPorts = [
  'b', '', '-1', '+1', '1.5', '1e3', '1e400', '0x50', ' 80', 'NaN', 'Infinity', '65536', '99999', '000080',
  '99999999999999999999', '８０',
]; // prettier-ignore

test('a port is a number of 16 bits, and what is none is left out', () => {
  for (const port of notPorts) {
    expect([port, serverAddress({ host: `a:${port}` }, 'http')]).toEqual([port, { host: 'a', port: undefined }]);
    expect(serverAddress({ 'x-forwarded-host': `a:${port}` }, 'http')?.port).toBeUndefined();
    expect(serverAddress({ forwarded: `for=1.2.3.4;host="a:${port}"` }, 'http')?.port).toBeUndefined();
    expect(serverAddress({ host: `[::1]:${port}` }, 'http')?.port).toBeUndefined();
  }
  for (const port of [0, 1, 80, 8080, 65_535]) {
    expect(serverAddress({ host: `a:${port}` }, 'http')).toEqual({ host: 'a', port });
    expect(serverAddress({ host: `[::1]:${port}` }, 'http')).toEqual({ host: '[::1]', port });
  }
});

describe.each(['reqlens', 'otel'])('server spans by %s', (server) => {
  test.each(['http/protobuf', 'http/json'])('one odd Host among good ones costs no span over %s', async (protocol) => {
    const collector = await startCollectorProcess('--memory');
    const app = await startApp('test/valid-bytes/apps/server.mjs', {
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.otlpUrl,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_METRICS_EXPORTER: 'none',
        REQLENS_HTTP_SERVER: server,
      },
    });
    const hosts = notPorts.flatMap((port) => ['good:80', `a:${port}`]).filter((host) => !host.includes('８'));
    for (const host of hosts) {
      // oxlint-disable-next-line no-await-in-loop -- one after the other, so that all are in one batch
      await exchange({
        port: Number(new URL(app.url).port),
        send: `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
      });
    }
    app.signal('SIGTERM');
    await app.exit;
    const stats: unknown = await (await fetch(`${collector.viewerUrl}/api/stats`)).json();
    expect(stats).toMatchObject({ spans: hosts.length });
  });
});
