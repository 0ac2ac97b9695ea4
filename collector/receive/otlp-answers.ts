/** Bodies of OTLP/HTTP answers, in the encoding of the request (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response). */

/** How a request's body, and so its answer's, is encoded. */
export type Encoding = 'protobuf' | 'json';

/** What of a request could not be kept. */
export interface PartialSuccess {
  readonly rejected: number;
  readonly message: string;
  /** Name of the count in JSON, e.g. `rejectedSpans`; in protobuf it is field 1 for every signal. */
  readonly jsonField: string;
}

export const contentTypes: Readonly<Record<Encoding, string>> = {
  protobuf: 'application/x-protobuf',
  json: 'application/json',
};

/** Export…ServiceResponse: empty for full success. */
export function successBody(encoding: Encoding, partial: PartialSuccess | undefined): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify(partial === undefined ? {} : jsonPartial(partial)));
  if (partial === undefined) return Buffer.alloc(0);
  return bytesField(1, Buffer.concat([varintField(1, partial.rejected), bytesField(2, Buffer.from(partial.message))]));
}

/** google.rpc.Status: code 1, message 2. @param code - A google.rpc.Code. */
export function statusBody(encoding: Encoding, code: number, message: string): Buffer {
  if (encoding === 'json') return Buffer.from(JSON.stringify({ code, message }));
  return Buffer.concat([varintField(1, code), bytesField(2, Buffer.from(message))]);
}

/** 64-bit integers are strings in protobuf's JSON mapping. */
const jsonPartial = ({ rejected, message, jsonField }: PartialSuccess): object => ({
  partialSuccess: { [jsonField]: String(rejected), errorMessage: message },
});

const varintField = (field: number, value: number): Buffer => Buffer.from([field << 3, ...varint(value)]);

const bytesField = (field: number, bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from([(field << 3) | 2, ...varint(bytes.length)]), bytes]);

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}
