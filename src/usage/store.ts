/** Where usage is kept under its request id: a port with two sides, memory and Redis. */
import { createHash } from 'node:crypto';

export interface UsageStore {
  /** Keeps one JSON object until its time is over, or newer ones need the room. Does not wait; never throws. */
  readonly put: (requestId: string, json: string) => void;
  /** Never rejects; answers within a second or so. */
  readonly get: (requestId: string) => Promise<Kept>;
  /** Lets go of connections. */
  readonly close: () => void;
}

export type Kept =
  | { readonly status: 'found'; readonly json: string }
  /** Never kept, or no longer. */
  | { readonly status: 'unknown' }
  /** It may be kept, but where it is cannot be asked now. */
  | { readonly status: 'unavailable' };

/** A request id may hold `/`, `..` and colons; a key of a fixed form cannot be mistaken for another one's. */
export function storeKey(requestId: string): string {
  return createHash('sha256').update(requestId).digest('hex');
}
