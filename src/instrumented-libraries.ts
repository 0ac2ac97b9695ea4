/** Why an instrumentation does nothing to a library: it was loaded before, or it is older or newer than what is accepted. */
import { isBuiltin } from 'node:module';

import type { Instrumentation, ModuleDefinition } from './instrumentation-classes.ts';

type Say = (reason: string) => void;

/** What is loaded by `import` alone cannot be seen; nearly all that is instrumented is CommonJS. */
export function sayLoadedBefore(instrumentations: readonly Instrumentation[], require: NodeJS.Require, say: Say): void {
  const names = new Set(
    instrumentations.flatMap((each) => each.getModuleDefinitions?.() ?? []).map(({ name }) => name),
  );
  for (const name of names) {
    if (!isBuiltin(name) && isLoaded(name, require)) say(`${name} was loaded before it; preload reqlens first`);
  }
}

function isLoaded(name: string, require: NodeJS.Require): boolean {
  try {
    return require.cache[require.resolve(name)] !== undefined;
  } catch {
    // It is not installed, or not for `require`: then it has not been loaded by it.
    return false;
  }
}

/** Says it when the library is loaded: only then it is known which copy of it the application has. */
export function sayUnacceptedVersions(instrumentation: Instrumentation, say: Say): void {
  const definitions = liveDefinitions(instrumentation);
  for (const definition of definitions) {
    if (isBuiltin(definition.name)) continue;
    const same = definitions.filter(({ name }) => name === definition.name);
    onVersion(definition, (version) => {
      if (same.some(isPatched)) return;
      const accepted = same.flatMap(({ supportedVersions = [] }) => supportedVersions).join(' or ');
      say(`it has found nothing to patch in ${definition.name} ${version}; it accepts ${accepted}`);
    });
  }
}

/** The objects that the instrumentation itself writes to; `getModuleDefinitions` of newer versions hands out copies. */
function liveDefinitions(instrumentation: Instrumentation): readonly ModuleDefinition[] {
  const own: unknown = Reflect.get(instrumentation, '_modules');
  return Array.isArray(own) ? own : (instrumentation.getModuleDefinitions?.() ?? []);
}

/** @param then - Called once, when the library has been loaded whole: its files come before it. */
function onVersion(definition: ModuleDefinition, then: (version: string) => void): void {
  let version = definition.moduleVersion;
  Object.defineProperty(definition, 'moduleVersion', {
    configurable: true,
    enumerable: true,
    get: () => version,
    set: (found: string | undefined) => {
      const isFirst = version === undefined && found !== undefined;
      version = found;
      if (isFirst) setImmediate(then, found);
    },
  });
}

function isPatched({ moduleExports, files = [] }: ModuleDefinition): boolean {
  return moduleExports !== undefined || files.some((file) => file.moduleExports !== undefined);
}
