/** One ending of test/exit/apps/endings.mjs, with us and without, and what arrived of it. */
import type { PlainLogRecord, PlainSpan } from '../support/otlp-json.ts';
import { runApp, startApp } from '../support/run-app.ts';
import type { AppExit, RunningApp } from '../support/run-app.ts';
import { startScriptedReceiver } from '../support/scripted-receiver.ts';

const program = 'test/exit/apps/endings.mjs';

export interface Ending {
  readonly exit: AppExit;
  /** The same program without the preload. */
  readonly bare: AppExit;
  readonly spans: readonly PlainSpan[];
  readonly logs: readonly PlainLogRecord[];
}

/** Asks for `path` and waits for the end, which may come before an answer. */
export async function endingOf(path: string): Promise<Ending> {
  return ending(async (app) => {
    await app.get(path).catch(() => undefined);
  });
}

/** Brings a request to where it is neither answered nor over, then sends the signal. */
export async function endingBySignal(signal: NodeJS.Signals, listenHow?: string): Promise<Ending> {
  return ending(
    async (app) => {
      const open = app.get('/open').catch(() => undefined);
      await app.get('/ok');
      app.signal(signal);
      await open;
    },
    listenHow === undefined ? [] : ['listen', listenHow],
  );
}

async function ending(act: (app: RunningApp) => Promise<void>, args: readonly string[] = ['serve']): Promise<Ending> {
  const receiver = await startScriptedReceiver();
  try {
    const app = await startApp(program, { args, env: receiverEnv(receiver.url) });
    await act(app);
    const exit = await app.exit;
    const bareApp = await startApp(program, { args, nodeArgs: [] });
    await act(bareApp);
    return { exit, bare: await bareApp.exit, spans: receiver.spans(), logs: receiver.logs() };
  } finally {
    await receiver.close();
  }
}

/** Runs the program that `args` names to its end. */
export async function runProgram(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<AppExit> {
  return runApp(program, { args, env });
}

export async function runBare(args: readonly string[]): Promise<AppExit> {
  return runApp(program, { args, nodeArgs: [] });
}

/** A generous deadline: these tests share their machine, and those of the deadline set their own. */
export function receiverEnv(url: string): Record<string, string> {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    REQLENS_SHUTDOWN_TIMEOUT: '15000',
  };
}

/** What a parent process and a reader of stderr get to know. */
export function outcome({ code, signal, stderr }: AppExit): Pick<AppExit, 'code' | 'signal' | 'stderr'> {
  return { code, signal, stderr };
}
