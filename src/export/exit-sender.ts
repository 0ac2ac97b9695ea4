/** Sends what is left while the process exits: a helper thread does it, and the exiting thread waits, but not for long. */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { devNull } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';

import { connectingHere } from './connecting.ts';
import type { Connecting } from './connecting.ts';
import type { Payload, Route, Sent } from './sent.ts';
import { codeOf } from '../errors.ts';

/** One request to make. */
export interface Parcel {
  readonly route: Route;
  readonly payload: Payload;
  /** For the request, from its start to the end of its answer, in milliseconds. */
  readonly timeoutMs: number;
}

/** What the helper thread is given; structured-cloneable. */
export interface ExitMail {
  /** Of the helper's own code. */
  readonly url: string;
  /** That code itself, where the exiting thread can read it. */
  readonly code: string | undefined;
  readonly parcels: readonly Parcel[];
  readonly connecting: Connecting;
  /** Takes a `ParcelOutcome` for each parcel, as soon as there is an answer. */
  readonly outcomes: MessagePort;
  /** One Int32 that the helper sets to 1 when it is done. */
  readonly done: SharedArrayBuffer;
}

/** What became of one parcel; structured-cloneable. */
export interface ParcelOutcome {
  readonly index: number;
  readonly sent: Sent;
}

export interface ExitOutcome {
  /** The helper was done in time, or there was none. */
  readonly isDone: boolean;
  /** By the parcel's index; of those without one nobody knows. */
  readonly answers: ReadonlyMap<number, Sent>;
}

/**
 * Runs in the helper thread before its code is read. That may lie where only the exiting thread can read (Yarn's PnP keeps packages in archives): then
 * it comes as a text. The file may be gone by now (a deployment replaced the package while we ran), and the exiting thread, which hears no
 * events any more, would wait to its deadline for nothing. The flag is set when the code has run to its end, well or not.
 */
const bootstrap = `const { workerData: { url, code, done } } = require('node:worker_threads');
const shared = new Int32Array(done);
import(url)
  .catch((error) => {
    if (code === undefined || Atomics.load(shared, 0) !== 0) throw error;
    return import('data:text/javascript,' + encodeURIComponent(code));
  })
  .catch(() => {
    Atomics.store(shared, 0, 1);
    Atomics.notify(shared, 0);
  });`;

/** For the helper's event loop, its code and its sockets: fewer have been seen to be too few for the loop alone. */
const neededDescriptors = 8;

/**
 * Blocks until everything is sent, every parcel's own time is over, or `timeoutMs` is. In an `exit` listener no asynchronous work
 * runs any more; another thread's does. Starting the thread and sending takes 60 to 85 ms (bench/exit.ts; Node 24, two cores,
 * November 2026), nearly all of it the start.
 *
 * @returns What became of each parcel, as far as is known then.
 */
export function sendBeforeExit(parcels: readonly Parcel[], timeoutMs: number): ExitOutcome {
  const isDone = parcels.length === 0 || !hasDescriptors();
  if (isDone || timeoutMs <= 0) return { isDone, answers: new Map() };
  const done = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const { port1: here, port2: there } = new MessageChannel();
  const helper = new URL('exit-thread.js', import.meta.url);
  const mail: ExitMail = {
    url: helper.href,
    code: codeIn(helper),
    parcels,
    connecting: connectingHere(),
    outcomes: there,
    done,
  };
  const worker = new Worker(bootstrap, {
    eval: true,
    workerData: mail,
    transferList: [there],
    // Neither the application's preloads nor its environment: this thread sends bytes, nothing else.
    execArgv: [],
    env: environment(),
    stdout: true,
    stderr: true,
  });
  const ending = Atomics.wait(new Int32Array(done), 0, 0, timeoutMs);
  const answers = received(here);
  here.close();
  void worker.terminate();
  return { isDone: ending !== 'timed-out', answers };
}

/** Messages of another thread are there as soon as it has posted them; reading them takes no turn of the event loop. */
function received(port: MessagePort): Map<number, Sent> {
  const answers = new Map<number, Sent>();
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- posted by exit-thread.ts alone
    const { index, sent } = next.message as ParcelOutcome;
    answers.set(index, sent);
  }
  return answers;
}

/**
 * Whom a connection trusts. Node asks for it in the thread that connects, and then; applications set it while they run. The option for the
 * system's authorities holds for one thread too since Node 24; the variable says the same on every version, also where it means nothing.
 */
function environment(): Record<string, string> {
  // oxlint-disable-next-line node/no-process-env -- not settings of ours
  const { NODE_TLS_REJECT_UNAUTHORIZED: rejects, NODE_USE_SYSTEM_CA: system, NODE_OPTIONS: options = '' } = process.env;
  const hasOption = [...process.execArgv, ...options.split(/\s+/)].includes('--use-system-ca');
  return {
    ...(rejects === undefined ? {} : { NODE_TLS_REJECT_UNAUTHORIZED: rejects }),
    ...(hasOption || system === '1' ? { NODE_USE_SYSTEM_CA: '1' } : {}),
  };
}

function codeIn(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // The thread tries by itself, and the disk is left when it cannot either.
    return undefined;
  }
}

/** Without them the thread dies before any code of ours runs in it, by an event that an exit does not hear. */
function hasDescriptors(): boolean {
  const opened: number[] = [];
  try {
    for (let count = 0; count < neededDescriptors; count += 1) opened.push(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    // What else a file system may say against the null device says nothing about threads.
    return !['EMFILE', 'ENFILE'].includes(codeOf(error));
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
