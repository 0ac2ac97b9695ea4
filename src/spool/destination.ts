/** Tells receivers apart: a batch goes to the one that it was made for, and to no other. Pure. */
import { createHash } from 'node:crypto';

export interface Destination {
  readonly url: string;
  /** All of them, with tenants and keys: to another account is to another receiver. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: { readonly cert?: string };
}

/**
 * @returns 12 hex digits. They do not give away the secrets among the headers: of any that cannot be guessed in a few tries, countless others
 *   have the same.
 */
export function destinationKey({ url, headers, tls }: Destination): string {
  // Neither says where something goes, and both change with a new version of ours.
  const named = Object.entries(headers).filter(
    ([name]) => !['user-agent', 'content-encoding', 'grpc-encoding'].includes(name),
  );
  const text = JSON.stringify([url, named.toSorted(([a], [b]) => (a < b ? -1 : 1)), tls.cert ?? '']);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
