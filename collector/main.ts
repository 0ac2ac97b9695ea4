/** The embedded collector as a program: settings in, two servers up, a clean end on SIGTERM and SIGINT. */
import { existsSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Notice, RunningCollector } from './collector.ts';
import { CollectorStartError } from './start-error.ts';
import { collectorHelp, readCollectorSettings, SettingsError } from './settings.ts';

/** @throws SettingsError for a bad flag or variable, CollectorStartError when it cannot start. */
async function runCollector(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  notice: Notice,
): Promise<RunningCollector> {
  const options = readCollectorSettings(argv, env);
  if (options === 'help') throw new SettingsError('--help: expected a collector to start');
  // Not before the settings are known to be good: loading the database makes Node 22 print a warning.
  const { startCollector } = await import('./collector.ts');
  const collector = await startCollector(options, notice);
  const limits = `at most ${options.retentionHours} h and ${options.maxMb} MB`;
  notice(`OTLP is received at ${collector.otlpUrl} (traces, logs, metrics; HTTP with protobuf or JSON)`);
  notice(`viewer is at ${collector.viewerUrl}`);
  notice(
    collector.databaseFile === undefined
      ? `data are kept in memory, ${limits}`
      : `data are kept in ${collector.databaseFile}, ${limits}`,
  );
  return collector;
}

/** `reqlens collector`: runs until SIGTERM or SIGINT. Sets the exit code: 0 after a signal, 1 when it cannot start, 2 for bad settings. */
export async function collectorCommand(argv: readonly string[], env: NodeJS.ProcessEnv = process.env): Promise<void> {
  if (argv.includes('--help')) {
    process.stdout.write(collectorHelp());
    return;
  }
  try {
    const collector = await runCollector(argv, env, say);
    const end = (): void => {
      process.off('SIGTERM', end).off('SIGINT', end);
      void collector.close().then(() => process.exit(0));
    };
    process.on('SIGTERM', end).on('SIGINT', end);
  } catch (error) {
    if (!(error instanceof SettingsError) && !(error instanceof CollectorStartError)) throw error;
    process.stderr.write(`reqlens collector: ${error.message}\n`);
    process.exitCode = error instanceof SettingsError ? 2 : 1;
  }
}

function say(line: string): void {
  process.stdout.write(`reqlens collector: ${line}\n`);
}

/** `import.meta.main` is not there before Node 24.2. npm starts programs through links. */
function isStartedDirectly(): boolean {
  const [, script] = process.argv;
  return script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url);
}

if (isStartedDirectly()) await collectorCommand(process.argv.slice(2));
