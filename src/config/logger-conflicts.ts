/** Mistakes that show only when all loggers are known: a file that is another's backup, lines that go nowhere. Pure. */
import { basename, dirname, extname, join } from 'node:path';

import type { ConfigProblem, LoggerSettings } from './config.ts';
import type { LoggerEntry } from './logger-entry.ts';
import { shownText } from './shown-value.ts';

/** As files/backup-name.ts has it: eight digits are a date that others wrote, `app.20261123.log`, and never a backup of ours. */
const backupNumber = /^[1-9](?:\d{0,6}|\d{8})$/;

/** Loggers that can all work, and what was changed for that. */
export interface MendedLoggers {
  readonly loggers: readonly LoggerSettings[];
  readonly problems: readonly ConfigProblem[];
}

/**
 * @param entries - All, those that win last, at least one of each logger; complaints point at its last.
 * @param isExporting - Without it what goes to the collector goes nowhere.
 */
export function mendLoggers(
  loggers: readonly LoggerSettings[],
  entries: readonly LoggerEntry[],
  isExporting: boolean,
): MendedLoggers {
  const problems: ConfigProblem[] = [];
  const lastEntries = new Map(entries.map((entry) => [entry.name, entry]));
  const complain = (name: string, expected: string, consequence: string): void => {
    const entry = lastEntries.get(name);
    if (entry !== undefined) problems.push(entry.problem(expected, consequence));
  };
  const byPath = new Map(loggers.toReversed().map((logger) => [logger.file?.path ?? '', logger]));
  const mended = loggers
    .map((logger) => {
      const owner = ownerOfBackup(logger, byPath);
      if (owner === undefined) return logger;
      const expected = `a file that is no backup of the one of ${owner.name}`;
      complain(logger.name, `${expected} (backups are named ${backupForm(owner)})`, `${logger.name} gets no file`);
      return { ...logger, file: undefined };
    })
    .map((logger) => {
      if (logger.file !== undefined || logger.hasConsole || (logger.hasOtlp && isExporting)) return logger;
      const collector = isExporting ? 'the collector' : 'the collector (with OTEL_LOGS_EXPORTER)';
      complain(logger.name, `a file, the console or ${collector} for its lines`, `${logger.name} gets the console`);
      return { ...logger, hasConsole: true };
    });
  return { loggers: mended, problems };
}

/** `publish_sync.1.log`, also compressed, beside `publish_sync.log`: it would be renamed, and removed, as a backup is. */
function ownerOfBackup(
  { file }: LoggerSettings,
  byPath: ReadonlyMap<string, LoggerSettings>,
): LoggerSettings | undefined {
  if (file === undefined) return undefined;
  const name = basename(file.path).replace(/\.gz$/i, '');
  for (const ownName of backedUpNames(name)) {
    const owner = byPath.get(join(dirname(file.path), ownName));
    if (owner?.file !== undefined && isBackupOf(name, owner.file.path)) return owner;
  }
  return undefined;
}

/** Names that it would be a backup's of: without the number before its ending, or at its end. */
function backedUpNames(name: string): readonly string[] {
  const extension = extname(name);
  const withoutEnding = basename(name, extension);
  return [`${basename(withoutEnding, extname(withoutEnding))}${extension}`, withoutEnding];
}

function isBackupOf(name: string, path: string): boolean {
  const [base, extension] = baseAndExtension(path);
  const isNear = name.startsWith(`${base}.`) && name.endsWith(extension);
  return isNear && backupNumber.test(name.slice(base.length + 1, name.length - extension.length));
}

function backupForm({ file }: LoggerSettings): string {
  const [base, extension] = baseAndExtension(file?.path ?? '');
  return shownText(`${base}.<number>${extension}`);
}

function baseAndExtension(path: string): readonly [string, string] {
  const extension = extname(path);
  return [basename(path, extension), extension];
}
