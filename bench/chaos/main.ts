/**
 * Chaos: two processes of a small shop under load, while their collector, Redis, disk, clock, pipes and they themselves fail at random.
 *
 *   npm run chaos -- [--seconds 60] [--seed 1] [--rate 60] [--verbose]
 *
 * Afterwards everything is right again for a while, and this must hold: every answered request has its line once, in a file or on the console;
 * every span and record is in the collector once, or is counted with a reason; each answer was a bare twin's, but for our headers; memory and
 * descriptors are what they were. Exits with 1 when it does not. Traffic goes to the loopback interface only.
 */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { missingRedis, startTcpRedis } from '../../test/access/redis.ts';
import { randomOf } from '../../test/support/random.ts';
import { Disk } from './disk.ts';
import { runFaults } from './faults.ts';
import type { Fault } from './faults.ts';
import { differenceBetween, orderKinds, send, spansOf } from './orders.ts';
import type { Order } from './orders.ts';
import { moods, ReceiverProxy } from './receiver-proxy.ts';
import { StartedProcess } from './started-process.ts';
import { arrivedIn, countedIn, lineCounts, missingIn } from './verdict.ts';

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

const scheduleDelayMs = 1000;
const exportTimeoutMs = 2000;
/** A batch is being built for so long while the collector is away (docs/reliability.md), and on its way, or on the way to the disk, for so long. */
const killWindowMs = 5000 + exportTimeoutMs + 1000;
/** So long nothing comes any more before the run stops to wait for it; a spool is looked into once a minute for what others have left. */
const patienceMs = 75_000;
const secret = randomBytes(36).toString('base64url');
const checkout = fileURLToPath(new URL('../..', import.meta.url));
let start = performance.now();

const random = randomOf(seed);
const disk = new Disk(256);
const dataDir = mkdtempSync(join(tmpdir(), 'reqlens-chaos-collector-'));
const noRedis = missingRedis();
const redis = noRedis === undefined ? await startTcpRedis() : undefined;
if (noRedis !== undefined) note(`without Redis: ${noRedis}`);
if (!disk.canBeFull) note('the disk is never full: a tmpfs could not be mounted (root on Linux can)');

const collector = new StartedProcess({
  name: 'collector',
  script: 'bench/chaos/collector.mjs',
  nodeArgs: [],
  env: { CHAOS_DATA_DIR: dataDir },
});
let collectorUrl = '';
let viewerUrl = '';
await startCollector();
const proxy = new ReceiverProxy(() => collectorUrl);
await proxy.start();

const nodeArgs = ['--expose-gc'];
const apps = [0, 1].map(
  (index) =>
    new StartedProcess({
      name: `shop ${index}`,
      script: 'bench/chaos/app.mjs',
      nodeArgs: [...nodeArgs, '--import', './register.js'],
      env: {
        PORT: '0',
        OTEL_SERVICE_NAME: 'shop',
        OTEL_EXPORTER_OTLP_ENDPOINT: proxy.url,
        OTEL_EXPORTER_OTLP_TIMEOUT: String(exportTimeoutMs),
        OTEL_BSP_SCHEDULE_DELAY: String(scheduleDelayMs),
        OTEL_BLRP_SCHEDULE_DELAY: String(scheduleDelayMs),
        REQLENS_LOG_DIR: disk.logs,
        REQLENS_SPOOL_DIR: join(disk.path, 'spool'),
        REQLENS_LOGGERS: 'orders:size=256KB:roll=hourly:backups=unlimited:console=false:sync=true',
        REQLENS_JWT_SECRET: secret,
        REQLENS_USAGE_PATH: '/_usage',
        ...(redis === undefined ? {} : { REQLENS_USAGE_STORE: redis.url }),
      },
    }),
);
const twin = new StartedProcess({
  name: 'bare twin',
  script: 'bench/chaos/app.mjs',
  nodeArgs,
  env: { PORT: '0', CHAOS_BARE: '1' },
});
/** Undefined while a process is down. */
const urls: (string | undefined)[] = await Promise.all(apps.map(startApp));
const twinUrl = await startApp(twin);
const token = execFileSync(process.execPath, ['dist/src/cli/main.js', 'token', '--ttl', '2h'], {
  cwd: checkout,
  env: { ...process.env, REQLENS_JWT_SECRET: secret },
  encoding: 'utf8',
}).trim();

const orders: Order[] = [];
const differences: string[] = [];
let sentCount = 0;
let isOver = false;
const agents = [...apps, twin].map(() => new http.Agent({ keepAlive: true, maxSockets: 50 }));
const before = await resourcesOf();
start = performance.now();
const load = sendOrders();
const counts = await runFaults({ faults: faults(), random, endMs: start + seconds * 1000, say: verbose });
await load;
isOver = true;

note('everything is right again; waiting for what is on its way');
const arrivalMs = performance.now();
await untilArrived();
const drainedS = (performance.now() - arrivalMs) / 1000;
const after = await resourcesOf();
for (const app of apps) await app.end('SIGTERM');
await untilArrived();
await collector.end('SIGTERM');
const missing = missingIn(arrivedIn(dataDir), orders, wasKilledAfter);
await twin.end('SIGTERM');
const folders = readdirSync(disk.path)
  .filter((name) => name.startsWith('logs'))
  .map((name) => join(disk.path, name));
