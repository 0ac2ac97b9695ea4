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

type SayUnusable = (name: string, reason: string) => void;

/**
 * A copy takes the list of modules to intercept once, so all packages that share one are taken together, also when each has an
 * `@opentelemetry/instrumentation` of its own between. Every other import stays as it is.
 */
export function interceptImports(loaded: readonly Interceptable[], say: SayUnusable): void {
  const byCopy = Map.groupBy(loaded, ({ file }) => copyOf(file));
  for (const [copy, sharing] of byCopy) {
    const reason = interceptFor(copy, sharing);
    if (reason === undefined) continue;
    for (const { name } of sharing) say(name, `only \`require\` is patched, not \`import\`: ${reason}`);
  }
}

/** @returns Why it does not work. */
function interceptFor(copy: string | undefined, sharing: readonly Interceptable[]): string | undefined {
  if (copy === undefined) return 'its import-in-the-middle was not found';
  const definitions = sharing.flatMap(({ instrumentations }) => instrumentations).flatMap(modulesOf);
  try {
    intercept(copy, [...new Set(definitions)]);
    return undefined;
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

/** Synchronous hooks where Node has them (22.22.3, 24.11.1, 25.1, 26) and the copy too (3.1), else a loader thread. */
function intercept(copy: string, include: readonly string[]): void {
  if (include.length === 0) return;
  const hooks = syncHooksOf(copy);
  if (hooks?.supportsSyncHooks() === true) hooks.register({ include });
  else withoutDeprecation(() => register('./hook.mjs', pathToFileURL(copy), { data: { include } }));
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
