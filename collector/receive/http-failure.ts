/** A request that is answered with an error. */

export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly status: number;
  /** Seconds; only for what a sender should try again. */
  readonly retryAfter: number | undefined;

  /** @param message - Told to the sender: what was expected and what came. */
  constructor(status: number, message: string, retryAfter?: number) {
    super(message);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** google.rpc.Code for the status codes we answer with (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). */
const rpcCodes: ReadonlyMap<number, number> = new Map([
  [400, 3], // INVALID_ARGUMENT
  [403, 7], // PERMISSION_DENIED
  [404, 5], // NOT_FOUND
  [405, 12], // UNIMPLEMENTED
  [413, 8], // RESOURCE_EXHAUSTED
  [415, 3], // INVALID_ARGUMENT
  [503, 14], // UNAVAILABLE
]);

/** @returns 13 (INTERNAL) for any other. */
export const rpcCodeFor = (status: number): number => rpcCodes.get(status) ?? 13;
