/** A small disk of the run's own, which can be filled: a tmpfs where we may mount one, else a plain folder that stays as it is. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const blockBytes = 1024 * 1024;

/** By `performance.now()`. */
export interface FullTime {
  readonly fromMs: number;
  /** Undefined: it still is. */
  toMs?: number;
}

export class Disk {
  readonly fullTimes: FullTime[] = [];
  readonly path: string;
  readonly canBeFull: boolean;
  /** Where the log files are. */
  readonly logs: string;
  #moves = 0;

  constructor(sizeMb: number) {
    this.path = mkdtempSync(join(tmpdir(), 'reqlens-chaos-'));
    this.canBeFull = mounts(this.path, sizeMb);
    this.logs = join(this.path, 'logs');
  }

  fill(): void {
    this.fullTimes.push({ fromMs: performance.now() });
    const fd = openSync(join(this.path, 'ballast'), 'w');
    try {
      for (;;) if (writeSync(fd, Buffer.alloc(blockBytes, 1)) < blockBytes) return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    } finally {
      closeSync(fd);
    }
  }

  empty(): void {
    rmSync(join(this.path, 'ballast'), { force: true });
    const last = this.fullTimes.at(-1);
    if (last !== undefined) last.toMs = performance.now();
  }

  /** The directory of the log files is taken away, with all that is in it. */
  moveLogs(): void {
    mkdirSync(this.logs, { recursive: true });
    this.#moves += 1;
    renameSync(this.logs, join(this.path, `logs-moved-${this.#moves}`));
  }

  remove(): void {
    if (this.canBeFull) execFileSync('umount', ['-l', this.path]);
    rmSync(this.path, { recursive: true, force: true });
  }
}

function mounts(path: string, sizeMb: number): boolean {
  if (process.platform !== 'linux' || process.geteuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMb}m,mode=0755`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    // A container without the right to mount: the run goes on, and says that the disk was never full.
    return false;
  }
}
