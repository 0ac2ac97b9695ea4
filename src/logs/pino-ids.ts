/** Gives every pino logger, named or the application's own, the ids of the running request, whatever copy of pino it comes from. */
import { tracingChannel } from 'node:diagnostics_channel';

import { diag } from '@opentelemetry/api';

import { logIdentity } from './log-identity.ts';

/** What pino (9.8 and later) publishes around the making of each line. */
interface LineInTheMaking {
  readonly instance: Record<symbol, unknown>;
  [ours]?: { readonly key: symbol; readonly bindings: string };
}

const ours: unique symbol = Symbol('reqlens bindings to put back');

/**
 * pino writes an instance's bindings, which it keeps as ready JSON text, at the front of each line. The ids are appended to that
 * text for the time of one line: no loader hook, no wrapped object, and nothing of the application's is touched.
 *
 * @returns Stops it.
 */
export function addIdsToPino(): () => void {
  const channel = tracingChannel<unknown, LineInTheMaking>('pino_asJson');
  const subscribers = {
    start: (line: LineInTheMaking) => guarded(() => addIds(line)),
    end: (line: LineInTheMaking) => guarded(() => removeIds(line)),
  };
  channel.start.subscribe(subscribers.start as never);
  channel.end.subscribe(subscribers.end as never);
  return () => {
    channel.start.unsubscribe(subscribers.start as never);
    channel.end.unsubscribe(subscribers.end as never);
  };
}

function addIds(line: LineInTheMaking): void {
  const { instance } = line;
  const ids = JSON.stringify(logIdentity());
  if (ids === '{}') return;
  const key = bindingsKey(instance);
  const bindings = key === undefined ? undefined : instance[key];
  if (key === undefined || typeof bindings !== 'string') return;
  line[ours] = { key, bindings };
  instance[key] = `${bindings},${ids.slice(1, -1)}`;
}

/** `end` is published in a `finally`: a serializer that throws leaves nothing behind. */
function removeIds(line: LineInTheMaking): void {
  const before = line[ours];
  if (before !== undefined) line.instance[before.key] = before.bindings;
}

const bindingsKeys = new WeakMap<object, symbol>();

/** Every copy of pino has a symbol of its own, and every instance its own bindings; the symbol is remembered per prototype. */
function bindingsKey(instance: Record<symbol, unknown>): symbol | undefined {
  const prototype: unknown = Object.getPrototypeOf(instance);
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  let key = bindingsKeys.get(prototype);
  if (key === undefined) {
    key = Object.getOwnPropertySymbols(instance).find(({ description }) => description === 'pino.chindings');
    if (key !== undefined) bindingsKeys.set(prototype, key);
  }
  return key;
}

function guarded(action: () => void): void {
  try {
    action();
  } catch (error) {
    diag.warn('logs: the ids could not be added to a line of pino', error);
  }
}
