/** Asks Google's own decoders, which run in a Python program beside the tests (Debian: python3-protobuf), what they make of our bytes. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Asked {
  readonly signal: 'trace' | 'logs' | 'metrics';
  readonly encoding: 'protobuf' | 'json';
  readonly body: Uint8Array;
}

/** The message by protobuf's JSON mapping, with ids in base64; or why it is none. */
type Judged = { readonly value: Readonly<Record<string, unknown>> } | { readonly error: string };

export interface Judge {
  readonly ask: (asked: Asked) => Promise<Judged>;
  readonly end: () => void;
}

/** Debian's own first: its packages are for no other. */
const pythons = ['/usr/bin/python3', 'python3'];

/** Why the tests cannot run here; undefined when they can. In CI they must. */
export function missingJudge(): string | undefined {
  if (pythonWithProtobuf() !== undefined) return undefined;
  const missing = 'there is no Python with google.protobuf (Debian: apt-get install python3-protobuf)';
  if (process.env['CI'] === 'true') throw new Error(missing);
  return missing;
}

function pythonWithProtobuf(): string | undefined {
  return pythons.find((python) => {
    try {
      execFileSync(python, ['-c', 'import google.protobuf.json_format'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

/** One program for many questions, answered in order. */
export function startJudge(): Judge {
  const program = new URL('judge.py', import.meta.url).pathname;
  const child: ChildProcess = spawn(pythonWithProtobuf() ?? 'python3', [program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((judged: Judged) => void)[] = [];
  if (child.stdout === null || child.stdin === null) throw new Error('the judge has no pipes');
  createInterface({ input: child.stdout }).on('line', (line) => waiting.shift()?.(JSON.parse(line)));
  const { stdin } = child;
  return {
    ask: async ({ signal, encoding, body }) => {
      const { promise, resolve } = Promise.withResolvers<Judged>();
      waiting.push(resolve);
      stdin.write(`${JSON.stringify({ signal, encoding, body: Buffer.from(body).toString('base64') })}\n`);
      return promise;
    },
    end: () => void child.kill(),
  };
}
