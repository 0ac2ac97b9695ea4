/** The one way to a log file: opens it by the driver that its settings name. */
import type { LogFileSettings } from '../config/config.ts';
import { PinoRollFile } from './pino-roll-file.ts';
import { RollingFile } from './rolling-file.ts';
import type { Appended, ReportTrouble } from './rolling-file.ts';

/** A file that takes lines. */
export interface LogFile {
  /** @param lines - Whole lines, each with its line break. Synchronous; never throws. */
  append(lines: Buffer): Appended;
  /** Gives the file back, at an exit with everything written that was taken; a later `append` opens it again. */
  close(): void;
}

/** Opens nothing on disk before the first line. @param report - Gets what goes wrong beside appending. */
export function openLogFile(settings: LogFileSettings, report: ReportTrouble): LogFile {
  switch (settings.driver) {
    case 'reqlens':
      return new RollingFile(settings, report);
    case 'pino-roll':
      return new PinoRollFile(settings, report);
    default:
      return settings.driver satisfies never;
  }
}
