/** What each of OTLP's paths takes, and what becomes of it. */
import type { TelemetryStore } from '../store/telemetry-store.ts';
import { countJsonPoints, countProtobufPoints } from './count-metrics.ts';
import { decodeJsonLogs, decodeJsonTraces } from './decode-json.ts';
import { decodeLogs, decodeTraces } from './decode-protobuf.ts';
import { type Decoded, DecodeError } from './decoded.ts';
import type { Encoding, PartialSuccess } from './otlp-answers.ts';

export interface Signal {
  /** For error messages. */
  readonly messageName: string;
  /**
   * Stores what is valid.
   *
   * @returns what was not, if anything.
   * @throws WireError or DecodeError when the body is not such a message; StoreUnavailableError when nothing was stored.
   */
  readonly accept: (encoding: Encoding, body: Buffer, store: TelemetryStore) => PartialSuccess | undefined;
}

export const signalsByPath: ReadonlyMap<string, Signal> = new Map<string, Signal>([
  ['/v1/traces', { messageName: 'ExportTraceServiceRequest', accept: acceptTraces }],
  ['/v1/logs', { messageName: 'ExportLogsServiceRequest', accept: acceptLogs }],
  ['/v1/metrics', { messageName: 'ExportMetricsServiceRequest', accept: acceptMetrics }],
]);

function acceptTraces(encoding: Encoding, body: Buffer, store: TelemetryStore): PartialSuccess | undefined {
  const decoded = encoding === 'json' ? decodeJsonTraces(parseJson(body)) : decodeTraces(body);
  if (decoded.batches.length > 0) store.addSpans(decoded.batches);
  return partialSuccess(decoded, 'rejectedSpans');
}

function acceptLogs(encoding: Encoding, body: Buffer, store: TelemetryStore): PartialSuccess | undefined {
  const decoded = encoding === 'json' ? decodeJsonLogs(parseJson(body)) : decodeLogs(body);
  if (decoded.batches.length > 0) store.addLogs(decoded.batches);
  return partialSuccess(decoded, 'rejectedLogRecords');
}

function acceptMetrics(encoding: Encoding, body: Buffer, store: TelemetryStore): undefined {
  store.countMetrics(encoding === 'json' ? countJsonPoints(parseJson(body)) : countProtobufPoints(body));
}

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new DecodeError(error instanceof Error ? error.message : String(error));
  }
}

function partialSuccess({ rejected, reason }: Decoded<unknown>, jsonField: string): PartialSuccess | undefined {
  return rejected === 0 ? undefined : { rejected, message: reason, jsonField };
}
