/** The estimates of sizes against what the items really take as OTLP. */
import { SeverityNumber } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } from '@opentelemetry/sdk-logs';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { expect, test } from 'vitest';

import { recordSize, spanSize } from '../../src/export/item-size.ts';
import { encodeLogRecords } from '../../src/export/log-encoder.ts';
import { encodeSpans } from '../../src/export/span-encoder.ts';

const attributes: Readonly<Record<string, Record<string, string | number | boolean | string[]>>> = {
  'as a server span has them': {
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'url.path': '/products/7',
    'server.address': 'shop.example.com',
    'server.port': 3000,
    'client.address': '10.0.0.7',
    'network.peer.address': '10.0.0.7',
    'network.peer.port': 50_412,
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    'http.response.status_code': 200,
    'http.request.header.x-request-id': ['01a20a44-8873-75c0-87dc-14ac521f88e8'],
  },
  none: {},
  'one of 100 kB': { text: 'x'.repeat(100_000) },
  'a list of a thousand texts': { list: Array.from({ length: 1000 }, (_, index) => `text ${index}`) },
  'a hundred numbers and booleans': Object.fromEntries(
    Array.from({ length: 100 }, (_, index) => [`key.${index}`, index % 2 === 0 ? index : true]),
  ),
};

for (const [what, each] of Object.entries(attributes)) {
  test(`a span with attributes ${what}`, () => {
    const exporter = new InMemorySpanExporter();
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    const span = provider.getTracer('sizes').startSpan('GET /products/:id', { attributes: each });
    span.addEvent('an event', each);
    span.addLink({ context: span.spanContext(), attributes: each });
    span.end();
    const [finished] = exporter.getFinishedSpans();
    if (finished === undefined) throw new Error('there is one');
    expect(
      comparison(
        spanSize(finished),
        [1, 2].map((count) => encodeSpans(Array(count).fill(finished)).body),
      ),
    ).toBe('about the same');
  });

  test(`a log record with attributes ${what}`, () => {
    const exporter = new InMemoryLogRecordExporter();
    const provider = new LoggerProvider({
      resource: emptyResource(),
      processors: [new SimpleLogRecordProcessor({ exporter })],
    });
    const record = { body: 'a text', attributes: each, severityNumber: SeverityNumber.INFO, severityText: 'INFO' };
    provider.getLogger('sizes').emit(record);
    const [finished] = exporter.getFinishedLogRecords();
    if (finished === undefined) throw new Error('there is one');
    expect(
      comparison(
        recordSize(finished),
        [1, 2].map((count) => encodeLogRecords(Array(count).fill(finished)).body),
      ),
    ).toBe('about the same');
  });
}

test('a record that knows the length of its line is not read', () => {
  const record = {
    lineLength: 5000,
    get attributes(): never {
      throw new Error('it was read');
    },
  };
  expect(recordSize(record as never)).toBe(5120);
});

/** What a second item adds is what an item takes. */
function comparison(estimate: number, [one, two]: readonly (Uint8Array | undefined)[]): string {
  const real = (two?.byteLength ?? 0) - (one?.byteLength ?? 0);
  const isAbout = real > 0 && estimate >= real * 0.9 && estimate <= real * 1.6 + 150;
  return isAbout ? 'about the same' : `${estimate} for ${real}`;
}
