/** The helper thread of exit-sender.ts: sends every parcel at once, then wakes the thread that waits. */
import { workerData } from 'node:worker_threads';

import { connectAs } from './connecting.ts';
import type { ExitMail, ParcelOutcome } from './exit-sender.ts';
import { post } from './post.ts';

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- given by sendBeforeExit alone
const { parcels, connecting, outcomes, done } = workerData as ExitMail;
const shared = new Int32Array(done);

try {
  connectAs(connecting);
  // Each outcome is final here: there is no time for another try.
  await Promise.all(
    parcels.map(async ({ route, payload, timeoutMs }, index) => {
      const sent = await post(route, payload.body, { timeoutMs, isDetached: false });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port of Node's, not a window
      outcomes.postMessage({ index, sent } satisfies ParcelOutcome);
    }),
  );
} finally {
  Atomics.store(shared, 0, 1);
  Atomics.notify(shared, 0);
}
