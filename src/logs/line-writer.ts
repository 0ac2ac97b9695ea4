/**
 * Makes the JSON line of a named logger: level, time, bindings, ids, fields, message, in pino's form. Never throws into the caller.
 * pino's own maker throws on getters, Proxies and symbols, writes keys twice, and lets control characters through.
 */
import type { ValueBounds } from './any-value.ts';
import { fieldName, readFields } from './line-fields.ts';
import type { LineFields } from './line-fields.ts';
import { logIdentityJson } from './log-identity.ts';
import { loggerFieldJson } from './logger-field.ts';
import { bindingsText, boundFields, formatters, levelCache, serializers } from './pino-internals.ts';
import type { LineInput, PinoInternals } from './pino-internals.ts';

/** A finished line and what the sinks ask of it. */
export interface LogLine {
  /** One JSON object and a line break. */
  readonly json: string;
  /** pino's number: 30 is info. */
  readonly level: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** Lines before it in the same millisecond: what sorts by time keeps their order. */
  readonly sequence: number;
  /** The line once more, in parts: what many lines have in common need not be read again for each. `{"level":"info"`. */
  readonly opening: string;
  /** `,"key":value` of each of the logger's bindings. */
  readonly bindings: string;
  /** The same of the request's ids. */
  readonly identity: string;
  /** Fields and message of this line alone, to its end. */
  readonly own: string;
}

export interface LineLimits {
  /** Characters of a line. */
  readonly maxLineLength: number;
}

export class LineWriter {
  readonly #fields: LineFields;
  readonly #maxLength: number;

  constructor(fields: LineFields, { maxLineLength }: LineLimits) {
    this.#fields = fields;
    this.#maxLength = maxLineLength;
  }

  /** The arguments are as pino passes them to its writer. */
  line(logger: PinoInternals, input: LineInput): LogLine {
    const timeMs = Date.now();
    const opening = logger[levelCache][input.level] ?? '{"level":"unknown"';
    const head = `${opening},"time":"${isoTime(timeMs)}"`;
    const { fields, message } = normalized(input);
    let bindings = bindingsBeside(logger, fields);
    const identity = logIdentityJson();
    let own = `${this.#fieldsJson(logger, fields, message)}${this.#messageJson(logger, message)}}
`;
    if (head.length + bindings.length + identity.length + own.length > this.#maxLength) {
      if (bindings.length > this.#maxLength / 2) bindings = logger[boundFields]?.base ?? bindings;
      own = this.#cut(head.length + bindings.length + identity.length, fields, message);
    }
    const json = head + bindings + identity + own;
    return { json, level: input.level, timeMs, sequence: sequenceWithin(timeMs), opening, bindings, identity, own };
  }

  #fieldsJson(logger: PinoInternals, given: object | undefined, message: unknown): string {
    if (given === undefined) return '';
    const fields = formatted(logger, given);
    const hasMessage = message !== undefined;
    let json = '';
    try {
      for (const key of Object.keys(fields))
        json += this.#field(logger, named(key, hasMessage), Reflect.get(fields, key));
      return json;
    } catch {
      // Reading may run code of the application's, a getter or a Proxy: once more, one by one.
      return readFields(fields).reduce(
        (text, [key, value]) => text + this.#field(logger, named(key, hasMessage), value),
        '',
      );
    }
  }

  #field(logger: PinoInternals, key: string, value: unknown): string {
    return loggerFieldJson({ logger, fields: this.#fields }, key, value);
  }

  #messageJson(logger: PinoInternals, message: unknown): string {
    if (message === undefined) return '';
    let value = message;
    try {
      value = logger[serializers]['msg']?.(message) ?? message;
    } catch {
      // The message as it was passed, then.
    }
    const json = this.#fields.message(value);
    return json === undefined ? '' : `,"msg":${json}`;
  }

  /** Fields and message with less: every value gets an equal share of what is left. */
  #cut(frontLength: number, given: object | undefined, message: unknown): string {
    const fields = given === undefined ? [] : readFields(given);
    const share = Math.floor((this.#maxLength - Math.min(frontLength, this.#maxLength)) / (fields.length + 2) / 6);
    // An escape takes up to six characters.
    const bounds: ValueBounds = {
      textLength: Math.max(share, 64),
      count: Math.max(16, Math.floor(share / 64)),
      depth: 4,
    };
    let own = '';
    let left = fields.length;
    for (const [key, value] of fields) {
      const field = this.#fields.field(named(key, message !== undefined), value, bounds);
      if (frontLength + own.length + field.length > this.#maxLength * 0.75) break;
      own += field;
      left -= 1;
    }
    const text = this.#fields.message(message, { ...bounds, textLength: Math.floor(this.#maxLength / 32) });
    const cut = left === 0 ? '' : `,"log_error":"cut, ${left} fields left out"`;
    return `${own}${cut}${text === undefined ? '' : `,"msg":${text}`}}\n`;
  }
}

interface Normalized {
  readonly fields: object | undefined;
  readonly message: unknown;
}

/** As pino has it: an error is the field `err`, and gives the message when there is none. */
function normalized({ fields, message }: LineInput): Normalized {
  if (typeof fields !== 'object' || fields === null) return { fields: undefined, message };
  const isError = isErrorObject(fields);
  const whole = isError ? { err: fields } : fields;
  return { fields: whole, message: message === undefined ? messageOf(whole) : message };
}

function isErrorObject(fields: object): boolean {
  try {
    return fields instanceof Error;
  } catch {
    // A Proxy that does not let itself be asked.
    return false;
  }
}

/** Of the error among the fields, unless there is a message among them. */
function messageOf(fields: object): unknown {
  try {
    if (!('err' in fields) || 'msg' in fields) return undefined;
    return fields.err instanceof Error ? fields.err.message : undefined;
  } catch {
    // A getter or a Proxy has thrown: the fields are read one by one further on.
    return undefined;
  }
}

function formatted(logger: PinoInternals, fields: object): object {
  const format = logger[formatters].log;
  if (format === undefined) return fields;
  try {
    return format(fields);
  } catch {
    // The formatter is the application's: what it was given is better than nothing.
    return fields;
  }
}

/** The bindings, without those that a field of this line replaces: no key stands in a line twice. */
function bindingsBeside(logger: PinoInternals, fields: object | undefined): string {
  const bound = logger[boundFields];
  if (bound === undefined || fields === undefined) return logger[bindingsText];
  try {
    const names = Object.keys(fields).map(fieldName);
    if (!names.some((name) => bound.byName.has(name))) return logger[bindingsText];
    const kept = [...bound.byName].filter(([name]) => !names.includes(name));
    return bound.base + kept.map(([, json]) => json).join('');
  } catch {
    // A Proxy that does not list its keys has no field in the line either.
    return logger[bindingsText];
  }
}

/** The message has the name `msg`; a field of that name counts only when there is no message. */
function named(key: string, hasMessage: boolean): string {
  return hasMessage && key === 'msg' ? 'app.msg' : key;
}

let sequenceMs = 0;
let sequence = 0;

function sequenceWithin(ms: number): number {
  sequence = ms === sequenceMs ? sequence + 1 : 0;
  sequenceMs = ms;
  return sequence;
}

let lastMs = 0;
let lastIso = '';

/** Many lines fall into one millisecond; the text of a time costs more than the rest of the head. */
function isoTime(ms: number): string {
  if (ms !== lastMs) {
    lastMs = ms;
    lastIso = new Date(ms).toISOString();
  }
  return lastIso;
}
