/** Errors of the viewer as problem details (RFC 9457). */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Problem } from './api-types.ts';

/** The message goes out as `detail`: what was expected, what came. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;

  constructor(status: number, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** Anything but a ProblemError is a 500 that tells nothing of itself. */
export function sendProblem(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = error instanceof ProblemError ? error.status : 500;
  const detail = error instanceof ProblemError ? error.message : 'the collector has failed on this request';
  const problem: Problem = { title: STATUS_CODES[status] ?? 'Error', status, detail };
  sendJson(response, status, problem);
}

/** Answers to HEAD carry the headers only; node:http sees to it. */
export function sendJson(response: ServerResponse, status: number, value: object): void {
  const body = Buffer.from(JSON.stringify(value));
  response.writeHead(status, {
    'content-type': status < 400 ? 'application/json' : 'application/problem+json',
    'content-length': body.length,
    'cache-control': 'no-store',
  });
  response.end(body);
}
