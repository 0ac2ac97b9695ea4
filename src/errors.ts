/** The one error class that callers can act on, and its stable codes; and what can be said of others' errors. */

export type ReqlensErrorCode =
  /** A logger was asked for by a name that cannot name one. */
  | 'LOGGER_NAME_INVALID'
  /** A log level was set that does not exist. */
  | 'LOG_LEVEL_INVALID'
  /** `startTelemetry` was called while telemetry is running. */
  | 'ALREADY_STARTED'
  /** `runTask` was called without a function. */
  | 'TASK_WITHOUT_WORK';

/** Thrown to callers of the public API only; nothing else of ours throws into the application. */
export class ReqlensError extends Error {
  override readonly name = 'ReqlensError';
  /** Stable across releases; the message is not. */
  readonly code: ReqlensErrorCode;

  constructor(code: ReqlensErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** @returns What can be recorded of a thrown value: reading it may run code of the application's, which may throw in its turn. */
export function thrownException(thrown: unknown): Error | string {
  const words = thrownWords(thrown);
  return isReadableError(thrown) ? thrown : words;
}

/** @returns The message of an error, or the value itself as a text. */
export function thrownWords(thrown: unknown): string {
  try {
    return String(thrown instanceof Error ? thrown.message : thrown);
  } catch {
    // An object without a prototype, a Proxy or a getter that throws.
    return 'a value that cannot be shown';
  }
}

function isReadableError(thrown: unknown): thrown is Error {
  try {
    if (!(thrown instanceof Error)) return false;
    // All that is read of it, here and in the SDK, which makes a text of the code.
    for (const name of ['name', 'message', 'stack', 'code', 'port']) String(Reflect.get(thrown, name));
    return true;
  } catch {
    // As above.
    return false;
  }
}

/** The code of a system error, e.g. `ENOENT`; empty when it has none. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}
