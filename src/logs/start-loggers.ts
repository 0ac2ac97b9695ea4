/** Puts the configured loggers in force, follows changes of their levels, and ends them with the process. */
import { unwatchFile, watchFile } from 'node:fs';
import type { Stats } from 'node:fs';

import type { Config } from '../config/config.ts';
import { loggerSettings, putInForce } from './logger-settings.ts';
import { applyLevels, applyLoggerSettings, serveAllCopies } from './named-logger.ts';

export interface StartLoggersParts {
  readonly settings: Config['logs'];
  /** Says something on stderr, each cause once. */
  readonly report: (cause: string, message: string) => void;
  readonly isCollectorAway: () => boolean;
  /** Called for every line. */
  readonly onLine: () => void;
  /** Of a worker thread: nothing runs in it any more when the process ends. */
  readonly isWorker: boolean;
  /** Whether this thread speaks for the process. */
  readonly hints: boolean;
  /** Reads the levels of `REQLENS_LOGGERS_FILE` once more; says itself what is wrong with it. Undefined when it cannot be read at all. */
  readonly readLevels: (path: string) => Config['logs']['levels'] | undefined;
}

export interface RunningLoggers {
  /** Hands all lines to the operating system. */
  readonly flush: () => void;
  /** The same for the last time: what is logged from here on is written at once. A slow reader of the console is waited for at most this long. */
  readonly end: (timeoutMs: number) => void;
  readonly stop: () => void;
}

/** How often the file with the levels is looked at; a person who has saved it waits that long. */
const watchIntervalMs = 1000;

export function startLoggers(parts: StartLoggersParts): RunningLoggers {
  const { settings, report, isCollectorAway, onLine, isWorker, hints } = parts;
  putInForce({ settings, report, isCollectorAway, onLine, isSync: isWorker, hints });
  applyLoggerSettings();
  const stopServing = serveAllCopies();
  const stopWatching = settings.loggersFile === undefined ? () => undefined : followLevels(settings.loggersFile, parts);
  return {
    flush: () => loggerSettings().outputs.flush(),
    end: (timeoutMs) => loggerSettings().outputs.end(timeoutMs),
    stop: () => {
      stopWatching();
      stopServing();
      loggerSettings().outputs.endFiles();
    },
  };
}

/** By asking for its time stamp: that sees every way of saving a file, and network drives; it does not keep the process alive. */
function followLevels(path: string, { settings, readLevels }: StartLoggersParts): () => void {
  const onChange = (now: Stats, before: Stats): void => {
    // Called once for a file that is not there, too; that was said at the start.
    if (now.mtimeMs === 0 && before.mtimeMs === 0) return;
    const levels = readLevels(path);
    // Half saved, or gone: what holds goes on until it is whole again.
    if (levels === undefined) return;
    loggerSettings().setFileLevels(levels);
    applyLevels([...Object.keys(levels), ...settings.loggers.map(({ name }) => name)]);
  };
  watchFile(path, { persistent: false, interval: watchIntervalMs }, onChange);
  return () => unwatchFile(path, onChange);
}
