/**
 * Children inherit the line that started us, and may start elsewhere: in another directory `./register.js` and `reqlens/register`
 * lead nowhere, and Node ends the child. So the line is made absolute for everyone who reads it from now on.
 */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { keepPreloadForWorkers } from './inherited-preload-workers.ts';
import { withAbsoluteArguments, withAbsoluteOptions } from './preload-specifier.ts';
import type { PreloadFlag } from './preload-specifier.ts';

/** A preload that somebody has written is short; what is longer is a program. */
const maxPreloadBytes = 64 * 1024;

/**
 * Changes `process.execArgv` (fork, cluster, node --test) and NODE_OPTIONS (every other child) in place.
 *
 * @param preloadPath - The file that is `reqlens/register`.
 */
export function keepPreloadForChildren(preloadPath: string, environment: NodeJS.ProcessEnv): void {
  const directory = process.cwd();
  const absolute = (specifier: string, flag: PreloadFlag): string | undefined => {
    const path = ourFile(specifier, { flag, directory, preloadPath });
    return flag === 'import' && path !== undefined ? pathToFileURL(path).href : path;
  };
  const args = withAbsoluteArguments(process.execArgv, absolute);
  const options = environment['NODE_OPTIONS'] ?? '';
  const absoluteOptions = withAbsoluteOptions(options, absolute);
  const isRelative =
    absoluteOptions !== options || args.some((argument, index) => argument !== process.execArgv[index]);
  if (!isRelative) return;
  process.execArgv.splice(0, process.execArgv.length, ...args);
  if (absoluteOptions !== options) environment['NODE_OPTIONS'] = absoluteOptions;
  keepPreloadForWorkers(directory);
}

interface Place {
  readonly flag: PreloadFlag;
  readonly directory: string;
  readonly preloadPath: string;
}

/** @returns The file, when the specifier depends on the directory and leads to us, or to a preload that names us. */
function ourFile(specifier: string, { flag, directory, preloadPath }: Place): string | undefined {
  if (specifier === 'reqlens/register') return preloadPath;
  if (isAbsolute(specifier) || URL.canParse(specifier)) return undefined;
  try {
    // A bare name that is not ours is somebody else's: without us it would fail in that child, too.
    const isPath = specifier.startsWith('.');
    const path = isPath ? pathOf(specifier, flag, directory) : undefined;
    return path !== undefined && isOurs(path, preloadPath) ? path : undefined;
  } catch {
    // Node has found something else than we do; it is left as it is.
    return undefined;
  }
}

function pathOf(specifier: string, flag: PreloadFlag, directory: string): string {
  if (flag === 'require') return createRequire(join(directory, 'noop.js')).resolve(specifier);
  return fileURLToPath(new URL(specifier, pathToFileURL(`${directory}/`)));
}

function isOurs(path: string, preloadPath: string): boolean {
  if (realpathSync(path) === preloadPath) return true;
  return statSync(path).size <= maxPreloadBytes && readFileSync(path, 'utf8').includes('reqlens');
}
