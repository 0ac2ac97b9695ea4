/** What the server's edge asks of those who measure a request (usage/): a port, because the two rooms do not know each other. */
import type { IncomingMessage, ServerResponse } from 'node:http';

import type { RequestScope } from './request-scope.ts';

export interface RequestTracker {
  /** @returns Undefined when the request does not ask to be measured, which costs one look at a header, or is one too many. */
  readonly open: (request: IncomingMessage, response: ServerResponse) => TrackedRequest | undefined;
}

/** A request that is measured. Whether anybody gets to see it is decided at its end. */
export interface TrackedRequest {
  /** Known at once, by a token that was verified a moment ago. */
  readonly isPrivileged: boolean;
  /** Everything that `work` starts belongs to the request. */
  run<Result>(work: () => Result): Result;
  /** Its id and its span exist now. */
  begin(scope: RequestScope): void;
  /** What the head of the response says to a privileged caller; undefined for everybody else. */
  head(): TrackedHead | undefined;
  /** Value of `Server-Timing` with what was used so far; undefined as above. */
  serverTiming(): string | undefined;
  /**
   * It is over; what follows is not counted. A privileged caller's usage goes to the span and into the store, any other is thrown away.
   *
   * @param isClosed - Called when the span has all that it gets: at once, or when a token has been verified.
   */
  end(ending: TrackedEnding, isClosed: () => void): void;
}

export interface TrackedHead {
  readonly requestId: string;
}

export interface TrackedEnding {
  /** The response was handed over whole. */
  readonly isComplete: boolean;
  readonly method: string;
  readonly route: string | undefined;
  readonly statusCode: number | undefined;
}

/** Answers some requests in the application's place. */
export interface OwnEndpoint {
  /** As `http.route` has it. */
  readonly route: string;
  /** @returns Whether the request is for it. */
  readonly takes: (request: IncomingMessage) => boolean;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}
