/** CPU time that libuv's threads have used: Linux says it per thread; elsewhere it is what the main thread has not used. */
import fs from 'node:fs';

import { threadCpu, usageMethod } from './clocks.ts';

// Kept from before anybody patches them, us included: reading a clock is not the application's file access.
const { closeSync, openSync, readFileSync, readSync, readdirSync } = fs;

export interface ThreadpoolClock {
  /** Microseconds since the process started; only differences mean something. */
  readonly readUs: () => number;
  readonly close: () => void;
}

/** @returns Undefined where nothing tells: threads without names and no clock of this thread (Node 22.15). */
export function openThreadpoolClock(): ThreadpoolClock | undefined {
  const named = new NamedThreads();
  if (named.isFound) return named;
  named.close();
  if (usageMethod === 'segments/wall-clock') return undefined;
  return { readUs: otherThreadsUs, close: () => {} };
}

/** Also has V8's own threads in it, which collect and compile: an estimate of an estimate. */
function otherThreadsUs(): number {
  const { user, system } = process.cpuUsage();
  const own = threadCpu();
  return user + system - own.user - own.system;
}

/** /proc/self/task/N/schedstat: its first number is the nanoseconds on the processor. The threads have names in Node 22.23, and not in 22.15. */
class NamedThreads implements ThreadpoolClock {
  readonly #descriptors = new Map<string, number>();
  readonly #text = Buffer.alloc(128);
  #wanted = 1;

  constructor() {
    this.#find();
  }

  get isFound(): boolean {
    return this.#descriptors.size > 0;
  }

  readonly readUs = (): number => {
    // libuv starts all its threads with the first job, which may come after us.
    if (this.#descriptors.size < this.#wanted) this.#find();
    let nanoseconds = 0;
    for (const descriptor of this.#descriptors.values()) {
      const bytes = readSync(descriptor, this.#text, 0, this.#text.length, 0);
      nanoseconds += Number.parseInt(this.#text.toString('latin1', 0, bytes), 10);
    }
    return nanoseconds / 1000;
  };

  readonly close = (): void => {
    for (const descriptor of this.#descriptors.values()) closeSync(descriptor);
    this.#descriptors.clear();
    // Nothing is found again after this.
    this.#wanted = 0;
  };

  #find(): void {
    try {
      for (const thread of readdirSync('/proc/self/task')) this.#add(thread);
    } catch {
      // Not Linux, or /proc is hidden: then there is no such clock, and the caller takes the other one.
      this.close();
    }
  }

  #add(thread: string): void {
    const folder = `/proc/self/task/${thread}`;
    if (this.#descriptors.has(thread) || !readFileSync(`${folder}/comm`, 'latin1').startsWith('libuv-worker')) return;
    this.#descriptors.set(thread, openSync(`${folder}/schedstat`, 'r'));
  }
}
