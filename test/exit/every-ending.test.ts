/** Every way in which a process or a thread ends: as without us to the byte, and the last line, span and record arrive. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

import { receiverEnv } from './ending.ts';
import { runApp } from '../support/run-app.ts';
import type { AppExit } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

/** Several run at a time, on a machine that may have other things to do. */
const killAfterMs = 60_000;

const program = 'test/exit/apps/every-ending.mjs';

interface Way {
  readonly way: string;
  /** Default: `last`. */
  readonly leaves?: readonly string[];
  /** Messages of errors that end the process. Default: none. */
  readonly fatal?: readonly string[];
  readonly nodeArgs?: readonly string[];
  /** Node prints addresses of its own stack. */
  readonly hasNativeStack?: boolean;
}

interface Ended {
  readonly exit: Pick<AppExit, 'code' | 'signal' | 'stdout' | 'stderr'>;
  /** The same program without the preload. */
  readonly bare: Pick<AppExit, 'code' | 'signal' | 'stdout' | 'stderr'>;
  /** What the program left: in the file, as records, as spans; and the messages of fatal records. */
  readonly arrived: Readonly<Record<'lines' | 'records' | 'spans' | 'fatal', readonly string[]>>;
}

async function ended({ way, nodeArgs = [], hasNativeStack = false }: Way, where = 'main'): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), 'reqlens-every-ending-'));
  const receiver = await startScriptedReceiver();
  try {
    const env = { ...receiverEnv(receiver.url), REQLENS_LOG_DIR: folder, REQLENS_LOG_CONSOLE: 'false' };
    const args = [way, where];
    const [exit, bare] = await Promise.all([
      runApp(program, { args, env, nodeArgs: [...nodeArgs, '--import', './register.js'], killAfterMs }),
      runApp(program, { args, env: { BARE: '1' }, nodeArgs, killAfterMs }),
    ]);
    const file = join(folder, 'publish_sync.log');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : [];
    const { FATAL: fatal = [], INFO: records = [] } = Object.groupBy(receiver.logs(), (log) =>
      String(log.severityText),
    );
    const seen = (end: AppExit): AppExit => ({ ...end, stderr: hasNativeStack ? '' : stackOfApplication(end.stderr) });
    return {
      exit: seen(exit),
      bare: seen(bare),
      arrived: {
        lines: lines.map((line) => String(JSON.parse(line).msg)),
        records: records.map(({ body }) => String(body)),
        spans: receiver.spans().map(({ name }) => name),
        fatal: fatal.map(({ body }) => String(body)),
      },
    };
  } finally {
    await receiver.close();
    rmSync(folder, { recursive: true });
  }
}

function expected({ leaves = ['last'], fatal = [] }: Way): Ended['arrived'] {
  return { lines: leaves, records: leaves, spans: leaves, fatal };
}

/** Frames of ours and of Node's are left out: where ours are, Node cuts the stack earlier. */
function stackOfApplication(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => !/^ {4}at .*(?:\/dist\/|node:)/.test(line))
    .join('\n')
    .replaceAll(/^\(node:\d+\)/gm, '(node)');
}

