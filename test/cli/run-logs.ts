/** Starts `reqlens logs` as a shell does, in a directory of its own with log files in it. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

export interface LogsExit {
  readonly code: number | undefined;
  readonly lines: readonly string[];
  readonly stderr: string;
}

export interface RunningLogs {
  readonly lines: () => readonly string[];
  readonly stderr: () => string;
  /** Resolves when what was printed satisfies the condition; rejects when the process ends before that. */
  readonly until: (condition: () => boolean) => Promise<void>;
  readonly signal: (name: NodeJS.Signals) => void;
  /** The reader of its output goes away. */
  readonly closeOutput: () => void;
  readonly exit: Promise<LogsExit>;
}

/** Working directory of the command; the files are where they are by default. */
export class LogDirectory {
  readonly path: string = mkdtempSync(join(tmpdir(), 'reqlens-cli-'));
  readonly logs: string = join(this.path, 'logs/publish-sync-logs');
  readonly #children: ChildProcess[] = [];

  constructor() {
    mkdirSync(this.logs, { recursive: true });
  }

  /** Compressed when the name ends in .gz. */
  write(name: string, lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join('');
    writeFileSync(join(this.logs, name), name.endsWith('.gz') ? gzipSync(text) : text);
  }

  append(name: string, line: string): void {
    appendFileSync(join(this.logs, name), `${line}\n`);
  }

  rename(from: string, to: string): void {
    renameSync(join(this.logs, from), join(this.logs, to));
  }

  /** @param env - Beside PATH. */
  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningLogs {
    const child = spawn(process.execPath, [main, 'logs', ...args], {
      cwd: this.path,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.push(child);
    return running(child);
  }

  async run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<LogsExit> {
    return this.start(args, env).exit;
  }

  /** Ends what a failed test left running: a command that follows would do so for ever. */
  remove(): void {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.path, { recursive: true, force: true });
  }
}

function running(child: ChildProcess): RunningLogs {
  const output = { stdout: '', stderr: '' };
  const checks = new Set<() => void>();
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      for (const check of checks) check();
    });
  }
  const lines = (): string[] => output.stdout.split('\n').slice(0, -1);
  const exit = new Promise<LogsExit>((resolve) => {
    child.once('close', (code) => {
      resolve({ code: code ?? undefined, lines: lines(), stderr: output.stderr });
    });
  });
  return {
    lines,
    stderr: () => output.stderr,
    until: (condition) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          if (condition()) resolve();
        };
        checks.add(check);
        void exit.then((end) => reject(new Error(`ended before: ${JSON.stringify(end)}`)));
        check();
      }),
    signal: (name) => {
      child.kill(name);
    },
    closeOutput: () => {
      child.stdout?.destroy();
    },
    exit,
  };
}
