/**
 * Bytes that the application reads from files and writes to them with node:fs, in all three styles and as streams. By the results:
 * what was asked for and not got does not count. Patched when the tracker is made, before the application takes the functions
 * out of the module; while nothing is tracked they pass everything through.
 */
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

import { bytesOf } from './outgoing-bytes.ts';
import { guarded, patch, undoAll } from '../patch.ts';
import type { Callable, PatchTarget } from '../patch.ts';
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

export interface FileBytesParts {
  readonly owner: OwnerNow;
  /** Told of a fault of ours, which must not reach those who read and write files. */
  readonly failed: (error: unknown) => void;
}

/** @returns Takes the patches off. */
export function countFileBytes(parts: FileBytesParts): () => void {
  const files = { target: fs, prefix: 'fs', parts };
  const promises = { target: fs.promises, prefix: 'fs.promises', parts };
  const undo = [
    ...patchesFor(files, synchronous, countResult()),
    ...patchesFor(files, withCallback, countInCallback),
    ...patchesFor(promises, withPromise, countSettled),
  ];
  undo.push(countWholeFile(parts));
  undo.push(patchFirstHandle(parts, undo));
  syncBuiltinESMExports();
  return () => {
    undoAll(undo)();
    syncBuiltinESMExports();
  };
}

/** Our part in one function. Neither throws. */
interface Meter {
  readonly owner: OwnerNow;
  readonly count: (record: UsageRecord, result: unknown, args: readonly unknown[]) => void;
}

type Count = (original: Callable, meter: Meter) => Callable;

interface Patched {
  readonly target: PatchTarget;
  /** Of the places' names. */
  readonly prefix: string;
  readonly parts: FileBytesParts;
}

function patchesFor({ target, prefix, parts }: Patched, rules: Rules, count: Count): (() => void)[] {
  const { owner, failed } = parts;
  return Object.entries(rules).map(([name, [counter, moved]]) => {
    const place = `${prefix}.${name}`;
    const counted: Meter['count'] = (record, result, args) => add(record, counter, moved(result, args));
    const meter = { owner: guarded(`${place}, whose`, owner, failed), count: guarded(place, counted, failed) };
    return patch({ target, name, place }, (original) => count(original, meter));
  });
}

function countResult(): Count {
  // Node makes some of these of others; only what the application calls counts.
  let isInside = false;
  return (original, meter) =>
    function counted(...args) {
      const record = isInside ? undefined : meter.owner();
      if (record === undefined) return Reflect.apply(original, this, args);
      isInside = true;
      try {
        const result = Reflect.apply(original, this, args);
        meter.count(record, result, args);
        return result;
      } finally {
        isInside = false;
      }
    };
}

function countInCallback(original: Callable, meter: Meter): Callable {
  return function counted(...args) {
    const callback = args.at(-1);
    const record = typeof callback === 'function' ? meter.owner() : undefined;
    if (record === undefined || typeof callback !== 'function') return Reflect.apply(original, this, args);
    const options = args.slice(0, -1);
    const counting = function counting(this: unknown, ...results: unknown[]): unknown {
      meter.count(record, results[1], options);
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

function countWholeFile({ owner, failed }: FileBytesParts): () => void {
  const place = 'fs.writeFile';
  const counting = guarded(place, (args: readonly unknown[]) => countedWhole(owner(), args, failed), failed);
  return patch(
    { target: fs, name: 'writeFile', place },
    (original) =>
      function counted(...args) {
        return Reflect.apply(original, this, counting(args) ?? args);
      },
  );
}

/** The arguments to use, with a callback that counts; undefined when there is nothing to count. */
function countedWhole(
  record: UsageRecord | undefined,
  args: readonly unknown[],
  failed: FileBytesParts['failed'],
): unknown[] | undefined {
  const [path, given, options] = args;
  const callback = args.at(-1);
  const bytes = record === undefined ? undefined : bytesOf(given, encodingOf(options));
  if (record === undefined || typeof callback !== 'function' || bytes === undefined) return undefined;
  // A string would be made into a buffer later, out of sight.
  const content: object = typeof given === 'string' ? Buffer.from(given, knownEncoding(options)) : Object(given);
  wholeFiles.add(content);
  const written = guarded(
    'the callback of fs.writeFile',
    (error: unknown) => {
      wholeFiles.delete(content);
      add(record, 'fileWrittenBytes', error === null || error === undefined ? bytes : 0);
    },
    failed,
  );
  const counting = function counting(this: unknown, ...results: unknown[]): unknown {
    written(results[0]);
    return Reflect.apply(callback, this, results);
  };
  return [path, content, ...args.slice(2, -1), counting];
}

function countSettled(original: Callable, meter: Meter): Callable {
  return function counted(...args) {
    const record = meter.owner();
    const result = Reflect.apply(original, this, args);
    if (record === undefined || !(result instanceof Promise)) return result;
    // What comes of it is given on, so a rejection that nobody handles is still one.
    return result.then((value: unknown) => {
      meter.count(record, value, args);
      return value;
    });
  };
}

function add(record: UsageRecord, counter: Counter, bytes: number): void {
  if (record.isLive) record[counter] += bytes;
}

/** Node does not export FileHandle; the first one that is opened shows its prototype. */
function patchFirstHandle(parts: FileBytesParts, undo: (() => void)[]): () => void {
  const place = 'fs.promises.open';
  let isPatched = false;
  const isWanted = guarded(`${place}, whose`, () => !isPatched && parts.owner() !== undefined, parts.failed);
  const patchAll = guarded(
    place,
    (handle: object) => {
      const target: object = Object.getPrototypeOf(handle);
      if (!isPatched)
        undo.push(...patchesFor({ target, prefix: 'FileHandle.prototype', parts }, ofFileHandle, countSettled));
      isPatched = true;
    },
    parts.failed,
  );
  return patch(
    { target: fs.promises, name: 'open', place },
    (open) =>
      function opened(...args) {
        const isFirst = isWanted();
        const result = Reflect.apply(open, this, args);
        if (isFirst !== true || !(result instanceof Promise)) return result;
        return result.then((handle: object) => {
          patchAll(handle);
          return handle;
        });
      },
  );
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
