/** What is measured: ours in four ways, and the packages that write rolling log files. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { installedVersion, readVersion } from '../peers.ts';

export interface LogVariant {
  /** Short, stable: the key in the results. */
  readonly name: string;
  /** For people, with versions. */
  readonly label: string;
  /** Of writers.cjs; `python` is a program of its own. */
  readonly writer: string;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly hasOtlp: boolean;
  /** Whether it limits the size of a file: those that do not are there for their cost. */
  readonly rolls: boolean;
  /** Why it cannot be measured here; undefined when it can. */
  readonly missing: string | undefined;
}

const register = fileURLToPath(new URL('../../register.js', import.meta.url));
const stockPreload = fileURLToPath(new URL('stock-logs.cjs', import.meta.url));

/** Cost is told as a multiple of this one's. */
export const baseline = 'pino-sync';

/** In the order of the tables. */
export function logVariants(): readonly LogVariant[] {
  return [
    ours('reqlens', 'file', { REQLENS_LOG_CONSOLE: 'false' }),
    ours('reqlens-console', 'file and console (`/dev/null`)', { REQLENS_LOG_CONSOLE: 'true' }),
    ours('reqlens-sync', 'file, `REQLENS_LOG_SYNC=true`', { REQLENS_LOG_CONSOLE: 'false', REQLENS_LOG_SYNC: 'true' }),
    {
      ...ours('reqlens-otlp', 'file and OTLP', { REQLENS_LOG_CONSOLE: 'false', OTEL_LOGS_EXPORTER: 'otlp' }),
      hasOtlp: true,
    },
    peer({ name: 'pino-sync', packages: ['pino'], note: 'plain file, as it comes', rolls: false }),
    peer({ name: 'pino-async', packages: ['pino'], note: 'plain file, `sync: false, minLength: 4096`', rolls: false }),
    {
      ...peer({
        name: 'pino-otlp',
        packages: ['pino', '@opentelemetry/instrumentation-pino'],
        note: 'plain file and OTLP',
        rolls: false,
        writer: 'pino-sync',
      }),
      nodeArgs: ['--require', stockPreload],
      env: { OTEL_LOGS_EXPORTER: 'otlp' },
      hasOtlp: true,
    },
    peer({ name: 'pino-roll-worker', packages: ['pino-roll'], note: 'in a worker transport' }),
    peer({ name: 'pino-roll-main', packages: ['pino-roll'], note: 'in the main thread' }),
    peer({ name: 'rotating-file-stream', packages: ['rotating-file-stream'], note: 'under pino' }),
    peer({ name: 'winston', packages: ['winston-daily-rotate-file'], note: '' }),
    peer({ name: 'log4js', packages: ['log4js'], note: '`file` appender' }),
    python(),
  ];
}

function ours(name: string, note: string, env: Readonly<Record<string, string>>): LogVariant {
  const isBuilt = existsSync(fileURLToPath(new URL('../../dist/register.cjs', import.meta.url)));
  const version = readVersion(fileURLToPath(new URL('../../package.json', import.meta.url)));
  return {
    name,
    label: `reqlens ${version}, ${note}`,
    writer: 'reqlens',
    nodeArgs: ['--import', register],
    env,
    hasOtlp: false,
    rolls: true,
    missing: isBuilt ? undefined : 'dist/register.cjs is not there: npm run build',
  };
}

interface Peer {
  readonly name: string;
  readonly packages: readonly string[];
  readonly note: string;
  readonly rolls?: boolean;
  readonly writer?: string;
}

function peer({ name, packages, note, rolls = true, writer = name }: Peer): LogVariant {
  const versions = packages.map((each) => [each, installedVersion(each)] as const);
  const absent = versions.filter(([, version]) => version === undefined).map(([each]) => each);
  const names = versions.map(([each, version]) => `${each} ${version ?? ''}`.trim()).join(' + ');
  return {
    name,
    label: note === '' ? names : `${names}, ${note}`,
    writer,
    nodeArgs: [],
    env: {},
    hasOtlp: false,
    rolls,
    missing: absent.length > 0 ? `not installed: ${absent.join(', ')} (npm ci --prefix bench)` : undefined,
  };
}

function python(): LogVariant {
  const version = pythonVersion();
  return {
    name: 'python',
    label: `${version ?? 'Python'}, \`RotatingFileHandler\``,
    writer: 'python',
    nodeArgs: [],
    env: {},
    hasOtlp: false,
    rolls: true,
    missing: version === undefined ? 'python3 is not there' : undefined,
  };
}

function pythonVersion(): string | undefined {
  try {
    return execFileSync('python3', ['--version'], { encoding: 'utf8' }).trim();
  } catch {
    // Not installed: the table says so.
    return undefined;
  }
}
