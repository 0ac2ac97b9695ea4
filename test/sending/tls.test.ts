/** TLS that fails, each way in words that say what to do. */
import { createServer as createTlsServer } from 'node:tls';

import { afterAll, expect, test } from 'vitest';

import { writeCertificates } from '../support/certificates.ts';
import { listening, payload, receiver, senderTo } from './receiver.ts';

const made = writeCertificates();
afterAll(() => made.remove());

async function secure(settings: object): Promise<number> {
  const server = createTlsServer(settings, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
  });
  return listening(server);
}

test('an authority that nobody knows', async () => {
  const port = await secure(made.server);
  expect(await senderTo(`https://localhost:${port}`).send(payload)).toMatchObject({
    status: 'retry',
    isUnreachable: true,
    reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE (its authority is not known; OTEL_EXPORTER_OTLP_CERTIFICATE can name it)',
  });
});

test('the same with the authority named', async () => {
  const port = await secure(made.server);
  const sender = senderTo(`https://localhost:${port}`, { certificate: made.authorityFile });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
});

test('a certificate for another name', async () => {
  const server = createTlsServer(made.server, (socket) => socket.on('error', () => socket.destroy()));
  // The certificate has 127.0.0.1 and localhost.
  const port = await listening(server, '127.0.0.2');
  const sender = senderTo(`https://127.0.0.2:${port}`, { certificate: made.authorityFile });
  expect(await sender.send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(/^ERR_TLS_CERT_ALTNAME_INVALID \(its certificate is for another name\)$/),
  });
});

test('plain HTTP where the address says https', async () => {
  const { port } = await receiver((response) => response.end());
  expect(await senderTo(`https://localhost:${port}`).send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(/^\w+ \(it does not speak (?:our )?TLS; the address says https\)$/),
  });
});

test('TLS where the address says http', async () => {
  const port = await secure(made.server);
  expect(await senderTo(`http://localhost:${port}`).send(payload)).toMatchObject({
    status: 'retry',
    reason: expect.stringMatching(/^(?:ECONNRESET|HPE_\w+) \(/),
  });
});

test('a client certificate that is asked for and not there', async () => {
  const port = await secure({ ...made.server, requestCert: true, rejectUnauthorized: true, ca: made.authority });
  const settings = { certificate: made.authorityFile };
  const without = await senderTo(`https://localhost:${port}`, settings).send(payload);
  expect(without).toMatchObject({ status: 'retry', isUnreachable: true });
});

test('a client certificate that is there', async () => {
  const port = await secure({ ...made.server, requestCert: true, rejectUnauthorized: true, ca: made.authority });
  const sender = senderTo(`https://localhost:${port}`, {
    certificate: made.authorityFile,
    clientCertificate: made.clientFile,
    clientKey: made.clientKeyFile,
  });
  expect(await sender.send(payload)).toEqual({ status: 'sent' });
});

test('gRPC with an authority that nobody knows', async () => {
  const port = await secure({ ...made.server, ALPNProtocols: ['h2'] });
  expect(await senderTo(`https://localhost:${port}`, { protocol: 'grpc' }).send(payload)).toMatchObject({
    status: 'retry',
    reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE (its authority is not known; OTEL_EXPORTER_OTLP_CERTIFICATE can name it)',
  });
});
