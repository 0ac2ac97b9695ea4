/** What can be set on the embedded collector: one table, from which flags, variables, `--help` and README's table come. */
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface CollectorSetting {
  /** Without the dashes. */
  readonly flag: string;
  /** The environment variable of the same meaning; a flag wins over it. Absent when there is only the flag. */
  readonly variable?: string;
  /** Empty for a switch. */
  readonly unit: string;
  /** As shown to people; empty for a switch. */
  readonly default: string;
  readonly meaning: string;
}

/** In the order in which `--help` and README show them. */
export const collectorSettings: readonly CollectorSetting[] = [
  {
    flag: 'otlp-port',
    variable: 'REQLENS_COLLECTOR_OTLP_PORT',
    unit: 'port',
    default: '4318',
    meaning: 'Where OTLP/HTTP is received, on 127.0.0.1. 0 takes a free port.',
  },
  {
    flag: 'viewer-port',
    variable: 'REQLENS_COLLECTOR_VIEWER_PORT',
    unit: 'port',
    default: '4319',
    meaning: 'Where the viewer is served, on 127.0.0.1. 0 takes a free port.',
  },
  {
    flag: 'data-dir',
    variable: 'REQLENS_COLLECTOR_DATA_DIR',
    unit: 'directory',
    default: '$XDG_DATA_HOME/reqlens, else ~/.local/share/reqlens',
    meaning: 'Where the database is kept. Made when it is not there. One collector at a time.',
  },
  {
    flag: 'retention-hours',
    variable: 'REQLENS_COLLECTOR_RETENTION_HOURS',
    unit: 'hours',
    default: '72',
    meaning: 'Telemetry older than this is removed.',
  },
  {
    flag: 'max-mb',
    variable: 'REQLENS_COLLECTOR_MAX_MB',
    unit: 'megabytes (1,048,576 bytes)',
    default: '1024',
    meaning: 'When the database is larger than this, the oldest telemetry is removed.',
  },
  { flag: 'memory', unit: '', default: '', meaning: 'Keep telemetry in memory only; nothing is written to disk.' },
  { flag: 'help', unit: '', default: '', meaning: 'Show this text.' },
];

/** What is in force. */
export interface CollectorOptions {
  readonly otlpPort: number;
  readonly viewerPort: number;
  /** Absolute; undefined with `--memory`. */
  readonly dataDir: string | undefined;
  readonly retentionHours: number;
  readonly maxMb: number;
}

/** A flag or a variable that cannot be used as it stands; the message says what was expected and what came. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

/** @returns 'help' when that was asked for. @throws SettingsError for a bad flag, variable or value. */
export function readCollectorSettings(argv: readonly string[], env: NodeJS.ProcessEnv): CollectorOptions | 'help' {
  const flags = parseFlags(argv);
  if (flags['help'] === true) return 'help';
  const source = new SettingSource(flags, env);
  const options = {
    otlpPort: source.wholeNumber('otlp-port', 0, 65_535),
    viewerPort: source.wholeNumber('viewer-port', 0, 65_535),
    dataDir: flags['memory'] === true ? undefined : resolve(source.given('data-dir')?.value ?? defaultDataDir(env)),
    retentionHours: source.wholeNumber('retention-hours', 1, 876_000),
    maxMb: source.wholeNumber('max-mb', 1, 1_048_576),
  };
  if (options.otlpPort !== 0 && options.otlpPort === options.viewerPort) {
    throw new SettingsError(
      `--otlp-port and --viewer-port: expected two different ports, got ${options.otlpPort} for both`,
    );
  }
  return options;
}

/** The text of `--help`. */
export function collectorHelp(): string {
  const lines = collectorSettings.map(({ flag, variable, unit, default: fallback, meaning }) => {
    const left = `  --${flag}${unit === '' ? '' : ` <${unit.split(' ')[0]}>`}`.padEnd(32);
    const right = [fallback && `default ${fallback}`, variable].filter(Boolean).join('; ');
    return `${left}${meaning}${right === '' ? '' : `\n${' '.repeat(32)}(${right})`}`;
  });
  return `Usage: reqlens collector [options]\n\nReceives OTLP/HTTP on this machine, keeps it, and shows it in a browser.\n\n${lines.join('\n')}\n`;
}

type Flags = Readonly<Record<string, string | boolean | undefined>>;

function parseFlags(argv: readonly string[]): Flags {
  const options = Object.fromEntries(
    collectorSettings.map(({ flag, unit }) => [flag, { type: unit === '' ? 'boolean' : 'string' } as const]),
  );
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SettingsError(`${message} (see reqlens collector --help)`, { cause: error });
  }
}

interface Given {
  /** How the user wrote it: `--flag` or the variable. */
  readonly as: string;
  readonly value: string;
}

class SettingSource {
  readonly #flags: Flags;
  readonly #env: NodeJS.ProcessEnv;

  constructor(flags: Flags, env: NodeJS.ProcessEnv) {
    this.#flags = flags;
    this.#env = env;
  }

  /** What the user has set; undefined when nothing or blank. */
  given(flag: string): Given | undefined {
    const fromFlag = this.#flags[flag];
    if (typeof fromFlag === 'string') return { as: `--${flag}`, value: fromFlag.trim() };
    const variable = settingOf(flag).variable;
    const fromEnv = variable === undefined ? '' : (this.#env[variable]?.trim() ?? '');
    return variable === undefined || fromEnv === '' ? undefined : { as: variable, value: fromEnv };
  }

  wholeNumber(flag: string, min: number, max: number): number {
    const { as, value } = this.given(flag) ?? { as: flag, value: settingOf(flag).default };
    const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    throw new SettingsError(
      `${as}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(value.slice(0, 80))}`,
    );
  }
}

function settingOf(flag: string): CollectorSetting {
  const setting = collectorSettings.find((candidate) => candidate.flag === flag);
  if (setting === undefined) throw new TypeError(`no setting named ${flag}`);
  return setting;
}

/** "If an implementation encounters a relative path it should ignore it" (XDG base directory specification). */
function defaultDataDir(env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_DATA_HOME'] ?? '';
  return join(isAbsolute(xdg) ? xdg : join(homedir(), '.local', 'share'), 'reqlens');
}