const lines = lineCounts(
  folders,
  apps.map(({ said }) => said),
);
const verdict = judge();
await proxy.stop();
await redis?.remove();
disk.remove();
rmSync(dataDir, { recursive: true, force: true });
process.exitCode = verdict ? 0 : 1;

/** A rate of one request per `1000 / rate` ms, whatever the answers do. */
async function sendOrders(): Promise<void> {
  const open = new Set<Promise<void>>();
  const choices = randomOf(seed + 1);
  const startedMs = performance.now();
  for (let n = 0; performance.now() < start + seconds * 1000; n += 1) {
    const index = n % apps.length;
    const order = { n, kind: choices.pick(orderKinds), process: index };
    const headers: Record<string, string> = n % 10 === 0 ? { 'x-debug-resource-tracking': token } : {};
    const url = urls[index];
    if (url !== undefined) {
      sentCount += 1;
      const sending = sendBoth({ ...order, url }, headers).finally(() => open.delete(sending));
      open.add(sending);
    }
    const dueMs = startedMs + ((n + 1) * 1000) / rate;
    await wait(Math.max(0, dueMs - performance.now()));
  }
  await Promise.all(open);
}

interface NewOrder extends Omit<Order, 'requestId' | 'answeredMs'> {
  readonly url: string;
}

async function sendBoth({ url, ...order }: NewOrder, headers: Record<string, string>): Promise<void> {
  const path = `/order/${order.kind}/${order.n}`;
  const [agent, twinAgent] = [agents[order.process], agents.at(-1)];
  if (agent === undefined || twinAgent === undefined) throw new Error('cannot send: there is no agent');
  const [answer, right] = await Promise.all([
    send({ url, path, headers, agent }),
    send({ url: twinUrl, path, headers, agent: twinAgent }),
  ]);
  if (answer === undefined) return;
  orders.push({ ...order, requestId: answer.requestId, answeredMs: performance.now() });
  if (right === undefined) throw new Error('the bare twin did not answer');
  const difference = differenceBetween(answer, right);
  if (difference !== undefined) differences.push(`${path}: ${difference}`);
}

function faults(): Fault[] {
  const all: Fault[] = moods.map((mood) => ({
    name: `collector ${/^\d/.test(mood) ? `answers ${mood}` : mood}`,
    kind: 'collector',
    begin: async () => proxy.setMood(mood),
    end: async () => proxy.setMood('well'),
  }));
  all.push({
    name: 'collector is killed',
    kind: 'collector process',
    begin: async () => collector.end('SIGKILL'),
    end: startCollector,
  });
  if (redis !== undefined) {
    all.push(
      { name: 'Redis is killed', kind: 'redis', begin: redis.kill, end: redis.start },
      {
        name: 'Redis freezes',
        kind: 'redis',
        begin: redis.freeze,
        end: async () => {
          await redis.kill();
          await redis.start();
        },
      },
    );
  }
  if (disk.canBeFull) {
    all.push({ name: 'disk is full', kind: 'disk', begin: () => disk.fill(), end: () => disk.empty() });
  }
  all.push({
    name: 'log directory is taken away',
    kind: 'directory',
    begin: () => disk.moveLogs(),
    end: () => undefined,
  });
  for (const [index, app] of apps.entries()) all.push(...faultsOf(app, index));
  return all;
}

function faultsOf(app: StartedProcess, index: number): Fault[] {
  const { name } = app.plan;
  const down = async (signal: NodeJS.Signals): Promise<void> => {
    urls[index] = undefined;
    await app.end(signal);
  };
  const again = async (): Promise<void> => {
    urls[index] = await startApp(app);
  };
  return [
    {
      name: `clock of ${name} is wrong`,
      kind: `clock ${index}`,
      notBeside: [`process ${index}`],
      begin: () => app.tell({ clockMs: (random.integer(2) * 2 - 1) * random.integer(6 * 3_600_000) }),
      end: () => app.tell({ clockMs: 0 }),
    },
    {
      name: `nobody reads the pipes of ${name}`,
      kind: `pipes ${index}`,
      notBeside: [`process ${index}`],
      begin: () => app.stopListening(),
      end: () => app.listenAgain(),
    },
    {
      name: `${name} is killed by SIGKILL`,
      kind: `process ${index}`,
      // Lines that wait for a disk and for a reader are nowhere but in the process.
      notBeside: ['disk'],
      begin: async () => down('SIGKILL'),
      end: again,
    },
    {
      name: `${name} is ended by SIGTERM`,
      kind: `process ${index}`,
      begin: async () => down('SIGTERM'),
      end: again,
    },
  ];
}

async function startApp(app: StartedProcess): Promise<string> {
  return `http://127.0.0.1:${String((await app.start())['port'])}`;
}

async function startCollector(): Promise<void> {
  const { url, viewer } = await collector.start();
  collectorUrl = String(url);
  viewerUrl = String(viewer);
}

