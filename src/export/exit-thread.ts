/** The helper thread of exit-sender.ts: sends every parcel at once, then wakes the thread that waits. */
import { workerData } from 'node:worker_threads';

import type { ExitMail } from './exit-sender.ts';
import { post } from './post.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by sendBeforeExit alone
const { parcels, done } = workerData as ExitMail;

try {
  // Each outcome is final: there is no time for another try.
  await Promise.all(
    parcels.map(async ({ route, payload, timeoutMs }) => post(route, payload.body, { timeoutMs, isDetached: false })),
  );
} finally {
  const flag = new Int32Array(done);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
}
