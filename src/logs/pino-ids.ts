/** Gives every pino logger, named or the application's own, the ids of the running request, whatever copy of pino it comes from. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

import { diag } from '@opentelemetry/api';

import { ourPart } from '../patch.ts';
import { logIdentity } from './log-identity.ts';
import { pinoSymbol } from './pino-settings.ts';

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
  const start = guarding(ourPart(`channel ${channelName}:start`, addIds));
  const end = guarding(removeIds);
  subscribe(`${channelName}:start`, start);
  subscribe(`${channelName}:end`, end);
  return () => {
    unsubscribe(`${channelName}:start`, start);
    unsubscribe(`${channelName}:end`, end);
  };
}

/** A tracing channel of pino's (https://nodejs.org/api/diagnostics_channel.html#tracingchannel-channels). */
const channelName = 'tracing:pino_asJson';

function addIds(line: LineInTheMaking): void {
  const { instance } = line;
  const ids = JSON.stringify(logIdentity());
  if (ids === '{}') return;
  const key = pinoSymbol(instance, 'chindings');
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

function guarding(action: (line: LineInTheMaking) => void): (message: unknown) => void {
  return (message) => {
    try {
      if (isLine(message)) action(message);
    } catch (error) {
      diag.warn('logs: the ids could not be added to a line of pino', error);
    }
  };
}

function isLine(message: unknown): message is LineInTheMaking {
  return typeof message === 'object' && message !== null && 'instance' in message;
}
