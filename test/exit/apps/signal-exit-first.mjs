/** Loaded before the preload: signal-exit is at work already when we come. */
import { writeSync } from 'node:fs';

import { onExit } from 'signal-exit';

onExit((code, signal) => {
  writeSync(1, `first ${code} ${signal}\n`);
});
