/** What pino-roll is told, and what it cannot be told. Pure. */
import { extname } from 'node:path';

import type { LogFileSettings } from '../config/config.ts';

/** https://github.com/mcollina/pino-roll, version 4: its own options, then those of sonic-boom. */
export interface PinoRollOptions {
  /** Without extension: the number comes between. */
  readonly file: string;
  readonly extension?: string;
  /** A number with its unit: bytes. */
  readonly size?: string;
  /** In local time. */
  readonly frequency?: 'hourly' | 'daily';
  readonly limit?: { readonly count: number };
  readonly mkdir: true;
  readonly mode: number;
  /** Written when it is handed over. The asynchronous way never rolls while lines come without a pause, and cuts lines in two when it does. */
  readonly sync: true;
  readonly contentMode: 'buffer';
}

export function pinoRollOptions({ path, maxBytes, rollEvery, keep, mode }: LogFileSettings): PinoRollOptions {
  const extension = extname(path);
  return {
    file: path.slice(0, path.length - extension.length),
    ...(extension !== '' && { extension }),
    ...(maxBytes > 0 && { size: `${maxBytes}b` }),
    ...(rollEvery !== undefined && { frequency: rollEvery === 'hour' ? 'hourly' : 'daily' }),
    ...(keep.count !== undefined && keep.count > 0 && { limit: { count: keep.count } }),
    mkdir: true,
    mode,
    sync: true,
    contentMode: 'buffer',
  };
}

/** Settings that pino-roll has nothing for, in words. */
export function unknownToPinoRoll({ keep, compresses }: LogFileSettings): string[] {
  return [
    ...(keep.count === 0 ? ['keeping no backups'] : []),
    ...(keep.ageMs === undefined ? [] : ['deleting backups by age']),
    ...(keep.bytes === undefined ? [] : ['deleting backups by total size']),
    ...(compresses ? ['compressing backups'] : []),
  ];
}
