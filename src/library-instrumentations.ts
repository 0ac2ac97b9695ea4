/** Switches on OpenTelemetry instrumentations that the application has installed (`REQLENS_INSTRUMENTATIONS`). */
import { createRequire, register } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { reportOnce } from './export/self-report.ts';

/** What every instrumentation has (`@opentelemetry/instrumentation`, InstrumentationBase). */
interface Instrumentation {
  readonly enable: () => void;
  readonly disable: () => void;
  /** The modules it patches when they are loaded. */
  readonly getModuleDefinitions?: () => readonly { readonly name: string }[];
}

/**
 * Each package is loaded as the application would load it, so that it patches the application's copy of a library. One that
 * cannot be loaded is said, and the others go on.
 *
 * @returns Switches them off.
 */
export function instrumentLibraries(packages: readonly string[]): () => void {
  const loaded = packages.map(loadPackage).filter((each) => each !== undefined);
  interceptImports(loaded);
  return () => {
    for (const { instrumentations } of loaded) for (const each of instrumentations) each.disable();
  };
}

interface LoadedPackage {
  readonly file: string;
  readonly instrumentations: readonly Instrumentation[];
}

function loadPackage(name: string): LoadedPackage | undefined {
  try {
    const requireFromApplication = createRequire(join(process.cwd(), 'index.js'));
    const exported: unknown = requireFromApplication(name);
    const classes = Object.values(Object(exported)).filter(isInstrumentationClass);
    if (classes.length === 0) throw new Error('it exports no class whose name ends in Instrumentation');
    const instrumentations = classes.map((InstrumentationClass) => new InstrumentationClass());
    return { file: requireFromApplication.resolve(name), instrumentations };
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    const message = `cannot use ${name} (REQLENS_INSTRUMENTATIONS): ${reason}; its spans will be missing`;
    reportOnce(`instrumentation ${name}`, message);
    return undefined;
  }
}

function isInstrumentationClass(exported: unknown): exported is new () => Instrumentation {
  return (
    typeof exported === 'function' &&
    exported.name.endsWith('Instrumentation') &&
    typeof Object(exported.prototype).enable === 'function'
  );
}

/** What import-in-the-middle exports for its hooks in the application's own thread. */
interface SyncHooks {
  readonly supportsSyncHooks: () => boolean;
  readonly register: (options: { readonly include: readonly string[] }) => void;
}

/**
 * `require` is patched by the instrumentation itself; `import` needs loader hooks, which are those of its own copy of
 * import-in-the-middle. A copy takes the list of modules to intercept once, so the packages that share one are taken together.
 * Every other import stays as it is.
 */
function interceptImports(loaded: readonly LoadedPackage[]): void {
  const byCopy = Map.groupBy(loaded, ({ file }) => createRequire(file).resolve('@opentelemetry/instrumentation'));
  for (const [base, sharing] of byCopy) {
    const definitions = sharing.flatMap(({ instrumentations }) => instrumentations).flatMap(modulesOf);
    registerHooks(base, [...new Set(definitions)]);
  }
}

function modulesOf(instrumentation: Instrumentation): string[] {
  return (instrumentation.getModuleDefinitions?.() ?? []).map(({ name }) => name);
}

/** Synchronous hooks where Node has them (22.22.3, 24.11.1, 25.1, 26), a loader thread below. */
function registerHooks(base: string, include: readonly string[]): void {
  const requireFromBase = createRequire(base);
  const hooks: unknown = requireFromBase('import-in-the-middle/register-hooks.mjs');
  if (isSyncHooks(hooks) && hooks.supportsSyncHooks()) hooks.register({ include });
  else register('import-in-the-middle/hook.mjs', pathToFileURL(base), { data: { include } });
}

function isSyncHooks(hooks: unknown): hooks is SyncHooks {
  return typeof hooks === 'object' && hooks !== null && 'supportsSyncHooks' in hooks && 'register' in hooks;
}
