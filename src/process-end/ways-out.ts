/** The functions by which a process ends itself: what is still here is sent before they go on. */
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';

import { guarded, patch, undoAll } from '../patch.ts';

export interface WaysOutParts {
  readonly end: () => void;
  /** From here on a signal does what it does without us. */
  readonly letSignalsThrough: () => void;
}

/**
 * `process.exit` calls `reallyExit`, also from an `exit` listener, after which no listener runs any more; libraries call it
 * directly (signal-exit). In a worker `abort` and `execve` only throw.
 *
 * @returns Takes each back.
 */
export function watchWaysOut(parts: WaysOutParts): () => void {
  const names = isMainThread ? ['reallyExit', 'abort', 'execve'] : ['reallyExit'];
  return undoAll([...names.map((name) => watchOne(name, parts)), watchKill(parts)]);
}

function watchOne(name: string, { end }: WaysOutParts): () => void {
  return patch({ target: process, name, place: `process.${name}` }, (original, place) => {
    const before = guarded(place, end);
    return (...args) => {
      before();
      return original.apply(process, args);
    };
  });
}

/** Without us a signal to oneself ends the process within the call: nothing after it runs. */
function watchKill({ end, letSignalsThrough }: WaysOutParts): () => void {
  return patch({ target: process, name: 'kill', place: 'process.kill' }, (original, place) => {
    const before = guarded(place, (pid: unknown, signal: unknown) => {
      if (!endsThisProcess(pid, signal)) return;
      end();
      letSignalsThrough();
    });
    return (...args) => {
      before(args[0], args[1]);
      return original.apply(process, args);
    };
  });
}

/** Signals that Node or the operating system ignores, that stop the process, or that start the inspector (SIGUSR1). */
const harmless: ReadonlySet<string> = new Set([
  'SIGCHLD',
  'SIGCONT',
  'SIGINFO',
  'SIGPIPE',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGUSR1',
  'SIGWINCH',
  'SIGXFSZ',
]);

/** @param signal - As `process.kill` takes it: a name, a number, or nothing for SIGTERM. */
function endsThisProcess(pid: unknown, signal: unknown): boolean {
  // 0 is the process group, and so is a negative number; ours is among them when we lead it.
  const isOwn =
    typeof pid === 'number' ? pid === process.pid || pid === 0 || pid === -process.pid : pid === String(process.pid);
  if (!isOwn) return false;
  const name = nameOf(signal);
  return name !== undefined && !harmless.has(name) && process.listenerCount(name) === 0;
}

/** Undefined for 0, which asks whether a process is there, and for what `process.kill` refuses. */
function nameOf(signal: unknown): string | undefined {
  const asked = signal === undefined || signal === '' || signal === null ? 'SIGTERM' : signal;
  return Object.entries(constants.signals).find(([name, number]) => name === asked || number === asked)?.[0];
}
