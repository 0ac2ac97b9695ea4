/** Child loggers whose bindings follow the rules of our lines: own names kept, secrets out, nothing thrown at the caller. */
import { diag } from '@opentelemetry/api';
import type { Bindings, ChildLoggerOptions, Logger } from 'pino';

import type { ValueBounds } from './any-value.ts';
import { fieldName, readFields } from './line-fields.ts';
import type { LineFields } from './line-fields.ts';
import { addBindings, formatBindings, internalsOf } from './pino-internals.ts';
import { loggerFieldJson } from './logger-field.ts';

/** @param fields - Of the settings in force. */
export function makeChildrenSafe(logger: Logger, fields: () => LineFields): void {
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const child: (bindings: Bindings, options?: ChildLoggerOptions) => Logger = logger.child;
  // oxlint-disable-next-line typescript/unbound-method -- called with its own `this` below
  const setBindings: (bindings: Bindings) => void = logger.setBindings;
  const bind = (target: Logger, bindings: unknown): void => {
    const formatted = formatBindings(target, bindings);
    if (typeof formatted !== 'object' || formatted === null) return;
    addBindings(target, bindingsOf(target, formatted, fields()));
  };
  Object.defineProperties(logger, {
    child: {
      value: function safeChild(this: Logger, bindings: Bindings, options?: ChildLoggerOptions): Logger {
        const made = childWith(
          () => Reflect.apply(child, this, [{}, options]),
          () => Reflect.apply(child, this, [{}]),
        );
        bind(made, bindings);
        return made;
      },
      configurable: true,
      writable: true,
    },
    setBindings: {
      value: function safeSetBindings(this: Logger, bindings: Bindings): void {
        if (typeof bindings === 'object') bind(this, bindings);
        else Reflect.apply(setBindings, this, [{}]);
      },
      configurable: true,
      writable: true,
    },
  });
}

function childWith(make: () => Logger, makePlain: () => Logger): Logger {
  try {
    return make();
  } catch (error) {
    diag.warn('logs: the options of a child logger cannot be used, and were left out', error);
    return makePlain();
  }
}

/** A binding is written again with every line: long ones are cut. */
const maxBindingLength = 16_384;
const bindingBounds: ValueBounds = { textLength: 1024, count: 100, depth: 4 };

function bindingsOf(logger: Logger, bindings: object, fields: LineFields): ReadonlyMap<string, string> {
  const internals = internalsOf(logger);
  const texts = readFields(bindings).map(([key, value]) => {
    const json = loggerFieldJson({ logger: internals, fields }, key, value);
    return [fieldName(key), json.length > maxBindingLength ? fields.field(key, value, bindingBounds) : json] as const;
  });
  return new Map(texts.filter(([, json]) => json !== ''));
}