const main: readonly Way[] = [
  { way: 'natural' },
  { way: 'beforeExit that logs' },
  { way: 'beforeExit that logs after an await' },
  { way: 'beforeExit that goes on once', leaves: ['first', 'last'] },
  { way: 'exit in beforeExit' },
  { way: 'exit in exit' },
  { way: 'exit in exit at the natural end' },
  { way: 'throw in exit', fatal: ['thrown in exit'] },
  { way: 'throw in exit at the natural end', fatal: ['thrown in exit'] },
  { way: 'exitCode in exit' },
  { way: 'exit listener added by an exit listener' },
  { way: 'reallyExit' },
  { way: 'reallyExit in exit' },
  { way: 'abort', hasNativeStack: true },
  { way: 'execve', hasNativeStack: true },
  { way: 'handler of a signal that exits' },
  { way: 'handler of a signal that kills' },
  { way: 'throw', fatal: ['thrown'] },
  { way: 'throw of something else', fatal: ['undefined'] },
  { way: 'throw of an object without a prototype', fatal: ['a value that cannot be shown'] },
  // V8 itself aborts where the error is thrown: nobody's JavaScript runs any more.
  { way: 'throw', leaves: [], nodeArgs: ['--abort-on-uncaught-exception'], hasNativeStack: true },
  { way: 'reject', fatal: ['rejected'] },
  { way: 'reject', fatal: ['rejected'], nodeArgs: ['--unhandled-rejections=strict'] },
  { way: 'reject', fatal: ['rejected'], nodeArgs: ['--unhandled-rejections=throw'] },
  { way: 'reject', nodeArgs: ['--unhandled-rejections=warn'] },
  { way: 'reject', nodeArgs: ['--unhandled-rejections=none'] },
  { way: 'reject', nodeArgs: ['--unhandled-rejections=warn-with-error-code'] },
  { way: 'reject, listened to' },
  { way: 'reject, listened to', fatal: ['rejected'], leaves: [], nodeArgs: ['--unhandled-rejections=strict'] },
  { way: 'reject, with a listener that throws', fatal: ['thrown in unhandledRejection'] },
  { way: 'reject, with a listener that exits' },
  { way: 'throw, with a handler' },
  { way: 'throw, with a handler that throws', fatal: ['thrown'] },
  { way: 'throw, with a handler that exits', fatal: ['thrown'] },
  { way: 'throw, with a capture callback' },
  {
    way: 'throw, with a capture callback that throws',
    leaves: ['last', 'last'],
    fatal: ['thrown', 'thrown in the callback'],
  },
  { way: 'throw, with a monitor', fatal: ['thrown'] },
  { way: 'throw in a domain' },
  { way: 'throw in a domain whose handler throws', fatal: ['thrown'] },
  { way: 'warning' },
  { way: 'a promise that never settles' },
  { way: 'a timer that does not hold' },
  { way: 'emit replaced before the end' },
  { way: 'reallyExit replaced before the end' },
  { way: 'a cluster worker that disconnects' },
  { way: 'a cluster worker that is killed' },
  { way: 'a cluster worker whose primary goes' },
  { way: 'a forked child that disconnects' },
  { way: 'a forked child whose parent disconnects' },
  { way: 'a forked child whose parent goes' },
  { way: 'two signals from elsewhere' },
  { way: 'two signals from elsewhere, the first of which is listened to' },
  ...['signal-exit', 'signal-exit-3'].flatMap((name): Way[] => {
    // Loaded before the preload, and used by somebody.
    const nodeArgs = ['--import', `./test/exit/apps/${name}-first.mjs`];
    const ends = ['natural', 'exit', 'throw', 'signal', 'signal with a listener'].map((end) => ({
      way: `${name}, ${end}`,
      fatal: end === 'throw' ? ['thrown'] : [],
    }));
    return [...ends, ...ends.map((each) => ({ ...each, nodeArgs }))];
  }),
  { way: 'source-map-support, throw', fatal: ['thrown'] },
  { way: 'source-map-support, reject', fatal: ['rejected'] },
  { way: 'throw', fatal: ['thrown'], nodeArgs: ['--import', './test/exit/apps/source-map-support-first.mjs'] },
  { way: 'reject', fatal: ['rejected'], nodeArgs: ['--import', './test/exit/apps/source-map-support-first.mjs'] },
];

describe.concurrent('the main thread', { timeout: 90_000 }, () => {
  for (const each of main) {
    test(`${each.way} ${each.nodeArgs?.join(' ') ?? ''}`, async () => {
      const { exit, bare, arrived } = await ended(each);
      expect(exit).toEqual(bare);
      expect(arrived).toEqual(expected(each));
    });
  }
});

/** Those that end the process, with us watching for them or not, and those that do nothing. */
const endingSignals = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR2', 'SIGQUIT', 'SIGKILL', 'SIGABRT', 'SIGALRM', 'SIGSEGV'];
const harmlessSignals = ['SIGWINCH', 'SIGCHLD', 'SIGPIPE', 'SIGCONT'];

describe.concurrent('a signal to oneself', { timeout: 90_000 }, () => {
  for (const signal of [...endingSignals, ...harmlessSignals]) {
    test(`${signal} to oneself`, async () => {
      const way = { way: `signal ${signal}` };
      const { exit, bare, arrived } = await ended(way);
      expect(exit).toEqual(bare);
      expect(arrived).toEqual(expected(way));
    });
  }
});

const inWorkers: readonly Way[] = main.filter(
  ({ way, nodeArgs = [] }) =>
    !/signal|abort|execve|cluster|fork|domain|never settles|callback that throws/.test(way) && nodeArgs.length === 0,
);

describe.concurrent('a worker thread', { timeout: 90_000 }, () => {
  for (const each of inWorkers) {
    test(`${each.way}, in a worker`, async () => {
      const { exit, bare, arrived } = await ended(each, 'worker');
      expect(exit).toEqual(bare);
      expect(arrived).toEqual(expected(each));
    });
  }
});
