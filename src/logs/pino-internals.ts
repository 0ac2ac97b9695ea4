/** What we read of a pino logger besides its public interface; pino exports the symbols (https://getpino.io/#/docs/api?id=pino-symbols). */
import { pino } from 'pino';
import type { Logger } from 'pino';

const symbols: typeof pino.symbols = pino.symbols;

export const boundFields: unique symbol = Symbol('reqlens bound fields');

type Stringifier = (value: unknown) => string | undefined;

/** The parts of pino that we rely on; package.json pins its version. */
export interface PinoInternals {
  /** `{"level":"info"` for each level's number. */
  readonly [symbols.lsCacheSym]: Readonly<Record<number, string>>;
  /** `,"key":value` of all bindings. */
  [symbols.chindingsSym]: string;
  readonly [symbols.serializersSym]: Readonly<Record<string, ((value: unknown) => unknown) | undefined>>;
  readonly [symbols.formattersSym]: {
    readonly log?: (fields: object) => object;
    readonly bindings?: (bindings: object) => object;
  };
  /** Ours; absent until something is bound. */
  [boundFields]?: BoundFields;
  /** A child's `redact` option. */
  readonly [symbols.stringifiersSym]: Readonly<Record<string | symbol, Stringifier | undefined>>;
}

/** A line to write: what pino passes to its writer. */
export interface LineInput {
  /** What the application passed first, when it was an object. */
  readonly fields: unknown;
  readonly message: unknown;
  readonly level: number;
}

/** `LineInput` in the order in which pino passes it. */
type WriterArguments = [fields: unknown, message: unknown, level: number];

/** Called by pino for each line that its level lets through. */
export type WriteLine = (logger: PinoInternals, input: LineInput) => void;

/** From now on that logger and its children write their lines by `write`, and pino's own line maker is not called. */
export function replaceWriter(logger: Logger, write: WriteLine): void {
  const value = function writer(this: PinoInternals, ...[fields, message, level]: WriterArguments): void {
    write(this, { fields, message, level });
  };
  Object.defineProperty(logger, symbols.writeSym, { value });
}

/** The same by hand. */
export function writeLine(logger: Logger, { fields, message, level }: LineInput): void {
  const write: unknown = Reflect.get(logger, symbols.writeSym);
  if (typeof write === 'function') Reflect.apply(write, logger, [fields, message, level]);
}

export function internalsOf(logger: Logger): PinoInternals {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what pino keeps under its symbols
  return logger as unknown as PinoInternals;
}

/** @returns What a child's own formatter makes of its bindings. */
export function formatBindings(logger: Logger, bindings: unknown): unknown {
  const format = internalsOf(logger)[formatters].bindings;
  if (typeof bindings !== 'object' || bindings === null || format === undefined) return bindings;
  try {
    return format(bindings);
  } catch {
    // The formatter is the application's: what it was given is better than nothing.
    return bindings;
  }
}

/** Bindings one by one, beside pino's text of them all. */
interface BoundFields {
  /** `,"key":value` of what every line of the logger has. */
  readonly base: string;
  /** The same of what was bound by `child` and `setBindings`, by the name as written. */
  readonly byName: ReadonlyMap<string, string>;
}

/** @param added - `,"key":value` by name; a name that is bound already gets the new value. */
export function addBindings(logger: Logger, added: ReadonlyMap<string, string>): void {
  const internals = internalsOf(logger);
  const { base, byName } = internals[boundFields] ?? { base: internals[bindingsText], byName: new Map() };
  const all = new Map([...byName, ...added]);
  internals[boundFields] = { base, byName: all };
  internals[bindingsText] = base + [...all.values()].join('');
}

export const levelCache: typeof symbols.lsCacheSym = symbols.lsCacheSym;
export const bindingsText: typeof symbols.chindingsSym = symbols.chindingsSym;
export const serializers: typeof symbols.serializersSym = symbols.serializersSym;
export const formatters: typeof symbols.formattersSym = symbols.formattersSym;
export const stringifiers: typeof symbols.stringifiersSym = symbols.stringifiersSym;
/** Key of the stringifier for every field. */
export const everyField: typeof symbols.wildcardFirstSym = symbols.wildcardFirstSym;
