/** A batch that a receiver takes in part: what it rejected is counted and said, and never sent again. */
import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';
import { payload, receiver, senderTo } from './receiver.ts';

/** A protobuf field of type bytes; lengths below 128. */
function bytes(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2, content.length]), content]);
}

function partial(count: number, message: string): Buffer {
  const rejected = count === 0 ? Buffer.alloc(0) : Buffer.from([0x08, count]);
  return bytes(1, Buffer.concat([rejected, bytes(2, Buffer.from(message))]));
}

const json = 'application/json';
const protobuf = 'application/x-protobuf';

interface Case {
  readonly what: string;
  readonly type: string | undefined;
  readonly body: string | Buffer;
  readonly rejected: { readonly count: number; readonly message: string } | undefined;
}

const cases: readonly Case[] = [
  {
    what: 'JSON, the count as a text',
    type: json,
    body: '{"partialSuccess":{"rejectedSpans":"2","errorMessage":"too old"}}',
    rejected: { count: 2, message: 'too old' },
  },
  {
    what: 'JSON, the count as a number',
    type: `${json}; charset=utf-8`,
    body: '{"partialSuccess":{"rejectedLogRecords":1}}',
    rejected: { count: 1, message: '' },
  },
  {
    what: 'JSON, names as in the .proto file',
    type: json,
    body: '{"partial_success":{"rejected_data_points":3,"error_message":"old"}}',
    rejected: { count: 3, message: 'old' },
  },
  {
    what: 'JSON, a warning',
    type: json,
    body: '{"partialSuccess":{"errorMessage":"use v2"}}',
    rejected: { count: 0, message: 'use v2' },
  },
  {
    what: 'JSON, a count that is no whole number',
    type: json,
    body: '{"partialSuccess":{"rejectedSpans":0.5}}',
    rejected: { count: 1, message: '' },
  },
  { what: 'JSON, empty', type: json, body: '{"partialSuccess":{}}', rejected: undefined },
  { what: 'JSON, null', type: json, body: '{"partialSuccess":null}', rejected: undefined },
  { what: 'JSON, a list', type: json, body: '[]', rejected: undefined },
  {
    what: 'JSON, a count that is none',
    type: json,
    body: '{"partialSuccess":{"rejectedSpans":"many"}}',
    rejected: undefined,
  },
  { what: 'JSON, a negative count', type: json, body: '{"partialSuccess":{"rejectedSpans":-4}}', rejected: undefined },
  { what: 'JSON that is none', type: json, body: '{"partialSucc', rejected: undefined },
  { what: 'protobuf', type: protobuf, body: partial(2, 'too old'), rejected: { count: 2, message: 'too old' } },
  {
    what: 'protobuf, a warning',
    type: protobuf,
    body: partial(0, 'use v2'),
    rejected: { count: 0, message: 'use v2' },
  },
  { what: 'protobuf, empty', type: protobuf, body: '', rejected: undefined },
  { what: 'protobuf, cut', type: protobuf, body: partial(2, 'too old').subarray(0, 6), rejected: undefined },
  {
    what: 'protobuf that is none',
    type: protobuf,
    body: Buffer.from('ffffffffffffffffffff', 'hex'),
    rejected: undefined,
  },
  {
    what: 'a page',
    type: 'text/html',
    body: '<html>fine</html>',
    rejected: {
      count: 0,
      message:
        'its answer is a web page (text/html), which no collector sends: check the address, the telemetry is probably lost',
    },
  },
  { what: 'nothing at all', type: undefined, body: '', rejected: undefined },
];

test.each(cases)('$what', async ({ type, body, rejected }) => {
  const { url, posts } = await receiver((response) => {
    response.writeHead(200, type === undefined ? {} : { 'content-type': type }).end(body);
  });
  const sent = await senderTo(url).send(payload);
  expect(sent).toEqual(rejected === undefined ? { status: 'sent' } : { status: 'sent', rejected });
  expect(posts).toHaveLength(1);
});

test('an application says it when it begins, and with the sum at the exit; nothing comes twice', async () => {
  const { url, posts } = await receiver((response) => {
    response.writeHead(200, { 'content-type': json });
    response.end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"a span is \\u202etoo old"}}');
  });
  const stderr = await saidOf(url);
  expect(stderr).toBe(
    'reqlens: the collector rejected 1 span of a batch that it took otherwise: a span is too old; dropped\n' +
      'reqlens: telemetry that did not arrive: 1 span (1: rejected)\n',
  );
  expect(posts).toHaveLength(1);
});

test('more than there was in the batch counts as all of it', async () => {
  const { url } = await receiver((response) => {
    response.writeHead(200, { 'content-type': json });
    response.end('{"partialSuccess":{"rejectedSpans":"9223372036854775807"}}');
  });
  const stderr = await saidOf(url);
  expect(stderr).toBe(
    'reqlens: the collector rejected 20 spans of a batch that it took otherwise; dropped\n' +
      'reqlens: telemetry that did not arrive: 20 spans (20: rejected)\n',
  );
});

test('a warning is said once', async () => {
  const { url } = await receiver((response) => {
    response.writeHead(200, { 'content-type': json }).end('{"partialSuccess":{"errorMessage":"use v2"}}');
  });
  const { stderr } = await runApp('test/exit/apps/endings.mjs', {
    args: ['spans', '1500'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_BSP_SCHEDULE_DELAY: '30',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_METRICS_EXPORTER: 'none',
    },
  });
  expect(stderr).toBe('reqlens: the collector takes spans with a warning: use v2\n');
});

test('a web page with status 200 is no collector, which is said once', async () => {
  const { url } = await receiver((response) => {
    response
      .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
      .end('<!doctype html><title>Sign in</title>');
  });
  const { stderr } = await runApp('test/exit/apps/endings.mjs', {
    args: ['spans', '1500'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_BSP_SCHEDULE_DELAY: '30',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '5',
      OTEL_METRICS_EXPORTER: 'none',
    },
  });
  expect(stderr).toBe(
    'reqlens: the collector takes spans with a warning: its answer is a web page (text/html), which no collector sends: check the address, the telemetry is probably lost\n',
  );
});

/** What an application says that sends twenty spans, well before its end. */
async function saidOf(url: string): Promise<string> {
  const { stderr } = await runApp('test/exit/apps/endings.mjs', {
    args: ['spans', '800'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '30',
      OTEL_METRICS_EXPORTER: 'none',
    },
  });
  return stderr;
}
