/** HTTP proxies, by Node's own variables: plain requests are handed over, TLS and gRPC go through a tunnel. */
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

import { afterAll, describe, expect, onTestFinished, test } from 'vitest';

import { readConfig } from '../../src/config/read-config.ts';
import { writeCertificates } from '../support/certificates.ts';
import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { runApp } from '../support/run-app.ts';
import { listening, payload, receiver, senderTo } from './receiver.ts';

const made = writeCertificates();
afterAll(() => made.remove());

interface Asked {
  readonly method: string;
  readonly target: string;
  readonly authorization: string | undefined;
}

interface Proxy {
  readonly port: number;
  readonly asked: Asked[];
}

/** Forwards nothing but CONNECT; plain requests it answers itself, as if the receiver had. */
async function proxy(status = 200): Promise<Proxy> {
  const asked: Asked[] = [];
  const note = ({ method = '', url = '', headers }: IncomingMessage): void => {
    asked.push({ method, target: url, authorization: headers['proxy-authorization'] });
  };
  const server = createServer((request, response) => {
    note(request);
    request.resume().on('end', () => response.writeHead(status).end());
  });
  server.on('connect', (request: IncomingMessage, socket: Socket) => {
    note(request);
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const [host = '', port] = (request.url ?? '').split(':');
    const onward = connect({ host, port: Number(port) }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
    onTestFinished(() => void onward.destroy());
  });
  return { port: await listening(server), asked };
}

const basic = `Basic ${Buffer.from('user:p@ss w').toString('base64')}`;

test('plain HTTP is handed to the proxy, with its credentials', async () => {
  const { port, asked } = await proxy();
  const sender = senderTo('http://collector.invalid:4318', { proxy: `http://user:p%40ss%20w@127.0.0.1:${port}` });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(asked).toEqual([{ method: 'POST', target: 'http://collector.invalid:4318/v1/traces', authorization: basic }]);
});

test('a password of a proxy with a percent sign that is no encoding is meant as it stands', async () => {
  const { port, asked } = await proxy();
  const sender = senderTo('http://collector.invalid:4318', { proxy: `http://user:100%@127.0.0.1:${port}` });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  const authorization = `Basic ${Buffer.from('user:100%').toString('base64')}`;
  expect(asked).toEqual([{ method: 'POST', target: 'http://collector.invalid:4318/v1/traces', authorization }]);
});

test("the credentials of the receiver's own address are in a header, and not in what proxies write into their logs", async () => {
  const { port, asked } = await proxy();
  const sender = senderTo('http://me:hunter2@collector.invalid:4318', { proxy: `http://127.0.0.1:${port}` });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(asked.map(({ target }) => target)).toEqual(['http://collector.invalid:4318/v1/traces']);
});

test('HTTPS goes through a tunnel, whose connection is kept', async () => {
  const { port, asked } = await proxy();
  const server = createTlsServer(made.server, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  });
  const receiverPort = await listening(server);
  const sender = senderTo(`https://localhost:${receiverPort}`, {
    proxy: `http://user:p%40ss%20w@127.0.0.1:${port}`,
    certificate: made.authorityFile,
  });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(asked).toEqual([{ method: 'CONNECT', target: `localhost:${receiverPort}`, authorization: basic }]);
});

test('HTTPS within a tunnel checks the certificate as ever', async () => {
  const { port } = await proxy();
  const receiverPort = await listening(createTlsServer(made.server));
  const sender = senderTo(`https://localhost:${receiverPort}`, { proxy: `http://127.0.0.1:${port}` });
  expect(await sender.send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(/^UNABLE_TO_VERIFY_LEAF_SIGNATURE/),
  });
});

test.each([false, true])('gRPC goes through a tunnel (TLS: %j)', async (isTls) => {
  const { port, asked } = await proxy();
  const grpc = await startGrpcReceiver(isTls ? made.server : undefined);
  onTestFinished(() => grpc.close());
  const sender = senderTo(`${isTls ? 'https' : 'http'}://${grpc.host}`, {
    protocol: 'grpc',
    proxy: `http://127.0.0.1:${port}`,
    certificate: made.authorityFile,
  });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
  expect(asked).toEqual([{ method: 'CONNECT', target: grpc.host, authorization: undefined }]);
});

