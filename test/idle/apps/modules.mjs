/** Uses nothing of Node's that loads undici, and prints whether that was loaded. */
import { writeSync } from 'node:fs';

const isLoaded = process.moduleLoadList.some((name) => name.includes('undici'));
writeSync(1, JSON.stringify({ isLoaded }));
