/**
 * Lets the signals that go to one receiver know that it is there. A process that makes spans alone would otherwise leave the log records
 * of another one, which ended while the receiver was away, on the disk until its own exit.
 */
import type { Delivery } from './delivery.ts';

export function introduce(deliveries: readonly Delivery[]): void {
  for (const delivery of deliveries) {
    const fellows = deliveries.filter((other) => other !== delivery && originOf(other) === originOf(delivery));
    delivery.whenAnswered((isBack) => {
      for (const fellow of fellows) fellow.sendWaiting(isBack);
    });
  }
}

function originOf({ route }: Delivery): string {
  return new URL(route.url).origin;
}
