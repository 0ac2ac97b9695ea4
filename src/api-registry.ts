/**
 * The object by which all copies of `@opentelemetry/api` in a process find each other. Ours is made so that every copy of version 1 takes
 * part: an older one as ever, a newer one too, which refuses what an older one has made.
 */
import { diag } from '@opentelemetry/api';
import type { DiagLogger, LoggerProvider } from '@opentelemetry/api';

import { isSecondRegistration, newestApi, sayForeignProvider } from './foreign-telemetry.ts';

/** https://github.com/open-telemetry/opentelemetry-js/tree/main/api, src/internal/global-utils.ts. */
const registryKey = Symbol.for('opentelemetry.js.api.1');
/** Where `@opentelemetry/api-logs` 0.x looks; since 1.10 the API has logs itself. */
const logsKey = Symbol.for('io.opentelemetry.js.api.logs');
/** The version of that interface, which has not changed since 2022. */
const logsVersion = 1;

interface Registry {
  version: string;
  diag?: DiagLogger;
}

type Globals = typeof globalThis & { [registryKey]?: Registry | undefined; [logsKey]?: unknown };

const globals: Globals = globalThis;

export interface ApiVersions {
  /** Of our copy. */
  readonly ours: string;
  /** Of the copy that has registered something before us. */
  readonly before: string | undefined;
}

/**
 * Call it before anything is registered. What others have registered stays; a logger for diagnostics alone, set through another copy of the
 * API, would refuse everything that is ours.
 */
export function openRegistry(): ApiVersions {
  sayForeignProvider();
  const before = globals[registryKey];
  Reflect.deleteProperty(globals, registryKey);
  // Only a registration tells the version, and it makes an object whose version nobody can change.
  diag.setLogger({ error: nothing, warn: nothing, info: nothing, debug: nothing, verbose: nothing });
  const ours = registryOf()?.version ?? '1.0.0';
  diag.disable();
  const registry: Registry = { ...before, version: ours };
  keepDuplicatesShort(registry);
  globals[registryKey] = registry;
  return { ours, before: before?.version };
}

/** What `closeRegistry` is given. */
interface Registered {
  readonly versions: ApiVersions;
  readonly loggers: LoggerProvider;
}

/** Call it after everything is registered. */
export function closeRegistry({ versions, loggers }: Registered): void {
  const registry = registryOf();
  if (registry !== undefined) registry.version = newestApi([versions.ours, versions.before]);
  globals[logsKey] ??= (version: number) => (version === logsVersion ? loggers : undefined);
}

/** Takes back what `closeRegistry` did for the older logs. */
export function leaveLogs(): void {
  Reflect.deleteProperty(globals, logsKey);
}

/** Not by the variable, which a compiler believes to be what was written to it. */
function registryOf(): Registry | undefined {
  return globals[registryKey];
}

function nothing(): void {
  // Nothing is said while the version is asked.
}

const levels = ['error', 'warn', 'info', 'debug', 'verbose'] as const;

/** An SDK that is started after us often brings a logger for diagnostics, and would show a stack for each thing that it may not register. */
function keepDuplicatesShort(registry: Registry): void {
  let current = registry.diag;
  Object.defineProperty(registry, 'diag', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (logger: DiagLogger) => {
      current = withoutDuplicates(logger);
    },
  });
}

function withoutDuplicates(logger: DiagLogger): DiagLogger {
  const short: DiagLogger = { ...logger };
  for (const level of levels) {
    short[level] = (message, ...details) => {
      if (!isSecondRegistration(message)) logger[level](message, ...details);
    };
  }
  return short;
}
