/** Preloaded before us: whatever is written through process.stderr is told on descriptor 1. */
import { writeSync } from 'node:fs';

process.stderr.write = (text) => {
  writeSync(1, `written through process.stderr: ${String(text)}`);
  return true;
};
