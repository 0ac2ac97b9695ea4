/**
 * Reads OTLP protobuf requests back into spans and log records. Written apart from the collector's decoder on purpose:
 * a mistake in one of the two must show as a difference. Field numbers: opentelemetry-proto v1.9.0, trace.proto, logs.proto, common.proto.
 */

/** An attribute's value; lists and maps, which these tests do not look into, stay undefined. */
type SimpleValue = string | number | bigint | boolean | undefined;

export interface ReceivedSpan {
  /** 32 hex digits. */
  readonly traceId: string;
  /** 16 hex digits. */
  readonly spanId: string;
  /** 16 hex digits; empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, SimpleValue>;
  readonly resource: ReadonlyMap<string, SimpleValue>;
}

export interface ReceivedLog {
  /** 32 hex digits; empty outside a trace. */
  readonly traceId: string;
  readonly spanId: string;
  /** The body when it is a simple value. */
  readonly body: SimpleValue;
  readonly attributes: ReadonlyMap<string, SimpleValue>;
  readonly resource: ReadonlyMap<string, SimpleValue>;
}

/** One field of a message: numbers for varint and fixed types, bytes for everything with a length. */
interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** @param request - An ExportTraceServiceRequest, not compressed. */
export function readSpans(request: Buffer): ReceivedSpan[] {
  return records(request, 2).map(({ record, resource }) => ({
    traceId: bytesOf(record, 1).toString('hex'),
    spanId: bytesOf(record, 2).toString('hex'),
    parentSpanId: bytesOf(record, 4).toString('hex'),
    name: bytesOf(record, 5).toString(),
    attributes: attributesOf(record, 9),
    resource,
  }));
}

/** @param request - An ExportLogsServiceRequest, not compressed. */
export function readLogs(request: Buffer): ReceivedLog[] {
  return records(request, 2).map(({ record, resource }) => ({
    traceId: bytesOf(record, 9).toString('hex'),
    spanId: bytesOf(record, 10).toString('hex'),
    body: valueOf(bytesOf(record, 5)),
    attributes: attributesOf(record, 6),
    resource,
  }));
}

/** How many spans an ExportTraceServiceRequest holds, without reading them. */
export function countSpans(request: Buffer): number {
  return records(request, 2).length;
}

/** Both requests are built alike: 1 resource entries -> 2 scope entries -> `recordField` records. */
function records(
  request: Buffer,
  recordField: number,
): { record: readonly Field[]; resource: ReadonlyMap<string, SimpleValue> }[] {
  return children(fieldsOf(request), 1).flatMap((entry) => {
    const resource = attributesOf(fieldsOf(bytesOf(entry, 1)), 1);
    return children(entry, 2).flatMap((scope) => children(scope, recordField).map((record) => ({ record, resource })));
  });
}

function attributesOf(message: readonly Field[], number: number): ReadonlyMap<string, SimpleValue> {
  return new Map(children(message, number).map((entry) => [bytesOf(entry, 1).toString(), valueOf(bytesOf(entry, 2))]));
}

/** AnyValue: 1 string, 2 bool, 3 int64, 4 double. */
function valueOf(message: Buffer): SimpleValue {
  const [field] = fieldsOf(message);
  if (field === undefined) return undefined;
  if (field.number === 1) return field.value.toString();
  if (field.number === 2) return field.value === 1n;
  if (typeof field.value !== 'bigint') return undefined;
  if (field.number === 3) return BigInt.asIntN(64, field.value);
  return new Float64Array(BigUint64Array.of(field.value).buffer)[0];
}

function children(message: readonly Field[], number: number): (readonly Field[])[] {
  return message.flatMap((field) =>
    field.number === number && typeof field.value !== 'bigint' ? [fieldsOf(field.value)] : [],
  );
}

function bytesOf(message: readonly Field[], number: number): Buffer {
  const value = message.find((field) => field.number === number)?.value;
  return typeof value === 'object' ? value : Buffer.alloc(0);
}

/** @throws RangeError when the message ends within a field, Error at a wire type that OTLP does not use. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const read: Readonly<Record<number, () => bigint | Buffer>> = {
    0: varint,
    1: () => message.readBigUInt64LE((at += 8) - 8),
    2: () => {
      const end = Number(varint()) + at;
      if (end > message.length) throw new RangeError(`a field ends at ${end} of ${message.length} bytes`);
      const bytes = message.subarray(at, end);
      at = end;
      return bytes;
    },
    5: () => BigInt(message.readUInt32LE((at += 4) - 4)),
  };
  while (at < message.length) {
    const key = Number(varint());
    const value = read[key & 7]?.();
    if (value === undefined) throw new Error(`cannot read wire type ${key & 7} at byte ${at}`);
    fields.push({ number: key >> 3, value });
  }
  return fields;
}
