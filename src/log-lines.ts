/** Starts what makes log lines: named loggers, ids in the application's own pino, and the bridges to the collector. */
import { isMainThread } from 'node:worker_threads';

import type { Config } from './config/config.ts';
import { readLevels } from './config/logger-levels.ts';
import { problemLine } from './config/problem-lines.ts';
import { reportOnce, speaksForProcess } from './export/self-report.ts';
import { bridgeConsole } from './logs/console-bridge.ts';
import { bridgePino } from './logs/pino-bridge.ts';
import { addIdsToPino } from './logs/pino-ids.ts';
import { startLoggers } from './logs/start-loggers.ts';
import type { RunningLoggers } from './logs/start-loggers.ts';
import { watchEnd } from './process-end/watch-end.ts';

/** @param isCollectorAway - Whether log records wait or go nowhere at the moment. */
export function startLogLines({ logs: settings }: Config, isCollectorAway: () => boolean): RunningLoggers {
  const { bridgesPino, bridgesConsole } = settings;
  // The bridge after the ids: a line is looked at when they are off its logger again.
  const stops = [addIdsToPino(), ...(bridgesPino ? [bridgePino()] : []), ...(bridgesConsole ? [bridgeConsole()] : [])];
  const loggers = startNamed(settings, isCollectorAway);
  return {
    flush: loggers.flush,
    end: loggers.end,
    stop: () => {
      for (const each of [...stops, loggers.stop]) each();
    },
  };
}

/** `OTEL_SDK_DISABLED`: named loggers write all the same, to console and files. */
export function startLogLinesAlone(config: Config): { readonly shutdown: () => Promise<void> } {
  const loggers = startNamed(config.logs, () => true);
  const end = (): void => loggers.end(config.shutdownTimeoutMs);
  const watch = watchEnd({ onExit: end, onSignal: async () => loggers.flush(), onHandledSignal: loggers.flush });
  watch.watchSignals();
  return {
    shutdown: async () => {
      watch.stop();
      loggers.stop();
    },
  };
}

function startNamed(settings: Config['logs'], isCollectorAway: () => boolean): RunningLoggers {
  return startLoggers({
    settings,
    report: reportOnce,
    isCollectorAway,
    isWorker: !isMainThread,
    hints: speaksForProcess(),
    readLevels: (path) => {
      const { levels, problems } = readLevels(path, settings);
      for (const line of problems.map(problemLine)) reportOnce(line, line.replace(/^reqlens: /, ''));
      // Not a key of the file but the file itself.
      return problems.some(({ inFile }) => inFile === undefined) ? undefined : levels;
    },
  });
}