test.each([
  ['http', 407, 'HTTP status 407'],
  ['https', 407, /^HTTP status 407 of the proxy 127\.0\.0\.1 port \d+$/],
  ['https', 502, /^HTTP status 502 of the proxy/],
])('a proxy that refuses (%s, %d) is said, without its password', async (scheme, status, reason) => {
  const { port } = await proxy(status);
  const sender = senderTo(`${scheme}://collector-${status}.invalid`, {
    proxy: `http://user:secret77@127.0.0.1:${port}`,
  });
  const sent = await sender.send(payload);
  if (sent.status === 'sent') throw new Error('it was not');
  expect(sent.reason).toMatch(reason);
  expect(sent.reason).not.toContain('secret77');
});

test('a proxy that is away', async () => {
  const { url } = await receiver((response) => response.end());
  const sender = senderTo(url, { proxy: 'http://127.0.0.1:1' });
  expect(await sender.send(payload)).toMatchObject({ status: 'retry', reason: 'ECONNREFUSED', isUnreachable: true });
});

const on = { NODE_USE_ENV_PROXY: '1' };

function proxyOf(env: Record<string, string>, endpoint = 'http://collector.example:4318'): string | undefined {
  return readConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, ...env }).config.traces.otlp.proxy;
}

describe('the variables', () => {
  test('do nothing by themselves, as in Node', () => {
    expect(proxyOf({ HTTP_PROXY: 'http://p:1' })).toBeUndefined();
    expect(proxyOf({ ...on, HTTP_PROXY: 'http://p:1' })).toBe('http://p:1/');
    expect(proxyOf({ NODE_OPTIONS: '--use-env-proxy', HTTP_PROXY: 'http://p:1' })).toBe('http://p:1/');
    expect(proxyOf({ NODE_USE_ENV_PROXY: '0', HTTP_PROXY: 'http://p:1' })).toBeUndefined();
  });

  test('go by the scheme of the receiver, lower case first', () => {
    const both = { ...on, HTTP_PROXY: 'http://plain:1', HTTPS_PROXY: 'http://tls:1' };
    expect(proxyOf(both)).toBe('http://plain:1/');
    expect(proxyOf(both, 'https://collector.example')).toBe('http://tls:1/');
    expect(proxyOf({ ...both, http_proxy: 'http://lower:1' })).toBe('http://lower:1/');
  });

  test.each([
    ['*', true],
    ['collector.example', true],
    ['COLLECTOR.EXAMPLE', true],
    ['a, collector.example', true],
    ['.example', true],
    ['*.example', true],
    ['collector.example:4318', true],
    ['collector.example:4319', false],
    ['example', false],
    ['ollector.example', false],
    ['', false],
  ])('NO_PROXY=%j', (list, isExcepted) => {
    expect(proxyOf({ ...on, HTTP_PROXY: 'http://p:1', NO_PROXY: list }) === undefined).toBe(isExcepted);
  });

  test.each([
    ['10.0.0.7', true],
    ['10.0.0.1-10.0.0.9', true],
    ['10.0.0.9-10.0.0.1', false],
    ['10.0.0.8-10.0.0.9', false],
    ['10.0.0.7:4318', true],
  ])('NO_PROXY=%j for an address', (list, isExcepted) => {
    const proxied = proxyOf({ ...on, HTTP_PROXY: 'http://p:1', no_proxy: list }, 'http://10.0.0.7:4318');
    expect(proxied === undefined).toBe(isExcepted);
  });

  test.each(['socks5://p:1', 'p:8080', 'nonsense'])('HTTP_PROXY=%j is reported, without its text', (value) => {
    const { config, problems } = readConfig({ ...on, HTTP_PROXY: value });
    expect(config.traces.otlp.proxy).toBeUndefined();
    expect(problems).toMatchObject([{ variable: 'HTTP_PROXY', value: '***' }]);
  });
});

test('an application under a proxy, spans and exit, on this Node', async () => {
  const { port, asked } = await proxy();
  const { stderr } = await runApp('test/exit/apps/endings.mjs', {
    args: ['log'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.invalid:4318',
      NODE_USE_ENV_PROXY: '1',
      HTTP_PROXY: `http://user:secret77@127.0.0.1:${port}`,
      REQLENS_SHUTDOWN_TIMEOUT: '15000',
      REQLENS_STARTUP_LINE: 'true',
    },
  });
  expect(asked.map(({ target }) => target)).toContain('http://collector.invalid:4318/v1/logs');
  expect(stderr).not.toContain('secret77');
});
