/** Tells who has claimed a file, and whether that process is still there. */
import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { threadId } from 'node:worker_threads';
import { codeOf } from '../errors.ts';

/**
 * A claim that old was left behind, whoever holds it: one request takes seconds. It decides where the process cannot be looked for,
 * which is in another container, in a thread that is gone, or behind a process id that was given again.
 */
export const staleClaimMs = 900_000;

let own: string | undefined;

/** `<host>-<pid>-<start>-<thread>`, for names of files. */
export function ownClaim(): string {
  own ??= `${hostKey()}-${process.pid}-${startOf(process.pid) ?? 0}-${threadId}`;
  return own;
}

/** @returns `dead`: certainly. `unknown`: it cannot be seen from here, or it seems to live. */
export function claimantState(claim: string): 'own' | 'dead' | 'unknown' {
  if (claim === ownClaim()) return 'own';
  const [host, pidText, start] = claim.split('-');
  if (host !== hostKey()) return 'unknown';
  const pid = Number(pidText);
  if (!isAlive(pid)) return 'dead';
  // The number was given again: the process that has it now began at another time.
  const startNow = startOf(pid);
  return start !== '0' && startNow !== undefined && startNow !== start ? 'dead' : 'unknown';
}

let hostKeyText: string | undefined;

/** The same for processes that can see each other's ids, which those of two containers cannot, whatever their host is called. */
function hostKey(): string {
  hostKeyText ??= createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex').slice(0, 8);
  return hostKeyText;
}

function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    // Not Linux: there the host's name alone has to do.
    return '';
  }
}

/** In ticks since the machine's start; field 22 of proc(5)'s stat. The name before it may hold blanks and brackets. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    // Not Linux, or hidden from us.
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is another user's.
    return codeOf(error) !== 'ESRCH';
  }
}
