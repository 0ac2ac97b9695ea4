/** The viewer on 127.0.0.1: its pages, its query API and its live stream. Only reads, only for pages of its own origin. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TelemetryStore } from '../store/telemetry-store.ts';
import { checkOrigin, securityHeaders } from './guard.ts';
import { LiveStream } from './live.ts';
import { ProblemError, sendProblem } from './problem.ts';
import { answerQuery, type ApiTarget } from './query-api.ts';
import { StaticFiles } from './static-files.ts';

export interface ViewerOptions {
  readonly store: TelemetryStore;
  /** Where OTLP is received, for the empty page's hint. */
  readonly otlpEndpoint: string;
  /** Folder of the built pages. */
  readonly webFolder: string;
  /** Told about failures that are ours. */
  readonly onFailure: (error: unknown) => void;
}

export interface Viewer {
  /** Not listening yet. */
  readonly server: Server;
  /** Ends live streams, so that the server can close. */
  readonly close: () => void;
}

export function createViewer({ store, otlpEndpoint, webFolder, onFailure }: ViewerOptions): Viewer {
  const live = new LiveStream(store);
  const files = new StaticFiles(webFolder);
  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value);
    checkOrigin(request, portOf(server));
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.setHeader('Allow', 'GET, HEAD');
      throw new ProblemError(405, `expected GET or HEAD, got ${request.method}`);
    }
    const target = parseTarget(request.url ?? '/');
    if (target.pathname === '/api/live') live.open(request, response);
    else if (target.pathname.startsWith('/api/')) await answerQuery(target, response, { store, otlpEndpoint });
    else files.answer(target.pathname, request, response);
  };
  const server = createServer(
    { requestTimeout: 30_000, headersTimeout: 10_000, maxHeaderSize: 32 * 1024 },
    (request, response) => {
      route(request, response).catch((error: unknown) => {
        if (!(error instanceof ProblemError)) onFailure(error);
        sendProblem(response, error);
      });
    },
  );
  return { server, close: () => live.close() };
}

/** Not by `new URL`: it takes `//name` for a host, resolves `..`, and throws on some paths. */
function parseTarget(url: string): ApiTarget {
  const [, pathname = '', query = ''] = /^([^?]*)\??(.*)$/s.exec(url) ?? [];
  return { pathname, searchParams: new URLSearchParams(query) };
}

function portOf(server: Server): number {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}
