/** A receiver whose certificate is no good: why is said once, what is made waits on disk, and all of it arrives when the certificate is renewed. */
import { afterAll, expect, test } from 'vitest';

import {
  arrivedLines,
  arrivedSpans,
  lineNames,
  newSpool,
  receiverOn,
  spanNames,
  spooledCount,
  spooledFiles,
  spoolEnv,
  spoolingApp,
} from '../spool/spooling.ts';
import { writeCertificates } from '../support/certificates.ts';
import type { Wrong } from '../support/certificates.ts';
import { startGrpcReceiver } from '../support/grpc-receiver.ts';
import { readSpans } from '../support/otlp-reader.ts';
import { untilTrue } from '../support/until-true.ts';

const made = writeCertificates();
afterAll(() => made.remove());

const reasons: Readonly<Record<Wrong, string>> = {
  expired: 'CERT_HAS_EXPIRED (its certificate has expired)',
  notYetValid: 'CERT_NOT_YET_VALID (its certificate is not valid yet)',
  otherName: 'ERR_TLS_CERT_ALTNAME_INVALID (its certificate is for another name)',
  selfSigned:
    'DEPTH_ZERO_SELF_SIGNED_CERT (its certificate is self-signed; OTEL_EXPORTER_OTLP_CERTIFICATE can name it)',
};

function said(stderr: string): string[] {
  return stderr.split('\n').filter((line) => line !== '');
}

test.each(Object.keys(reasons) as Wrong[])('a certificate that is wrong: %s', async (wrong) => {
  const spool = newSpool();
  const receiver = await receiverOn(0, { tls: made.wrong[wrong] });
  const app = await spoolingApp({
    ...spoolEnv(receiver.port, spool),
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_CERTIFICATE: made.authorityFile,
  });
  await app.get('/make?name=a&spans=60&lines=60');
  await untilTrue(() => spooledCount(spool, 'trace') >= 60 && spooledCount(spool, 'logs') >= 60);
  await untilTrue(() => app.stderr() !== '');
  expect(receiver.requests).toEqual([]);
  receiver.renew(made.server);
  await receiver.until(() => arrivedSpans(receiver, 'a').length >= 60 && arrivedLines(receiver, 'a').length >= 60);
  await untilTrue(() => spooledFiles(spool).length === 0);
  await app.get('/end');
  const { stderr } = await app.exit;
  expect(arrivedSpans(receiver, 'a')).toEqual(spanNames('a', 60));
  expect(arrivedLines(receiver, 'a')).toEqual(lineNames('a', 60));
  expect(said(stderr)).toEqual([
    `reqlens: the collector at ${receiver.url} does not take telemetry: ${reasons[wrong]}; it waits and is sent again`,
    expect.stringMatching(/^reqlens: the collector at \S+ takes telemetry again, after \d+ s; tries failed: \d+ \(/),
  ]);
});

test.each(Object.keys(reasons) as Wrong[])('over gRPC, a certificate that is wrong: %s', async (wrong) => {
  const spool = newSpool();
  const receiver = await startGrpcReceiver(made.wrong[wrong]);
  const endpoint = `https://${receiver.host}`;
  const app = await spoolingApp({
    ...spoolEnv(0, spool),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_EXPORTER_OTLP_CERTIFICATE: made.authorityFile,
    OTEL_LOGS_EXPORTER: 'none',
  });
  await app.get('/make?name=a&spans=60');
  await untilTrue(() => spooledCount(spool, 'trace') >= 60 && app.stderr() !== '');
  expect(receiver.calls).toEqual([]);
  receiver.renew(made.server);
  const arrived = (): string[] =>
    receiver.calls
      .flatMap(({ body }) => readSpans(body.subarray(5)))
      .map(({ name }) => name)
      .filter((name) => name.startsWith('a span'))
      .toSorted();
  await receiver.until(() => arrived().length >= 60);
  await untilTrue(() => spooledFiles(spool).length === 0);
  await app.get('/end');
  const { stderr } = await app.exit;
  await receiver.close();
  expect(arrived()).toEqual(spanNames('a', 60));
  expect(said(stderr)).toEqual([
    `reqlens: the collector at ${endpoint} does not take telemetry: ${reasons[wrong]}; it waits and is sent again`,
    expect.stringMatching(/^reqlens: the collector at \S+ takes telemetry again, after \d+ s; tries failed: \d+ \(/),
  ]);
});
