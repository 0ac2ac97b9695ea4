/** Writes `count` numbered lines of about `length` characters at once, then says on stderr how much memory that took and how long the writing was held up. */
import { getLogger } from 'reqlens';

const [count, length] = process.argv.slice(2).map(Number);
const log = getLogger('publish_sync');
const text = 'x'.repeat(length);
const before = process.memoryUsage().rss;
for (let n = 0; n < count; n += 1) log.info({ n, text }, 'flood');
process.stderr.write(`grown ${Math.round((process.memoryUsage().rss - before) / 1_048_576)}\n`);
