/**
 * Opens stdout or stderr for writes that never wait for a reader, and so that the application does not notice: `process.stdout` and
 * `process.stderr` are streams that are made when somebody first asks for them, and their errors end the process.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import type { Socket } from 'node:net';
import { isatty } from 'node:tty';

export interface OpenDescriptor {
  /** @returns How many bytes are out. Throws as `writeSync` does, EAGAIN when there is no room. */
  readonly write: (bytes: Buffer, offset: number, length: number) => number;
  /** Leaves the descriptor as it was. */
  readonly release: () => void;
}

/**
 * On Linux a pipe or terminal can be opened once more without waiting, for us alone
 * (https://man7.org/linux/man-pages/man5/proc_pid_fd.5.html). Sockets cannot, nor can pipes elsewhere: those are told not to wait, as
 * Node's own stream of them does. A file is never waited for.
 *
 * @throws The system error, when it is closed or its reader has gone.
 */
export function openWithoutWaiting(standard: 1 | 2): OpenDescriptor {
  const status = statusOf(standard);
  const isTerminal = status.isCharacterDevice() && isatty(standard);
  const own = status.isFIFO() || isTerminal ? openedOnceMore(standard) : undefined;
  if (own !== undefined) {
    return {
      write: (bytes, offset, length) => writeSync(own, bytes, offset, length),
      release: () => closeSync(own),
    };
  }
  if (status.isFIFO() || status.isSocket()) return toldNotToWait(standard);
  return {
    write: (bytes, offset, length) => writeSync(standard, bytes, offset, length),
    release: () => undefined,
  };
}

/** Which file, pipe or socket a descriptor means; undefined when it is closed. */
export function meaningOf(standard: 1 | 2): string | undefined {
  try {
    const { dev, ino } = statusOf(standard);
    return `${dev} ${ino}`;
  } catch {
    // EBADF: it means nothing.
    return undefined;
  }
}

/**
 * In big integers, for which Node has a place of its own. In the other one the answer for a pipe stays behind, and `realpathSync` of Node 22 takes
 * it for that of the path it is at and stops: packages behind symbolic links, as pnpm has them, then did not find their own dependencies.
 */
function statusOf(standard: 1 | 2): BigIntStats {
  return fstatSync(standard, { bigint: true });
}

function openedOnceMore(standard: 1 | 2): number | undefined {
  try {
    // Without O_NOCTTY a process without a terminal would get one.
    return openSync(`/proc/self/fd/${standard}`, constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    // The reader of a pipe has gone (ENXIO), or the other end of a terminal (EIO).
    if (isCode(error, 'ENXIO') || isCode(error, 'EIO')) throw error;
    // No /proc, or another user's: a terminal is written as Node itself does it then.
    return undefined;
  }
}

/** What libuv's handle of a stream has (lib/net.js, `_handle`). */
interface Handle {
  readonly setBlocking: (isBlocking: boolean) => void;
  readonly unref: () => void;
}

/**
 * One for each descriptor and thread, and never closed: that would take the descriptor out of the event loop's list, and with it a
 * write of the application's own stream that waits there.
 */
const handles = new Map<1 | 2, Handle>();

function toldNotToWait(standard: 1 | 2): OpenDescriptor {
  // Asked before the handle is made, which changes it.
  const mayWait = waits(standard);
  const handle = handles.get(standard) ?? newHandle(standard);
  handles.set(standard, handle);
  return {
    write: (bytes, offset, length) => {
      // Each time: a child process that inherits it makes it wait again (libuv, uv__process_child_init).
      handle.setBlocking(false);
      return writeSync(standard, bytes, offset, length);
    },
    release: () => {
      if (mayWait) handle.setBlocking(true);
    },
  };
}

/** By Node's own stream class, because a handle cannot be had without; nothing is ever read, written or listened to through it. */
function newHandle(standard: 1 | 2): Handle {
  const socket: Socket = new (process.getBuiltinModule('node:net').Socket)({
    fd: standard,
    readable: false,
    writable: true,
  });
  const handle: unknown = Reflect.get(socket, '_handle');
  if (!isHandle(handle)) throw new Error('this Node.js does not show the handle of a stream');
  handle.unref();
  return handle;
}

function isHandle(handle: unknown): handle is Handle {
  return typeof handle === 'object' && handle !== null && 'setBlocking' in handle && 'unref' in handle;
}

/** Whether a write to it waits when it is full. Unknown, without /proc, means no: then it stays as we have set it. */
function waits(standard: 1 | 2): boolean {
  try {
    const flags = /^flags:\s*(?<octal>[0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${standard}`, 'latin1'));
    return (Number.parseInt(flags?.groups?.['octal'] ?? '', 8) & constants.O_NONBLOCK) === 0;
  } catch {
    return false;
  }
}

/** @param code - Of a system error. */
export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
