/** Switches on OpenTelemetry instrumentations that the application has installed (`REQLENS_INSTRUMENTATIONS`). */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { Config } from './config/config.ts';
import { reportOnce } from './export/self-report.ts';
import { interceptImports } from './import-hooks.ts';
import { makeInstrumentations } from './instrumentation-classes.ts';
import type { Instrumentation } from './instrumentation-classes.ts';
import { sayLoadedBefore, sayUnacceptedVersions } from './instrumented-libraries.ts';
import { requiredModules } from './preload-specifier.ts';

/**
 * Each package is loaded as the application would load it, so that it patches the application's copy of a library. One that
 * cannot be used is said, and the others go on.
 *
 * @returns Switches them off.
 */
export function instrumentLibraries({ instrumentations: packages, nodeOptions }: Config): () => void {
  const loaded = packages.map(loadPackage).filter((each) => each !== undefined);
  const required = requiredModules(process.execArgv, nodeOptions).filter((specifier) => !isPreload(specifier));
  interceptImports(loaded, { required, say: sayUnusable });
  return () => {
    for (const { instrumentations } of loaded) for (const each of instrumentations) each.disable();
  };
}

/** Ours, in Node's loader thread too, does nothing there. */
function isPreload(specifier: string): boolean {
  try {
    const path = createRequire(join(process.cwd(), 'index.js')).resolve(specifier);
    return realpathSync(path) === Reflect.get(globalThis, Symbol.for('reqlens.started'));
  } catch {
    // Not found from here; Node has found it somewhere, and what it does is not known.
    return false;
  }
}

interface LoadedPackage {
  readonly name: string;
  readonly file: string;
  readonly instrumentations: readonly Instrumentation[];
}

function loadPackage(name: string): LoadedPackage | undefined {
  try {
    const requireFromApplication = createRequire(join(process.cwd(), 'index.js'));
    const instrumentations = makeInstrumentations(name, requireFromApplication(name));
    const say = (reason: string): void => sayUnusable(name, reason);
    sayLoadedBefore(instrumentations, requireFromApplication, say);
    for (const each of instrumentations) sayUnacceptedVersions(each, say);
    return { name, file: requireFromApplication.resolve(name), instrumentations };
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    sayUnusable(name, reason);
    return undefined;
  }
}

function sayUnusable(name: string, reason: string): void {
  const message = `cannot use ${name} (REQLENS_INSTRUMENTATIONS): ${reason}; its spans will be missing`;
  reportOnce(`instrumentation ${name} ${reason}`, message);
}
