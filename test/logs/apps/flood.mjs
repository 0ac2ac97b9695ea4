/** Writes `count` numbered lines of about `length` characters at once, then says on stderr how much memory that took, and in how many naps the event loop was held. */
import { getLogger } from 'reqlens';

const [count, length] = process.argv.slice(2).map(Number);
const log = getLogger('publish_sync');
const text = 'x'.repeat(length);
let naps = 0;
const { wait } = Atomics;
Atomics.wait = (...args) => {
  naps += 1;
  return wait(...args);
};
const before = process.memoryUsage().rss;
for (let n = 0; n < count; n += 1) log.info({ n, text }, 'flood');
process.stderr.write(`grown ${Math.round((process.memoryUsage().rss - before) / 1_048_576)}\n`);
process.stderr.write(`naps ${naps}\n`);
