/** `require` is patched by instrumentations themselves; `import` needs loader hooks, those of their own copy of import-in-the-middle. */
import { realpathSync } from 'node:fs';
import { createRequire, register } from 'node:module';
import { pathToFileURL } from 'node:url';

import type { Instrumentation } from './instrumentation-classes.ts';

export interface Interceptable {
  readonly name: string;
  /** Of the package, from where its own copies are found. */
  readonly file: string;
  readonly instrumentations: readonly Instrumentation[];
}

interface Interception {
  /** What Node's options load by `--require` beside us. */
  readonly required: readonly string[];
  readonly say: (name: string, reason: string) => void;
}

/**
 * A copy takes the list of modules to intercept once, so all packages that share one are taken together, also when each has an
 * `@opentelemetry/instrumentation` of its own between. Every other import stays as it is.
 */
export function interceptImports(loaded: readonly Interceptable[], { required, say }: Interception): void {
  const byCopy = Map.groupBy(loaded, ({ file }) => copyOf(file));
  for (const [copy, sharing] of byCopy) {
    const reason = interceptFor(copy, sharing, required);
    if (reason === undefined) continue;
    for (const { name } of sharing) say(name, `only \`require\` is patched, not \`import\`: ${reason}`);
  }
}

/** @returns Why it does not work. */
function interceptFor(
  copy: string | undefined,
  sharing: readonly Interceptable[],
  required: readonly string[],
): string | undefined {
  if (copy === undefined) return 'its import-in-the-middle was not found';
  const definitions = sharing.flatMap(({ instrumentations }) => instrumentations).flatMap(modulesOf);
  try {
    return intercept(copy, [...new Set(definitions)], required);
  } catch (error) {
    return error instanceof Error ? error.message.split('\n')[0] : String(error);
  }
}

function copyOf(file: string): string | undefined {
  try {
    const base = createRequire(file).resolve('@opentelemetry/instrumentation');
    return realpathSync(createRequire(base).resolve('import-in-the-middle'));
  } catch {
    // Said by the caller, for each package.
    return undefined;
  }
}

function modulesOf(instrumentation: Instrumentation): string[] {
  return (instrumentation.getModuleDefinitions?.() ?? []).map(({ name }) => name);
}

/** What import-in-the-middle exports for its hooks in the application's own thread. */
interface SyncHooks {
  readonly supportsSyncHooks: () => boolean;
  readonly register: (options: { readonly include: readonly string[] }) => void;
}

/**
 * Synchronous hooks where Node has them (22.22.3, 24.11.1, 25.1, 26) and the copy too (3.1), else a loader thread. That loads what `--require`
 * names once more; when one of these fails there (on Node 22 each that requires an ES module does), no `import` of the application works
 * any more, and `register` cannot be taken back.
 *
 * @returns Why it was not done.
 */
function intercept(copy: string, include: readonly string[], required: readonly string[]): string | undefined {
  if (include.length === 0) return undefined;
  const hooks = syncHooksOf(copy);
  if (hooks?.supportsSyncHooks() === true) hooks.register({ include });
  else if (required.length > 0) return loaderThreadReason(required);
  else withoutDeprecation(() => register('./hook.mjs', pathToFileURL(copy), { data: { include } }));
  return undefined;
}

function loaderThreadReason(required: readonly string[]): string {
  const where = required.join(' and ');
  return `${where} would be loaded by --require in Node's loader thread too, and no import would work if that failed; preload by --import in place of --require, or take Node 22.22.3 or newer and the newest instrumentation`;
}

function syncHooksOf(copy: string): SyncHooks | undefined {
  try {
    const hooks: unknown = createRequire(copy)('./register-hooks.mjs');
    return isSyncHooks(hooks) ? hooks : undefined;
  } catch {
    // An older copy does not have them.
    return undefined;
  }
}

function isSyncHooks(hooks: unknown): hooks is SyncHooks {
  return typeof hooks === 'object' && hooks !== null && 'supportsSyncHooks' in hooks && 'register' in hooks;
}

/** Node 26 warns of the only way that an older copy has; a user can do nothing about it but wait for a newer instrumentation. */
function withoutDeprecation(action: () => void): void {
  const before = process.noDeprecation ?? false;
  process.noDeprecation = true;
  try {
    action();
  } finally {
    process.noDeprecation = before;
  }
}
