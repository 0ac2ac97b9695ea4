/** Loaded before the preload: signal-exit-3 is at work already when we come. */
import { writeSync } from 'node:fs';

import onExit from 'signal-exit-3';

onExit((code, signal) => {
  writeSync(1, `first ${code} ${signal}\n`);
});
