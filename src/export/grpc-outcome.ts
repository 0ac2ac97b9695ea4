/** What an answer over gRPC means (https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response). Pure. */
import { httpOutcome, partialInProtobuf, saysTooLarge, sentOf } from './http-outcome.ts';
import type { HttpAnswer } from './http-outcome.ts';
import { cleanWords, decoded } from './receiver-words.ts';
import { retryInfoMs } from './retry-after.ts';
import type { Route, Sent } from './sent.ts';

export interface GrpcAnswer extends HttpAnswer {
  /** `grpc-status`, undefined when the stream ended without one. */
  readonly grpcStatus: string | undefined;
  /** `grpc-message`, percent-encoded. */
  readonly grpcMessage: string | undefined;
  /** `grpc-status-details-bin`. */
  readonly details: string | undefined;
}

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const names = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** CANCELLED, DEADLINE_EXCEEDED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS; RESOURCE_EXHAUSTED only with a time to wait. */
const retryable = new Set([1, 4, 10, 11, 14, 15]);
const resourceExhausted = 8;

/** @returns Undefined when the stream ended without any status. */
export function grpcOutcome(answer: GrpcAnswer, route: Route): Sent | undefined {
  // A proxy, or a server that knows no gRPC, answers by HTTP alone.
  if (answer.grpcStatus === undefined && answer.status !== 200 && answer.status !== 0)
    return httpOutcome(answer, route);
  if (answer.grpcStatus === undefined) return undefined;
  const code = Number(answer.grpcStatus);
  if (code === 0) return sentOf(rejectedIn(answer, route));
  const words = cleanWords(decoded(answer.grpcMessage ?? ''), route.secrets);
  const reason = `gRPC status ${named(answer.grpcStatus)}${words === '' ? '' : `: ${words}`}`;
  const afterMs = retryInfoMs(answer.details);
  const mayRetry = retryable.has(code) || (code === resourceExhausted && afterMs !== undefined);
  if (mayRetry) return { status: 'retry', reason, afterMs, isUnreachable: false };
  return { status: 'refused', reason, isTooLarge: code === resourceExhausted && saysTooLarge(words) };
}

function named(status: string): string {
  const code = Number(status);
  return Number.isInteger(code) && code in names ? `${code} (${names[code]})` : status.slice(0, 10);
}

/** One message behind five bytes: whether it is compressed, which we did not ask for, and its length. */
function rejectedIn({ body }: GrpcAnswer, route: Route): ReturnType<typeof partialInProtobuf> {
  if (body.length < 5 || body[0] !== 0) return undefined;
  const partial = partialInProtobuf(body.subarray(5, 5 + body.readUInt32BE(1)));
  return partial && { count: Math.max(0, partial.count), message: cleanWords(partial.message, route.secrets) };
}
