/** Whose the other end of a connection is: which of some processes on this machine. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';

/** By Linux' /proc. @returns Undefined where there is none, or when the process is gone. */
export function ownerOf({ remotePort, localPort }: Socket, pids: readonly number[]): number | undefined {
  try {
    const inode = inodeOf(remotePort ?? 0, localPort ?? 0);
    return inode === undefined ? undefined : pids.find((pid) => holds(pid, `socket:[${inode}]`));
  } catch {
    // No /proc: nothing can be said of it.
    return undefined;
  }
}

/** Columns of proc(5)'s net/tcp: 1 and 2 are the ends, 9 is the inode. */
function inodeOf(ownPort: number, peerPort: number): string | undefined {
  for (const line of readFileSync('/proc/net/tcp', 'latin1').split('\n')) {
    const columns = line.trim().split(/\s+/);
    if (portIn(columns[1]) === ownPort && portIn(columns[2]) === peerPort) return columns[9];
  }
  return undefined;
}

function portIn(address = ''): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

function holds(pid: number, name: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkOf(`/proc/${pid}/fd/${fd}`) === name);
  } catch {
    // It is gone.
    return false;
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed between the two looks.
    return '';
  }
}
