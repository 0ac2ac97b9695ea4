/** Names each log record, so that a receiver can tell a record that was sent again from a second one with the same text. */
import { randomUUID } from 'node:crypto';

/**
 * `log.record.uid`: "other log records with the same id will be considered duplicates and can be removed safely"
 * (https://opentelemetry.io/docs/specs/semconv/registry/attributes/log/). One random part per process, then a count in base 36.
 */
export function logRecordUids(): () => string {
  const process = randomUUID();
  let count = 0;
  return () => {
    count += 1;
    return `${process}-${count.toString(36)}`;
  };
}
