/**
 * A worker inherits Node's options as they were read at the start, not `process.execArgv`. After `process.chdir` a preload with a relative
 * name is not found any more, and the worker ends; so such a worker is given the arguments by hand.
 */
import { syncBuiltinESMExports } from 'node:module';
import workerThreads from 'node:worker_threads';
import type { WorkerOptions } from 'node:worker_threads';

/** @param directory - Where the process started: there the worker needs nothing of us. */
export function keepPreloadForWorkers(directory: string): void {
  const { Worker } = workerThreads;
  // A Proxy: subclasses, `instanceof` and static members stay what they are.
  workerThreads.Worker = new Proxy(Worker, {
    construct: (target, [file, options, ...rest]: unknown[], newTarget) => {
      const make = (given: unknown): Worker => Reflect.construct(target, [file, given, ...rest], newTarget);
      if (isOptions(options) && options.execArgv !== undefined) return make(options);
      if (process.cwd() === directory) return make(options);
      return withArguments(
        (execArgv) => make({ ...Object(options), execArgv }),
        () => make(options),
      );
    },
  });
  syncBuiltinESMExports();
}

type Worker = workerThreads.Worker;

function isOptions(options: unknown): options is WorkerOptions {
  return typeof options === 'object' && options !== null;
}

/** Some options belong to the whole process: inherited they are nothing to a worker, given to it they are an error that names them. */
function withArguments(make: (execArgv: readonly string[]) => Worker, makeAsBefore: () => Worker): Worker {
  try {
    return make(process.execArgv);
  } catch (error) {
    if (!isInvalidArguments(error)) throw error;
    const refused = new Set(error.message.replace(/^[^:]*: /, '').split(', '));
    const accepted = process.execArgv.filter((argument) => !refused.has(argument));
    return accepted.length < process.execArgv.length
      ? withoutError(() => make(accepted), makeAsBefore)
      : makeAsBefore();
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
