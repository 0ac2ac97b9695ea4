/** Takes batches while the process has no descriptor left: what is in SPOOL, by a Spool of its own. Prints what came of it, as JSON. */
import { closeSync, openSync, readdirSync } from 'node:fs';

import { Spool } from '../../../dist/src/spool/spool.js';

const [directory, destination] = process.argv.slice(2);
const news = [];
const spool = new Spool({ directory, maxBytes: 1024 ** 3, maxAgeMs: 3_600_000 }, (each) => news.push(each.kind));
// The look into the directory needs a descriptor as well.
const first = await spool.take(destination);
const taken = [];
const open = [];
try {
  for (;;) open.push(openSync('/dev/null'));
} catch {
  // None is left.
}
taken.push(await spool.take(destination));
for (const fd of open) closeSync(fd);
spool.lookAgain();
await spool.giveBack(first.found);
const bodies = [];
for (let next = await spool.take(destination); next !== undefined; next = await spool.take(destination)) {
  bodies.push(Buffer.from(next.batch.body).toString());
  await spool.remove(next.found);
}
console.log(
  JSON.stringify({
    taken: taken.filter(Boolean).length,
    bodies: bodies.toSorted(),
    news,
    left: readdirSync(directory),
  }),
);
