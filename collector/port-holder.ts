/** Finds out who has a port, for the message that says it is taken. Linux tells; elsewhere only a collector of ours can be recognised. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { get } from 'node:http';

/** @returns a clause such as `by process 123 (node app.js)`; empty when nobody can be named. */
export async function portHolder(port: number): Promise<string> {
  const process = processOn(port);
  const isCollector = await answersAsCollector(port);
  const named = process === undefined ? '' : `process ${process.id} (${process.command})`;
  if (isCollector) return named === '' ? ' by another reqlens collector' : ` by another reqlens collector, ${named}`;
  return named === '' ? '' : ` by ${named}`;
}

function processOn(port: number): { readonly id: string; readonly command: string } | undefined {
  const inode = ['/proc/net/tcp', '/proc/net/tcp6']
    .map((table) => listeningInode(table, port))
    .find((found) => found !== undefined);
  if (inode === undefined) return undefined;
  const id = quietly(() => readdirSync('/proc'))?.find((entry) => /^\d+$/.test(entry) && hasSocket(entry, inode));
  if (id === undefined) return undefined;
  const command = quietly(() => readFileSync(`/proc/${id}/cmdline`, 'utf8')) ?? '';
  return { id, command: printable(command.replaceAll('\0', ' ')).trim().slice(0, 100) };
}

/** Columns of /proc/net/tcp: 1 is the local address and port in hex, 3 the state (0A is LISTEN), 9 the inode. */
function listeningInode(table: string, port: number): string | undefined {
  const hexPort = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const lines = (quietly(() => readFileSync(table, 'utf8')) ?? '').split('\n').map((line) => line.trim().split(/\s+/));
  return lines.find((columns) => columns[1]?.endsWith(hexPort) === true && columns[3] === '0A')?.[9];
}

function hasSocket(processId: string, inode: string): boolean {
  const folder = `/proc/${processId}/fd`;
  const descriptors = quietly(() => readdirSync(folder)) ?? [];
  return descriptors.some(
    (descriptor) => quietly(() => readlinkSync(`${folder}/${descriptor}`)) === `socket:[${inode}]`,
  );
}

/** Other users' processes, and those that end while we look, cannot be read: they are passed over. */
function quietly<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    // Not being able to name the holder only makes the message shorter.
    return undefined;
  }
}

/** A command line may hold anything, and goes to a terminal. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?');

async function answersAsCollector(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', timeout: 500, agent: false }, (response) => {
      resolve(response.headers.server === 'reqlens-collector');
      response.destroy();
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
    request.on('close', () => resolve(false));
  });
}
