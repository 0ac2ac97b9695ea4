/** The helper thread of exit-sender.ts: sends every parcel at once, then wakes the thread that waits. */
import { workerData } from 'node:worker_threads';

import { connectAs } from './connecting.ts';
import type { ExitMail } from './exit-sender.ts';
import { post } from './post.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by sendBeforeExit alone
const { parcels, connecting, flags } = workerData as ExitMail;
const shared = new Int32Array(flags);

try {
  connectAs(connecting);
  // Each outcome is final here: there is no time for another try.
  await Promise.all(
    parcels.map(async ({ route, payload, timeoutMs }, index) => {
      const sent = await post(route, payload.body, { timeoutMs, isDetached: false });
      // One that is too large can be halved by whoever finds it on disk.
      if (sent.status === 'sent') Atomics.store(shared, index + 1, 1);
      else if (sent.status === 'refused' && !sent.isTooLarge) Atomics.store(shared, index + 1, 2);
    }),
  );
} finally {
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
}
