/** What waits for the collector, and where: REQLENS_SPOOL_*, REQLENS_QUEUE_MAX_MB, REQLENS_EXPORT_MAX_BATCH_MB. */
import { join, resolve } from 'node:path';

import type { Config, SpoolSettings } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { ageRule, directoryRule } from './log-values.ts';
import type { ValueRule } from './value-rule.ts';

const megabyte = 1024 * 1024;

/** @returns Bytes. */
function megabytesRule(min: number, max: number): ValueRule<number> {
  return {
    expected: `a number of MB from ${min} to ${max}`,
    parse: (text) => {
      const value = Number(text);
      return /^\+?\d+(?:\.\d+)?$/.test(text) && value >= min && value <= max
        ? { value: Math.floor(value * megabyte) }
        : undefined;
    },
  };
}

/** @param logDirectory - Absolute. */
export function readWaiting(reader: EnvironmentReader, logDirectory: string): Config['waiting'] {
  // Read even if they have no effect, so that a mistake in them is reported.
  const limits = {
    maxBytes: reader.chosen('REQLENS_SPOOL_MAX_MB', megabytesRule(1, 1_048_576), '256').value,
    maxAgeMs: reader.chosen('REQLENS_SPOOL_MAX_AGE', ageRule, '24h').value,
  };
  return {
    spool: readSpool(reader, logDirectory, limits),
    queueBytes: reader.chosen('REQLENS_QUEUE_MAX_MB', megabytesRule(1, 65_536), '64').value,
    batchBytes: reader.chosen('REQLENS_EXPORT_MAX_BATCH_MB', megabytesRule(0.01, 1024), '4').value,
  };
}

function readSpool(
  reader: EnvironmentReader,
  logDirectory: string,
  limits: Omit<SpoolSettings, 'directory'>,
): SpoolSettings | undefined {
  const usual = join(logDirectory, 'spool');
  const directory = reader.chosen('REQLENS_SPOOL_DIR', directoryRule, usual).value;
  return directory.toLowerCase() === 'off' ? undefined : { directory: resolve(directory), ...limits };
}
