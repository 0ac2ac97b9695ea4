/**
 * A worker inherits Node's options as they were read at the start, not `process.execArgv`. After `process.chdir` a preload with a relative
 * name is not found any more, and the worker ends; so such a worker is given the arguments by hand.
 */
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

import { guarded } from './patch.ts';

/** @param directory - Where the process started: there the worker needs nothing of us. */
export function keepPreloadForWorkers(directory: string): void {
  const { Worker } = workerThreads;
  const inherited = guarded('worker_threads.Worker', (options: unknown) => argumentsFor(options, directory));
  // A Proxy: subclasses, `instanceof` and static members stay what they are.
  workerThreads.Worker = new Proxy(Worker, {
    construct: (target, [file, options, ...rest]: unknown[], newTarget) => {
      const make = (given: unknown): Worker => Reflect.construct(target, [file, given, ...rest], newTarget);
      const byHand = inherited(options);
      if (byHand === undefined) return make(options);
      return withArguments(
        byHand,
        (execArgv) => make({ ...Object(options), execArgv }),
        () => make(options),
      );
    },
  });
  syncBuiltinESMExports();
}

type Worker = workerThreads.Worker;

/** @returns Undefined when the worker finds the preload by itself, or the application has chosen what it gets. */
function argumentsFor(options: unknown, directory: string): readonly string[] | undefined {
  if (isOptions(options) && options.execArgv !== undefined) return undefined;
  return isStillIn(directory) ? undefined : process.execArgv;
}

function isStillIn(directory: string): boolean {
  try {
    return process.cwd() === directory;
  } catch {
    // The directory is gone: nothing relative is found in it.
    return false;
  }
}

function isOptions(options: unknown): options is WorkerOptions {
  return typeof options === 'object' && options !== null;
}

/** Some options belong to the whole process: inherited they are nothing to a worker, given to it they are an error that names them. */
function withArguments(
  inherited: readonly string[],
  make: (execArgv: readonly string[]) => Worker,
  makeAsBefore: () => Worker,
): Worker {
  try {
    return make(inherited);
  } catch (error) {
    if (!isInvalidArguments(error)) throw error;
    const refused = new Set(error.message.replace(/^[^:]*: /, '').split(', '));
    const accepted = inherited.filter((argument) => !refused.has(argument));
    return accepted.length < inherited.length ? withoutError(() => make(accepted), makeAsBefore) : makeAsBefore();
  }
}

function isInvalidArguments(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_INVALID_EXEC_ARGV';
}

function withoutError(make: () => Worker, makeAsBefore: () => Worker): Worker {
  try {
    return make();
  } catch {
    // What the application has asked for, without us: its error, if it is one, is Node's own.
    return makeAsBefore();
  }
}
