/** One request to a receiver over OTLP/HTTP or OTLP/gRPC. Runs in the application and, at its exit, in a helper thread. */
import { gzipSync } from 'node:zlib';

import type { PostOptions } from './attempt.ts';
import { postGrpc } from './post-grpc.ts';
import { postHttp } from './post-http.ts';
import { nowMs } from '../real-timers.ts';
import type { Route, Sent } from './sent.ts';
import { reasonOf } from './trouble-reason.ts';

/** Never rejects. */
export async function post(route: Route, body: Uint8Array, options: PostOptions): Promise<Sent> {
  try {
    const content = route.isGzip ? gzipSync(body) : body;
    const attempt = { ...options, route, content, deadlineMs: nowMs() + options.timeoutMs };
    return await (route.isGrpc ? postGrpc(attempt) : postHttp(attempt));
  } catch (error) {
    return { status: 'retry', reason: reasonOf(error), afterMs: undefined, isUnreachable: true };
  }
}
