/** Joins the collector's rooms in the order the data takes: receive, store, view. */
import type { Server } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { portHolder } from './port-holder.ts';
import { createOtlpServer } from './receive/otlp-server.ts';
import { keepWithinLimits } from './retention-loop.ts';
import type { CollectorOptions } from './settings.ts';
import { CollectorStartError } from './start-error.ts';
import { DatabaseInUseError } from './store/open-database.ts';
import { SqliteStore } from './store/sqlite-store.ts';
import { createViewer } from './view/viewer-server.ts';

export interface RunningCollector {
  /** E.g. `http://127.0.0.1:4318`. */
  readonly otlpUrl: string;
  /** E.g. `http://127.0.0.1:4319`. */
  readonly viewerUrl: string;
  /** The database; undefined with `--memory`. */
  readonly databaseFile: string | undefined;
  /** Answers what has been received, writes everything to the file, and ends. Idempotent. */
  readonly close: () => Promise<void>;
}

/** Told what people should know, one line each. */
export type Notice = (line: string) => void;

const webFolder = fileURLToPath(new URL('view/web', import.meta.url));
/** A sender that stops in the middle of a request does not hold the end longer than this. */
const closeDeadlineMs = 3000;

/** @throws CollectorStartError when a port or the data directory cannot be had. */
export async function startCollector(options: CollectorOptions, notice: Notice): Promise<RunningCollector> {
  const databaseFile = options.dataDir === undefined ? undefined : join(options.dataDir, 'telemetry.db');
  const store = openStore(options, databaseFile, notice);
  const onFailure = failureNotice(notice);
  const otlp = createOtlpServer(store, onFailure);
  try {
    const otlpUrl = await listen(otlp, { port: options.otlpPort, setting: 'otlp-port' });
    const viewer = createViewer({ store, otlpEndpoint: otlpUrl, webFolder, onFailure });
    const viewerUrl = await listen(viewer.server, { port: options.viewerPort, setting: 'viewer-port' });
    const stopRetention = keepWithinLimits(store, onFailure);
    let closing: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      viewer.close();
      await Promise.all([closeServer(otlp), closeServer(viewer.server)]);
      stopRetention();
      store.close();
    };
    return { otlpUrl, viewerUrl, databaseFile, close: () => (closing ??= close()) };
  } catch (error) {
    otlp.close();
    store.close();
    throw error;
  }
}

function openStore({ retentionHours, maxMb }: CollectorOptions, path: string | undefined, notice: Notice): SqliteStore {
  try {
    const store = new SqliteStore({ path, maxAgeMs: retentionHours * 3_600_000, maxBytes: maxMb * 1_048_576 });
    if (store.movedAside !== undefined) {
      notice(
        `the database could not be used (${store.movedAside.reason}); it is kept as ${store.movedAside.path}, and a new one begins`,
      );
    }
    return store;
  } catch (cause) {
    const reason =
      cause instanceof DatabaseInUseError
        ? `another process, most likely a reqlens collector, is using it`
        : String(cause instanceof Error ? cause.message : cause);
    const advice =
      'choose another directory with --data-dir or REQLENS_COLLECTOR_DATA_DIR, or keep nothing on disk with --memory';
    throw new CollectorStartError(`cannot use ${path ?? 'the database'}: ${reason}; ${advice}`, { cause });
  }
}

/** @returns the server's URL. */
async function listen(server: Server, { port, setting }: { port: number; setting: string }): Promise<string> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host: '127.0.0.1' }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw await listenError(cause, port, setting);
  }
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new TypeError('a listening server must have an address');
  return `http://127.0.0.1:${address.port}`;
}

async function listenError(cause: unknown, port: number, setting: string): Promise<CollectorStartError> {
  const variable = `REQLENS_COLLECTOR_${setting.toUpperCase().replaceAll('-', '_')}`;
  const advice = `choose another with --${setting} or ${variable} (0 takes a free one)`;
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  const reason = isTaken ? `is taken${await portHolder(port)}` : `cannot be had: ${String(cause)}`;
  return new CollectorStartError(`port ${port} on 127.0.0.1 ${reason}; ${advice}`, { cause });
}

/** Stops taking connections, lets requests under way finish, then cuts off what is left. */
async function closeServer(server: Server): Promise<void> {
  const deadline = setTimeout(() => server.closeAllConnections(), closeDeadlineMs);
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
  clearTimeout(deadline);
}

/** A failure that repeats is told once a minute. */
function failureNotice(notice: Notice): (error: unknown) => void {
  const told = new Map<string, number>();
  return (error) => {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    const line = `${error instanceof Error ? error.message : String(error)}${cause}`;
    if (Date.now() - (told.get(line) ?? 0) < 60_000) return;
    if (told.size > 100) told.clear();
    told.set(line, Date.now());
    notice(line);
  };
}
