/** What came to the receiver, item by item: when, from which process, and what was answered. */
import { readLogs, readSpans } from '../../test/support/otlp-reader.ts';

export type Carried = 'spans' | 'records';

/** One request of spans or log records whose body was read to its end. */
export interface Post {
  /** By `performance.now()`. */
  readonly atMs: number;
  readonly mood: string;
  /** Of the sender; undefined when it could not be found out. */
  readonly pid: number | undefined;
  /** Undefined: none, or none that is HTTP. */
  status?: number;
}

/** An item in a request. */
export interface Sighting {
  readonly carried: Carried;
  /** The span's id, or the record's. */
  readonly id: string;
  readonly post: Post;
}

const uidAttribute = 'log.record.uid';

export class PostLog {
  /** By trace id. */
  readonly #sightings = new Map<string, Sighting[]>();

  /** @param path - Of the request; others than those of spans and records are not looked into. */
  note(path: string, body: Buffer, post: Post): void {
    if (path === '/v1/traces') {
      for (const { traceId, spanId } of readSpans(body)) this.#add(traceId, { carried: 'spans', id: spanId, post });
    } else if (path === '/v1/logs') {
      for (const { traceId, attributes } of readLogs(body)) {
        this.#add(traceId, { carried: 'records', id: String(attributes.get(uidAttribute)), post });
      }
    }
  }

  /** In the order in which they came. */
  of(traceId: string): readonly Sighting[] {
    return this.#sightings.get(traceId) ?? [];
  }

  #add(traceId: string, sighting: Sighting): void {
    const known = this.#sightings.get(traceId);
    if (known === undefined) this.#sightings.set(traceId, [sighting]);
    else known.push(sighting);
  }
}
