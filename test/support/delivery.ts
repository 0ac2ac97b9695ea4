/** A Delivery to a sender that a test makes up; what is not taken waits in memory. */
import { Delivery } from '../../src/export/delivery.ts';
import { MemoryBudget } from '../../src/export/memory-budget.ts';
import type { Outcome, Sender } from '../../src/export/sent.ts';
import { WaitingPlace } from '../../src/export/waiting-place.ts';

export interface DeliveryOptions {
  readonly send: Sender['send'];
  readonly contentType?: string;
  readonly onOutcome?: (outcome: Outcome) => void;
}

export function deliveryTo(options: DeliveryOptions): Delivery {
  const { send, contentType = 'application/x-protobuf', onOutcome = () => undefined } = options;
  const budget = new MemoryBudget(64 * 1024 * 1024);
  return new Delivery({
    sender: {
      route: { signal: 'trace', url: 'http://x', isGrpc: false, headers: {}, isGzip: false, secrets: [], tls: {} },
      mayAskInMs: () => 0,
      send,
    },
    contentType,
    place: new WaitingPlace({ signal: 'trace', destination: '0'.repeat(12), contentType, spool: undefined, budget }),
    onOutcome,
  });
}
