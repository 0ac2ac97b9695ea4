/**
 * Bytes that the application reads from files and writes to them with node:fs, in all three styles and as streams. By the results:
 * what was asked for and not got does not count. Patched when the tracker is made, before the application takes the functions
 * out of the module; while nothing is tracked they pass everything through.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

import { bytesOf } from './outgoing-bytes.ts';
import { patch, undoAll } from './patch.ts';
import type { Callable, PatchTarget } from './patch.ts';
import type { OwnerNow, UsageRecord } from './usage-record.ts';

/** Bytes moved by one call, by its result and its arguments. */
type BytesMoved = (result: unknown, args: readonly unknown[]) => number;
type Counter = 'fileReadBytes' | 'fileWrittenBytes';

/** Number of bytes, or `{ bytesRead }` and `{ bytesWritten }` of promises. */
const asCounted: BytesMoved = (result) => {
  if (typeof result === 'number') return result;
  if (typeof result !== 'object' || result === null) return 0;
  const { bytesRead, bytesWritten }: { bytesRead?: unknown; bytesWritten?: unknown } = result;
  return Number(bytesRead ?? bytesWritten ?? 0);
};
/** What `readFile` gives. */
const asContent: BytesMoved = (result, args) => bytesOf(result, encodingOf(args[1] ?? args[0])) ?? 0;
/** `writeFile(path, content, options)`, and the same of a file handle, without the path. Iterables are not counted. */
const asGiven: BytesMoved = (_result, args) => bytesOf(args[1], encodingOf(args[2])) ?? 0;
const asGivenFirst: BytesMoved = (_result, args) => bytesOf(args[0], encodingOf(args[1])) ?? 0;

type Rules = Readonly<Record<string, readonly [Counter, BytesMoved]>>;

const synchronous: Rules = {
  readSync: ['fileReadBytes', asCounted],
  readvSync: ['fileReadBytes', asCounted],
  readFileSync: ['fileReadBytes', asContent],
  writeSync: ['fileWrittenBytes', asCounted],
  writevSync: ['fileWrittenBytes', asCounted],
  writeFileSync: ['fileWrittenBytes', asGiven],
  appendFileSync: ['fileWrittenBytes', asGiven],
};
/** Streams are made of `fs.read`, `fs.write` and `fs.writev`. */
const withCallback: Rules = {
  read: ['fileReadBytes', asCounted],
  readv: ['fileReadBytes', asCounted],
  readFile: ['fileReadBytes', asContent],
  write: ['fileWrittenBytes', (result, args) => (isWholeFile(args[1]) ? 0 : asCounted(result, args))],
  writev: ['fileWrittenBytes', asCounted],
};
const withPromise: Rules = {
  readFile: ['fileReadBytes', asContent],
  writeFile: ['fileWrittenBytes', asGiven],
  appendFile: ['fileWrittenBytes', asGiven],
};
const ofFileHandle: Rules = {
  read: ['fileReadBytes', asCounted],
  readv: ['fileReadBytes', asCounted],
  readFile: ['fileReadBytes', asContent],
  write: ['fileWrittenBytes', asCounted],
  writev: ['fileWrittenBytes', asCounted],
  writeFile: ['fileWrittenBytes', asGivenFirst],
  appendFile: ['fileWrittenBytes', asGivenFirst],
};

/** @returns Takes the patches off. */
export function countFileBytes(owner: OwnerNow): () => void {
  const undo = [
    ...patchesFor(fs, synchronous, countResult(owner)),
    ...patchesFor(fs, withCallback, countInCallback(owner)),
    ...patchesFor(fs.promises, withPromise, countSettled(owner)),
  ];
  undo.push(patch(fs, 'writeFile', countWholeFile(owner)));
  undo.push(patch(fs.promises, 'open', (open) => patchFirstHandle(open, owner, undo)));
  syncBuiltinESMExports();
  return () => {
    undoAll(undo)();
    syncBuiltinESMExports();
  };
}

type Count = (original: Callable, counter: Counter, moved: BytesMoved) => Callable;

