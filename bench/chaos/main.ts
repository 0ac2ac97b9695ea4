/**
 * Chaos: two processes of a small shop under load, while their collector, Redis, disk, clock, pipes and they themselves fail at random.
 *
 *   npm run chaos -- [--seconds 60] [--seed 1] [--rate 60] [--verbose]
 *
 * Afterwards everything is right again for a while, and this must hold: every answered request has its line once, in a file or on the console;
 * every span and record is in the collector once, or is accounted for; each answer was a bare twin's, but for our headers; memory and
 * descriptors are what they were. Exits with 1 when it does not. Traffic goes to the loopback interface only.
 */
import { parseArgs } from 'node:util';

import { randomOf } from '../../test/support/random.ts';
import { untilArrived, waitingIn } from './drain.ts';
import { faultsOf } from './fault-list.ts';
import { runFaults } from './faults.ts';
import { sendOrders } from './load.ts';
import { Stage } from './stage.ts';
import { verdictOn } from './verdict.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '60' },
    verbose: { type: 'boolean', default: false },
  },
});
const seconds = wholeNumber('seconds', values.seconds, 3600);
const seed = wholeNumber('seed', values.seed, 2 ** 31);
const rate = wholeNumber('rate', values.rate, 1000);

/** For what is on disk at the end of the load, and for what is there after the end of all. */
const patienceMs = { first: 20_000, last: 75_000 };

let startMs = performance.now();
const stage = await Stage.set(note);
// An interrupted run leaves nothing behind: processes end with us, and the disk goes.
process.once('exit', () => stage.remove());
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
const before = await stage.resources();
startMs = performance.now();
const endMs = startMs + seconds * 1000;
const random = randomOf(seed);
const sending = sendOrders(stage, { random: randomOf(seed + 1), rate, endMs });
const faults = await runFaults({ faults: faultsOf(stage, random), random, endMs, say: verbose });
const load = await sending;

note('everything is right again; waiting for what is on its way');
const rightMs = performance.now();
await untilArrived(stage, load.orders, patienceMs.first);
const drainedS = (performance.now() - rightMs) / 1000;
for (const name of waitingIn(stage.spoolDir)) note(`still on disk: ${name}${claimantOf(name)}`);
const after = await stage.resources();
for (const index of stage.shops.keys()) await stage.endShop(index, 'SIGTERM');
if (waitingIn(stage.spoolDir).length > 0) {
  // What an exit on a busy machine has left on disk is the next process's, which looks for it when something of its own was taken.
  await stage.startShop(0);
  await fetch(`${stage.urls[0]}/stock/0`);
  await untilArrived(stage, load.orders, patienceMs.last);
  await stage.endShop(0, 'SIGTERM');
}
await stage.end();
const { rules, stories } = verdictOn(stage, { load, before, after, startMs });

console.log(`\nseed ${seed}, ${seconds} s, ${rate} requests/s; what went wrong:`);
for (const [name, count] of faults) console.log(`  ${String(count).padStart(4)}  ${name}`);
console.log(`\nwhat was said, ${stage.shops.length} processes together:`);
for (const [line, count] of saidLines()) console.log(`  ${String(count).padStart(4)}  ${line}`);
console.log(`\nit took ${drainedS.toFixed(1)} s until all had arrived, ${stage.proxy.posts} posts in all`);
for (const { holds, text } of rules) console.log(`${holds ? 'holds ' : 'BROKEN'}  ${text}`);
for (const story of stories) console.log(`  ${story}`);
process.exitCode = rules.every(({ holds }) => holds) ? 0 : 1;

function saidLines(): ReadonlyMap<string, number> {
  const found = stage.shops.flatMap(({ said }) => said.match(/^reqlens: .*$/gm) ?? []);
  return new Map(
    [...Map.groupBy(found, (line) => line.replaceAll(/\d+/g, '#').slice(0, 160))].map(([line, all]) => [
      line,
      all.length,
    ]),
  );
}

/** The last part of a name is who is sending it, with the id of the process as the second of its parts. */
function claimantOf(name: string): string {
  const life = stage.lives.find(({ pid }) => String(pid) === /\.[^.]+-(\d+)-\d+-\d+$/.exec(name)?.[1]);
  return life === undefined ? '' : ` of ${life.name}, which ${life.endedMs === undefined ? 'lives' : 'has ended'}`;
}

function note(line: string): void {
  console.log(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(7)} s  ${line}`);
}

function verbose(line: string): void {
  if (values.verbose) note(line);
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  console.error(`cannot run: --${name} must be a whole number from 1 to ${most}, and it is ${text}`);
  return process.exit(2);
}