/** Until the collector has as much as was made, or nothing has come for a while. */
async function untilArrived(): Promise<void> {
  const spans = orders.reduce((sum, { kind }) => sum + spansOf[kind], 0);
  let last = '';
  let lastMs = performance.now();
  for (;;) {
    const found = await stats();
    if (found.spans >= spans && found.logRecords >= orders.length) return;
    const now = `${found.spans} ${found.logRecords}`;
    if (now !== last) lastMs = performance.now();
    if (performance.now() - lastMs > patienceMs) return;
    last = now;
    await wait(500);
  }
}

async function stats(): Promise<{ readonly spans: number; readonly logRecords: number }> {
  const response = await fetch(`${viewerUrl}/api/stats`);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own collector's answer
  return (await response.json()) as { spans: number; logRecords: number };
}

function wasKilledAfter({ process: index, answeredMs }: Order): boolean {
  return (apps[index]?.kills ?? []).some(
    (killedMs) => killedMs >= answeredMs - 50 && killedMs < answeredMs + killWindowMs,
  );
}

interface Resources {
  readonly descriptors: number;
  readonly heapMb: number;
}

/** Of both applications together, after a garbage collection. */
async function resourcesOf(): Promise<Resources> {
  const each = await Promise.all(
    apps.map(async (app) => ({
      heapMb: Number((await app.ask({ memory: true }))['heapBytes']) / 2 ** 20,
      descriptors: process.platform === 'linux' ? app.resources().descriptors : 0,
    })),
  );
  return {
    descriptors: each.reduce((sum, { descriptors }) => sum + descriptors, 0),
    heapMb: each.reduce((sum, { heapMb }) => sum + heapMb, 0),
  };
}

function judge(): boolean {
  const answered = orders.length;
  const without = orders.filter(({ n }) => (lines.get(n) ?? 0) === 0);
  const doubled = orders.filter(({ n }) => (lines.get(n) ?? 0) > 1);
  const perProcess = 50;
  const counted = apps
    .flatMap(({ lives }) => lives.map(countedIn))
    .reduce((sum, each) => ({ spans: sum.spans + each.spans, records: sum.records + each.records }));
  const rules: readonly (readonly [holds: boolean, text: string])[] = [
    [answered > sentCount * 0.9, `${answered} of ${sentCount} requests to a process that was there were answered`],
    [differences.length === 0, `${differences.length} answers differ from bare Node's ${differences[0] ?? ''}`],
    [without.length === 0, `${without.length} answered requests have no line (${numbersOf(without)})`],
    [doubled.length === 0, `${doubled.length} lines are there twice (${numbersOf(doubled)})`],
    [
      missing.spans <= counted.spans,
      `${missing.spans} spans did not arrive, ${counted.spans} were counted with a reason (${missing.examples.join(' ')})`,
    ],
    [
      missing.records <= counted.records,
      `${missing.records} log records did not arrive, ${counted.records} were counted with a reason`,
    ],
    [missing.doubled === 0, `${missing.doubled} spans and records arrived twice`],
    [
      true,
      `${missing.spansOfKilled} spans and ${missing.recordsOfKilled} records were in a batch of a process when SIGKILL came`,
    ],
    [
      after.descriptors <= before.descriptors + perProcess * apps.length,
      `descriptors ${before.descriptors} -> ${after.descriptors}`,
    ],
    [
      after.heapMb < before.heapMb + 32 * apps.length,
      `heap ${before.heapMb.toFixed(1)} -> ${after.heapMb.toFixed(1)} MB`,
    ],
  ];
  console.log(`\nseed ${seed}, ${seconds} s, ${rate} requests/s; what went wrong:`);
  for (const [name, count] of counts) console.log(`  ${String(count).padStart(4)}  ${name}`);
  console.log(`\nwhat was said, ${apps.length} processes together:`);
  for (const [line, count] of saidLines()) console.log(`  ${String(count).padStart(4)}  ${line}`);
  console.log(`\nit took ${drainedS.toFixed(1)} s until all had arrived, ${proxy.posts} posts in all`);
  for (const [holds, text] of rules) console.log(`${holds ? 'holds ' : 'BROKEN'}  ${text}`);
  return rules.every(([holds]) => holds);
}

/** The first few. */
function numbersOf(some: readonly Order[]): string {
  return some
    .slice(0, 5)
    .map(({ n }) => n)
    .join(' ');
}

function saidLines(): ReadonlyMap<string, number> {
  const found = apps.flatMap(({ said }) => said.match(/^reqlens: .*$/gm) ?? []);
  return new Map(
    [...Map.groupBy(found, (line) => line.replaceAll(/\d+/g, '#').slice(0, 160))].map(([line, all]) => [
      line,
      all.length,
    ]),
  );
}

function note(line: string): void {
  console.log(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${line}`);
}

function verbose(line: string): void {
  if (values.verbose && !isOver) note(line);
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  console.error(`cannot run: --${name} must be a whole number from 1 to ${most}, and it is ${text}`);
  return process.exit(2);
}
