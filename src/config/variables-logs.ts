/** The variables of named loggers and their files: REQLENS_LOG_*, REQLENS_LOGGERS*, REQLENS_BRIDGE_*. */
import { redactedByDefault } from './redaction.ts';
import type { Variable } from './variables.ts';

/** The original system's; entries of `REQLENS_LOGGERS_FILE` and `REQLENS_LOGGERS` are laid over these. Its API logger's file has a dash. */
export const builtInLoggers = 'publish_sync,wordpress_api:file=wordpress-api.log,webhooks';

const section = 'Logs';
const levels = '`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`';

const which: readonly Variable[] = [
  {
    name: 'REQLENS_LOG_LEVEL',
    section,
    meaning: 'The least severe level that named loggers write.',
    type: levels,
    default: 'info',
  },
  {
    name: 'REQLENS_LOG_LEVEL_<NAME>',
    section,
    meaning:
      'The level of one logger, whatever else is set: its name in upper case, with `_` for everything but letters and digits, e.g. `REQLENS_LOG_LEVEL_WORDPRESS_API`.',
    type: levels,
    whenUnset: "the logger's `level`, else `REQLENS_LOG_LEVEL`",
  },
  {
    name: 'REQLENS_LOGGERS',
    section,
    meaning:
      'Loggers and their settings, e.g. `wordpress_api:file=wordpress-api.log:level=debug,payments:console=false`. Keys: `docs/logs.md`.',
    type: 'list of `name[:key=value]...`',
    default: builtInLoggers,
  },
  {
    name: 'REQLENS_LOGGERS_FILE',
    section,
    meaning: 'The same in a file. Levels in it are followed while the process runs.',
    type: 'path of a `.json`, `.yaml` or `.yml` file',
    whenUnset: 'none',
  },
];

const files: readonly Variable[] = [
  {
    name: 'REQLENS_LOG_DIR',
    section,
    meaning: 'Where log files are, from the working directory. Made at the first line.',
    type: 'path of a directory',
    default: 'logs/publish-sync-logs',
  },
  {
    name: 'REQLENS_LOG_MAX_SIZE',
    section,
    meaning: 'A line that would take a file beyond this starts a new one. 0: no limit.',
    type: 'bytes, or with `KB`, `MB`, `GB` (of 1024); at least 1KB',
    default: '10MB',
  },
  {
    name: 'REQLENS_LOG_ROLL',
    section,
    meaning: 'Whether a new file begins with each hour or day (UTC) too.',
    type: '`none`, `hourly` or `daily`',
    default: 'none',
  },
  {
    name: 'REQLENS_LOG_BACKUPS',
    section,
    meaning: 'How many backups of a file stay. 0 keeps none.',
    type: 'count, or `unlimited`',
    default: '10',
  },
  {
    name: 'REQLENS_LOG_BACKUP_AGE',
    section,
    meaning: 'Older backups are removed.',
    type: 'number with `s`, `m`, `h`, `d` or `w`, e.g. `14d`; or `unlimited`',
    default: 'unlimited',
  },
  {
    name: 'REQLENS_LOG_BACKUP_BYTES',
    section,
    meaning: 'When all backups of a file are larger than this, the oldest are removed.',
    type: 'bytes, or with `KB`, `MB`, `GB` (of 1024); or `unlimited`',
    default: 'unlimited',
  },
  {
    name: 'REQLENS_LOG_GZIP',
    section,
    meaning: 'Backups are compressed, in the background.',
    type: 'boolean',
    default: 'false',
  },
  {
    name: 'REQLENS_LOG_FILE_MODE',
    section,
    meaning: 'Permissions of new log files.',
    type: 'octal, `0600` to `0777`',
    default: '0640',
  },
  {
    name: 'REQLENS_LOG_SYNC',
    section,
    meaning: 'Each line is handed to the operating system before the logger call returns.',
    type: 'boolean',
    default: 'false',
  },
  {
    name: 'REQLENS_LOG_FILE_DRIVER',
    section,
    meaning: 'Whose code rolls the files: ours, or the package `pino-roll` that the application has installed.',
    type: '`reqlens` or `pino-roll`',
    default: 'reqlens',
  },
];

const lines: readonly Variable[] = [
  {
    name: 'REQLENS_LOG_CONSOLE',
    section,
    meaning: 'Named loggers write to the console too.',
    type: 'boolean',
    default: 'true',
  },
  {
    name: 'REQLENS_LOG_FORMAT',
    section,
    meaning: 'How named loggers write a line, to files and the console.',
    type: '`json` or `text`',
    default: 'json',
  },
  {
    name: 'REQLENS_LOG_REDACT',
    section,
    meaning:
      "Fields that are never written: keys at any depth, in any case, and paths from the line's root (`user.email`, `items.*.card`). `default` stands for the default list. Attributes of spans, events and links with these names are kept out as well.",
    type: 'list of keys and paths; or `none`',
    default: redactedByDefault.join(','),
  },
  {
    name: 'REQLENS_LOG_MAX_LINE',
    section,
    meaning: 'Longer lines have their values cut.',
    type: 'characters, 1024 to 104857600',
    default: '1048576',
  },
  {
    name: 'REQLENS_BRIDGE_PINO',
    section,
    meaning: "Lines of the application's own pino loggers go to the collector too.",
    type: 'boolean',
    default: 'false',
  },
  {
    name: 'REQLENS_BRIDGE_CONSOLE',
    section,
    meaning: 'What the application prints by `console` goes to the collector too.',
    type: 'boolean',
    default: 'false',
  },
];

/** In the order in which the documents list them. */
export const logVariables: readonly Variable[] = [...which, ...files, ...lines];