function patchesFor(target: PatchTarget, rules: Rules, count: Count): (() => void)[] {
  return Object.entries(rules).map(([name, [counter, moved]]) =>
    patch(target, name, (original) => count(original, counter, moved)),
  );
}

function countResult(owner: OwnerNow): Count {
  // Node makes some of these of others; only what the application calls counts.
  let isInside = false;
  return (original, counter, moved) =>
    function counted(...args) {
      const record = isInside ? undefined : owner();
      if (record === undefined) return Reflect.apply(original, this, args);
      isInside = true;
      try {
        const result = Reflect.apply(original, this, args);
        record[counter] += moved(result, args);
        return result;
      } finally {
        isInside = false;
      }
    };
}

function countInCallback(owner: OwnerNow): Count {
  return (original, counter, moved) =>
    function counted(...args) {
      const record = owner();
      const callback = args.at(-1);
      if (record === undefined || typeof callback !== 'function') return Reflect.apply(original, this, args);
      const options = args.slice(0, -1);
      const counting = function counting(this: unknown, ...results: unknown[]): unknown {
        add(record, counter, moved(results[1], options));
        return Reflect.apply(callback, this, results);
      };
      return Reflect.apply(original, this, [...options, counting]);
    };
}

/**
 * Content that `fs.writeFile` writes, which is counted there: by `fs.write` on some Node versions, in one job on others (26.10).
 * `appendFile` is made of `writeFile` on all.
 */
const wholeFiles = new WeakSet<object>();

function countWholeFile(owner: OwnerNow): (original: Callable) => Callable {
  return (original) =>
    function counted(...args) {
      const record = owner();
      const [path, given, options] = args;
      const callback = args.at(-1);
      const bytes = bytesOf(given, encodingOf(options));
      if (record === undefined || typeof callback !== 'function' || bytes === undefined) {
        return Reflect.apply(original, this, args);
      }
      // A string would be made into a buffer later, out of sight.
      const content: object = typeof given === 'string' ? Buffer.from(given, knownEncoding(options)) : Object(given);
      wholeFiles.add(content);
      const counting = function counting(this: unknown, error: unknown, ...rest: unknown[]): unknown {
        wholeFiles.delete(content);
        add(record, 'fileWrittenBytes', error === null || error === undefined ? bytes : 0);
        return Reflect.apply(callback, this, [error, ...rest]);
      };
      return Reflect.apply(original, this, [path, content, ...args.slice(2, -1), counting]);
    };
}

function countSettled(owner: OwnerNow): Count {
  return (original, counter, moved) =>
    function counted(...args) {
      const record = owner();
      const result = Reflect.apply(original, this, args);
      if (record === undefined || !(result instanceof Promise)) return result;
      // What comes of it is given on, so a rejection that nobody handles is still one.
      return result.then((value: unknown) => {
        add(record, counter, moved(value, args));
        return value;
      });
    };
}

function add(record: UsageRecord, counter: Counter, bytes: number): void {
  if (record.isLive) record[counter] += bytes;
}

/** Node does not export FileHandle; the first one that is opened shows its prototype. */
function patchFirstHandle(open: Callable, owner: OwnerNow, undo: (() => void)[]): Callable {
  let isPatched = false;
  return function opened(...args) {
    const result = Reflect.apply(open, this, args);
    if (isPatched || owner() === undefined || !(result instanceof Promise)) return result;
    return result.then((handle: object) => {
      if (!isPatched) undo.push(...patchesFor(Object.getPrototypeOf(handle), ofFileHandle, countSettled(owner)));
      isPatched = true;
      return handle;
    });
  };
}

function encodingOf(options: unknown): unknown {
  if (typeof options !== 'object' || options === null) return options;
  const { encoding }: { encoding?: unknown } = options;
  return encoding;
}

function knownEncoding(options: unknown): BufferEncoding {
  const encoding = encodingOf(options);
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

function isWholeFile(content: unknown): boolean {
  return typeof content === 'object' && content !== null && wholeFiles.has(content);
}
