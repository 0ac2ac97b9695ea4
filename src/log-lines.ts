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
import type { RunningLoggers, StartLoggersParts } from './logs/start-loggers.ts';
import { watchEnd } from './process-end/watch-end.ts';

type LineWatch = Pick<StartLoggersParts, 'isCollectorAway' | 'onLine'>;

export function startLogLines({ logs: settings }: Config, watch: LineWatch): RunningLoggers {
  const { bridgesPino, bridgesConsole } = settings;
  // The bridge after the ids: a line is looked at when they are off its logger again.
  const stops = [addIdsToPino(), ...(bridgesPino ? [bridgePino()] : []), ...(bridgesConsole ? [bridgeConsole()] : [])];
  const loggers = startNamed(settings, watch);
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
  const loggers = startNamed(config.logs, { isCollectorAway: () => true, onLine: () => watch.watchSignals() });
  const end = (): void => loggers.end(config.shutdownTimeoutMs);
  const watch = watchEnd({ onExit: end, onSignal: async () => loggers.flush(), onHandledSignal: loggers.flush });
  return {
    shutdown: async () => {
      watch.stop();
      loggers.stop();
    },
  };
}

function startNamed(settings: Config['logs'], watch: LineWatch): RunningLoggers {
  return startLoggers({
    settings,
    report: reportOnce,
    ...watch,
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
