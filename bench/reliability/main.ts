/**
 * The same outage, the same exit and the same full disk for reqlens and its peers, in one run.
 *
 *   npm run build && npm ci --prefix bench && node bench/reliability/main.ts [--outage-seconds 60] [--rate 100] [--publish]
 *
 * All applications live through the outage at the same time. `--publish` writes the tables into docs/reliability.md.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { allVariants, environmentFor } from '../peers.ts';
import type { Variant } from '../peers.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { LoadedApp } from './loaded-app.ts';
import { atExit, fileVariants, onFullDisk } from './log-files.ts';
import { Receiver } from './receiver.ts';

const { values } = parseArgs({
  options: {
    'outage-seconds': { type: 'string', default: '60' },
    rate: { type: 'string', default: '100' },
    publish: { type: 'boolean', default: false },
  },
});
const outageS = Number(values['outage-seconds']);
const rate = Number(values.rate);
if (!(outageS > 0) || !(rate > 0)) throw new Error('cannot run: --outage-seconds and --rate must be numbers above 0');

/** Before and after the outage. */
const wellS = 5;
const afterS = 10;
/** So long nothing comes any more before what is missing counts as lost. */
const quietMs = 20_000;
const exitRequests = 200;
const exitHangsAfterMs = 20_000;

const load = loadBefore();
const folder = mkdtempSync(join(tmpdir(), 'reqlens-reliability-'));
const measured = allVariants().filter(({ name }) => ['reqlens', 'stock', 'edot', 'dd-trace'].includes(name));
for (const { name, missing } of measured) if (missing !== undefined) console.log(`without ${name}: ${missing}`);
const variants = measured.filter(({ missing }) => missing === undefined);

console.log(`an outage of ${outageS} s at ${rate} requests/s, ${variants.length} applications at once`);
// What has been measured so far, for those who wait.
const step = (line: string): void => console.log(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}`);
const outages = await Promise.all(variants.map(liveThroughOutage));
const exits = [];
for (const variant of variants) {
  for (const receiver of ['there', 'away'] as const) {
    step(`exit of ${variant.name}, collector ${receiver}`);
    exits.push(await exitWith(variant, receiver));
  }
}
const files = [];
for (const variant of fileVariants) {
  step(`log files of ${variant.name}`);
  files.push({ name: variant.name, exit: await atExit(variant), full: await onFullDisk(variant) });
}
rmSync(folder, { recursive: true, force: true });

const tables = [
  `${machineLine()}; ${load}. \`node bench/reliability/main.ts --outage-seconds ${outageS} --rate ${rate}\``,
  `**The collector is away for ${outageS} s** (connections refused), ${rate} requests/s, each application sampled in full:`,
  table(
    ['', 'spans made', 'lost', 'came twice', 'most memory', 'lines said'],
    outages.map((each) => [
      each.label,
      each.made,
      each.lost,
      each.doubled,
      `${each.rssMb.toFixed(0)} MB`,
      each.saidLines,
    ]),
  ),
  `**\`process.exit()\` right after ${exitRequests} requests**:`,
  table(
    ['', 'collector', 'spans lost', 'the exit takes'],
    exits.map((each) => [each.label, each.receiver, each.lost, each.how]),
  ),
  'What reqlens could not send at the exit is on the disk, and goes out with the next process of the service: lost counts what did not arrive by then.',
  '**Log files**: lines that are in no file and not on the console either:',
  table(
    ['', 'lost at `process.exit()`', 'lost on a full disk', 'the process on a full disk'],
    files.map(({ name, exit, full }) => [
      name,
      `${exit.lost} of ${exit.lines}`,
      full === undefined ? 'not run' : `${full.lost} of ${full.lines}`,
      full?.how ?? '',
    ]),
  ),
].join('\n\n');
console.log(`\n${tables}`);
saveResults('reliability', { outages, exits, files });
if (values.publish) publishSection('reliability', `\n${tables}\n`, 'reliability.md');

interface Outage {
  readonly label: string;
  readonly made: number;
  readonly lost: number;
  readonly doubled: number;
  readonly rssMb: number;
  readonly saidLines: number;
}

async function liveThroughOutage(variant: Variant): Promise<Outage> {
  const receiver = new Receiver();
  await receiver.start();
  const app = new LoadedApp(variant, environment(variant, receiver));
  await app.load(rate, wellS);
  await receiver.goAway();
  await app.load(rate, outageS);
  await receiver.start();
  step(`${variant.name}: the collector is back`);
  await app.load(rate, afterS);
  await quiet(receiver, app.answered);
  step(`${variant.name}: ${receiver.arrived} of ${app.answered} have arrived`);
  await app.exit(exitHangsAfterMs);
  const { answered: made, largestRssMb: rssMb, said } = app;
  await receiver.goAway();
  const lost = Math.max(0, made - receiver.arrived);
  const saidLines = said.split('\n').filter((line) => line.trim() !== '').length;
  return { label: variant.label, made, lost, doubled: receiver.doubled, rssMb, saidLines };
}

interface Exit {
  readonly label: string;
  readonly receiver: 'there' | 'away';
  readonly lost: number;
  readonly how: string;
}

async function exitWith(variant: Variant, state: 'there' | 'away'): Promise<Exit> {
  const receiver = new Receiver();
  await receiver.start();
  const env = environment(variant, receiver);
  const app = new LoadedApp(variant, env);
  await app.load(1, 1);
  await quiet(receiver, 1, 3000);
  if (state === 'away') await receiver.goAway();
  await app.load(exitRequests, 1);
  const { how, ms } = await app.exit(exitHangsAfterMs);
  let made = app.answered;
  if (state === 'away') {
    // As a deployment does it: the collector is back, and the service is started again.
    await receiver.start();
    const next = new LoadedApp(variant, env);
    await next.load(1, 1);
    made += next.answered;
    await quiet(receiver, made, 10_000);
    await next.exit(exitHangsAfterMs);
  }
  await quiet(receiver, made, 2000);
  const lost = Math.max(0, made - receiver.arrived);
  await receiver.goAway();
  return { label: variant.label, receiver: state, lost, how: `${ms.toFixed(0)} ms, ${how}` };
}

function environment(variant: Variant, receiver: Receiver): Readonly<Record<string, string>> {
  const own = mkdtempSync(join(folder, 'app-'));
  return {
    ...environmentFor(variant, receiver.url),
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    REQLENS_LOG_DIR: own,
  };
}

/** Until everything is there, or nothing has come for a while. */
async function quiet(receiver: Receiver, expected: number, patienceMs: number = quietMs): Promise<void> {
  let last = -1;
  for (let sinceMs = performance.now(); receiver.arrived < expected && performance.now() - sinceMs < patienceMs;) {
    if (receiver.arrived !== last) sinceMs = performance.now();
    last = receiver.arrived;
    await wait(100);
  }
}

function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}
