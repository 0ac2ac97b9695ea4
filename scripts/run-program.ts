/** Runs one program to its end, or for as long as it may, and keeps what it printed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ran {
  /** The exit code or the signal; undefined when it was stopped because of its time. */
  readonly code: number | NodeJS.Signals | undefined;
  /** What it wrote to stdout and stderr, as it came; the first 20 million characters. */
  readonly output: string;
}

export interface RunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutS: number;
}

const maxOutput = 20_000_000;

export async function runProgram(program: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { cwd, env, timeoutS } = options;
  // A group of its own, so that what it has started ends with it.
  const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < maxOutput) output += text;
    });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end(child.pid);
  }, timeoutS * 1000);
  await once(child, 'exit');
  const { exitCode, signalCode } = child;
  clearTimeout(timer);
  end(child.pid);
  return { code: isLate ? undefined : (exitCode ?? signalCode ?? undefined), output };
}

function end(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
}
