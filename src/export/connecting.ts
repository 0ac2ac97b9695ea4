/**
 * How the application has Node make connections, by its options or in code. Each thread has this for itself; the helper thread of an exit
 * takes it over, so that the last batch goes as all others went.
 */
import dns from 'node:dns';
import net from 'node:net';
import tls from 'node:tls';

/** Structured-cloneable. */
export interface Connecting {
  /** `--dns-result-order`, `dns.setDefaultResultOrder`. */
  readonly resultOrder: ReturnType<typeof dns.getDefaultResultOrder>;
  /** `--no-network-family-autoselection`, `net.setDefaultAutoSelectFamily`. */
  readonly isFamilySelected: boolean;
  readonly familyAttemptMs: number;
  /** `--tls-min-v1.x`, `--tls-max-v1.x`, `--tls-cipher-list`, and the same in code. */
  readonly minVersion: typeof tls.DEFAULT_MIN_VERSION;
  readonly maxVersion: typeof tls.DEFAULT_MAX_VERSION;
  readonly ciphers: string;
}

export function connectingHere(): Connecting {
  return {
    resultOrder: dns.getDefaultResultOrder(),
    isFamilySelected: net.getDefaultAutoSelectFamily(),
    familyAttemptMs: net.getDefaultAutoSelectFamilyAttemptTimeout(),
    minVersion: tls.DEFAULT_MIN_VERSION,
    maxVersion: tls.DEFAULT_MAX_VERSION,
    ciphers: tls.DEFAULT_CIPHERS,
  };
}

export function connectAs(connecting: Connecting): void {
  dns.setDefaultResultOrder(connecting.resultOrder);
  net.setDefaultAutoSelectFamily(connecting.isFamilySelected);
  net.setDefaultAutoSelectFamilyAttemptTimeout(connecting.familyAttemptMs);
  Object.assign(tls, {
    DEFAULT_MIN_VERSION: connecting.minVersion,
    DEFAULT_MAX_VERSION: connecting.maxVersion,
    DEFAULT_CIPHERS: connecting.ciphers,
  });
}
