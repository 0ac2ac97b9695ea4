/** A collector that cannot start; apart from collector.ts so that naming it does not load the database. */

/** The message says why and what to do. */
export class CollectorStartError extends Error {
  override readonly name = 'CollectorStartError';
}
