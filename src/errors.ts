/** The one error class that callers can act on, and its stable codes. */

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
