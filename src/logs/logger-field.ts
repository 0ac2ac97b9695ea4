/** One field as a given logger writes it: with its serializers and its own `redact`, then by the rules of our lines. */
import { usualBounds } from './any-value.ts';
import type { LineFields } from './line-fields.ts';
import { everyField, serializers, stringifiers } from './pino-internals.ts';
import type { PinoInternals } from './pino-internals.ts';

export interface FieldWriter {
  readonly logger: PinoInternals;
  readonly fields: LineFields;
}

/** @returns `,"key":value`, or an empty text when there is nothing to write. */
export function loggerFieldJson({ logger, fields }: FieldWriter, key: string, value: unknown): string {
  const serializer = logger[serializers][key];
  const stringifier = logger[stringifiers][key] ?? logger[stringifiers][everyField];
  if (serializer === undefined && stringifier === undefined) return fields.field(key, value);
  try {
    const serialized = serializer === undefined ? value : serializer(value);
    if (stringifier === undefined) return fields.field(key, serialized);
    const json = serialized === undefined ? undefined : stringifier(serialized);
    return json === undefined ? '' : fields.readyField(key, json);
  } catch {
    // A serializer, or a getter that it reads, has thrown: what can be read is written.
    return fields.field(key, value, usualBounds);
  }
}
