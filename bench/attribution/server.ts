/** Answers each request by the kind in its path, tracked or not; what a tracked one cost, in truth and by each method, goes to the parent. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { usageTracker } from '../../src/usage/tracking.ts';
import type { UsageTracker } from '../../src/usage/tracking.ts';
import type { ResourceUsage } from '../../src/usage/resource-usage.ts';
import { spreadOf } from '../statistics.ts';
import { threadCpuMs } from '../thread-cpu.ts';
import { hash, kinds } from './kinds.ts';
import type { Job } from './kinds.ts';
import { startSampling } from './sampling.ts';
import type { Sampling } from './sampling.ts';

/** Where the echo servers are, and the files. */
export interface ServerSettings extends Pick<Job, 'httpPort' | 'echoPort' | 'folder'> {
  /** `pprof` measures by sampling, in a process of its own; nothing of ours runs then. */
  readonly method: 'ours' | 'pprof';
}

/** One tracked request. */
export interface Sample {
  readonly kind: string;
  readonly truth: number;
  /** By its kind's figure. */
  readonly ours?: number;
  /** Of the whole process between the request's head and its end. */
  readonly processDelta?: number;
  readonly eventLoop?: number;
  readonly pprof?: number;
}

let roundsPerMs = 1;
function rounds(count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index += 1) sum += Math.sqrt(index ^ (sum & 7));
  return sum;
}

/** As many rounds as take a millisecond when nothing disturbs. */
function calibrate(): void {
  const tries = Array.from({ length: 50 }, () => {
    const before = threadCpuMs();
    rounds(200_000);
    return 200_000 / (threadCpuMs() - before);
  });
  roundsPerMs = tries.toSorted((a, b) => a - b)[25] ?? 1;
}

/** CPU of all threads but this one, ms. */
function otherThreadsMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 - threadCpuMs();
}

/** One by one, because the first ones of a process take half as long again. */
async function hashCost(): Promise<number> {
  const costs: number[] = [];
  for (let index = 0; index < 60; index += 1) {
    const before = otherThreadsMs();
    await hash();
    costs.push(otherThreadsMs() - before);
  }
  return spreadOf(costs.slice(20)).median;
}

process.once('message', (settings: ServerSettings) => void serve(settings));

async function serve(settings: ServerSettings): Promise<void> {
  calibrate();
  const lab: Lab = {
    settings,
    hashMs: await hashCost(),
    tracker: settings.method === 'ours' ? usageTracker() : undefined,
    sampling: settings.method === 'pprof' ? startSampling() : undefined,
  };
  const server = createServer((request, response) => handle(lab, request, response));
  process.on('message', (message) => {
    if (message === 'cpu') process.send?.({ cpuMs: threadCpuMs() });
    if (message === 'samples') process.send?.({ samples: lab.sampling?.samples() ?? [] });
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
}

interface Lab {
  readonly settings: ServerSettings;
  readonly hashMs: number;
  readonly tracker: UsageTracker | undefined;
  readonly sampling: Sampling | undefined;
}

function handle(lab: Lab, request: IncomingMessage, response: ServerResponse): void {
  const [, mode = '', name = ''] = decodeURIComponent(request.url ?? '').split('/');
  const truth = { cpuMs: 0 };
  const job = jobFor({ request, share: shares[mode] ?? 0, truth, settings: lab.settings, hashMs: lab.hashMs });
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`there is no kind ${name}`);
  const work = async (): Promise<void> => {
    await kind.run(job);
    response.end('ok');
  };
  if (mode !== 'tracked') {
    void work();
    return;
  }
  const id = String(request.headers['x-id']);
  const tracking = lab.tracker?.startTracking(request, response);
  const before = processNow();
  response.once('close', () => {
    const usage = tracking?.end({ isComplete: response.writableFinished });
    const after = processNow();
    const { figure = 'cpuMs', truth: given = truth.cpuMs } = kind;
    const known = typeof given === 'function' ? given(job) : given;
    // Sampling counts CPU and nothing else.
    if (figure === 'cpuMs') lab.sampling?.ended(id, { kind: name, truth: known });
    if (usage !== undefined) process.send?.(sampleOf({ kind: name, figure, known, usage, before, after }));
  });
  lab.sampling?.run(id, work);
  void tracking?.run(work);
}

/** How much a request burns. Others a quarter, so that fifty of them leave the tracked one some of the time. */
const shares: Readonly<Record<string, number>> = { tracked: 1, untracked: 0.25, baseline: 0 };

interface JobParts {
  readonly request: IncomingMessage;
  readonly share: number;
  readonly truth: { cpuMs: number };
  readonly settings: ServerSettings;
  readonly hashMs: number;
}

function jobFor({ request, share, truth, settings, hashMs }: JobParts): Job {
  const spend = (work: () => void): void => {
    if (share === 0) return;
    const before = threadCpuMs();
    work();
    truth.cpuMs += threadCpuMs() - before;
  };
  const burn = (ms: number): void => spend(() => void rounds(roundsPerMs * ms * share));
  return { request, stepMs: 1, ...settings, burn, spend, hashMs };
}

interface ProcessNow {
  readonly cpuMs: number;
  readonly activeMs: number;
}

function processNow(): ProcessNow {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000, activeMs: performance.eventLoopUtilization().active };
}

interface Measured {
  readonly kind: string;
  readonly figure: keyof ResourceUsage;
  readonly known: number;
  readonly usage: ResourceUsage;
  readonly before: ProcessNow;
  readonly after: ProcessNow;
}

function sampleOf({ kind, figure, known, usage, before, after }: Measured): Sample {
  const ours = Number(usage[figure] ?? Number.NaN);
  if (figure !== 'cpuMs') return { kind, truth: known, ours };
  const processDelta = after.cpuMs - before.cpuMs;
  return { kind, truth: known, ours, processDelta, eventLoop: after.activeMs - before.activeMs };
}
