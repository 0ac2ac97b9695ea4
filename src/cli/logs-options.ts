/** The arguments of `reqlens logs`. Pure. */
import { parseArgs } from 'node:util';

export interface LogsOptions {
  /** In the order given; empty: all. */
  readonly names: readonly string[];
  readonly isFollowing: boolean;
  /** As given. */
  readonly requestId: string | undefined;
  /** The last so many; undefined: all. */
  readonly lineCount: number | undefined;
  /** Instead of `REQLENS_LOG_DIR`. */
  readonly directory: string | undefined;
}

export type ReadOptions =
  | { readonly kind: 'options'; readonly options: LogsOptions }
  | { readonly kind: 'help' }
  /** What was expected and what came. */
  | { readonly kind: 'mistake'; readonly message: string };

export function readLogsOptions(argv: readonly string[]): ReadOptions {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        follow: { type: 'boolean', short: 'f', default: false },
        request: { type: 'string' },
        lines: { type: 'string', short: 'n' },
        dir: { type: 'string' },
      },
    });
    if (values.help) return { kind: 'help' };
    const { follow: isFollowing, request, lines, dir } = values;
    const wrong = mistakeIn({ request, lines, dir });
    if (wrong !== undefined) return { kind: 'mistake', message: wrong };
    const lineCount = lines === undefined ? undefined : Number(lines);
    const options = { names: positionals, isFollowing, requestId: request?.trim(), lineCount, directory: dir };
    return { kind: 'options', options };
  } catch (error) {
    // parseArgs says which option it does not know, or which one needs a value.
    const message = error instanceof Error ? (error.message.split(/\.?\n|\. /, 1)[0] ?? '') : String(error);
    return { kind: 'mistake', message: `${message}; see reqlens logs --help` };
  }
}

type Texts = Readonly<Record<'request' | 'lines' | 'dir', string | undefined>>;

function mistakeIn({ request, lines, dir }: Texts): string | undefined {
  if (request?.trim() === '') return '--request: expected a request id or a trace id, got nothing';
  if (dir?.trim() === '') return '--dir: expected the path of a directory, got nothing';
  if (lines === undefined || /^\d{1,9}$/.test(lines)) return undefined;
  return `--lines: expected a whole number from 0 to 999999999, got ${JSON.stringify(lines.slice(0, 60))}`;
}

export const logsHelp = `Usage: reqlens logs [name...] [options]

Prints the lines of named loggers (default: of all) as they are, oldest first, backups and compressed backups included. The lines
of several loggers are merged by their time. Where the files are is read from the same variables as the application's:
REQLENS_LOG_DIR, REQLENS_LOGGERS, REQLENS_LOGGERS_FILE.

  -f, --follow          Go on with new lines, across rotation, until Ctrl+C.
      --request ID      Only lines of that request: its request id or trace id; a UUID and its 32 hex digits are the same.
  -n, --lines N         Only the last N lines; with --follow, of those that are there already.
      --dir PATH        Directory of the log files, instead of REQLENS_LOG_DIR.
  -h, --help            Show this text.

Exit status: 0; 1 when a file cannot be read; 2 for a name or an option that is not known.
`;
