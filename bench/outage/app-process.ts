/** The application under a preload, as a child that is asked over IPC. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { environmentFor } from '../peers.ts';
import type { Variant } from '../peers.ts';

export interface AppProcess {
  readonly port: number;
  readonly peak: () => Promise<{ readonly peakBytes: number }>;
  /** Lines on stderr and stdout. */
  readonly said: () => readonly string[];
  /** SIGTERM, and waits. */
  readonly end: () => Promise<void>;
  readonly kill: () => Promise<void>;
}

export interface Places {
  readonly otlpUrl: string;
  readonly spool: string;
}

export async function startApp(variant: Variant, { otlpUrl, spool }: Places): Promise<AppProcess> {
  const env = { ...environmentFor(variant, otlpUrl), OTEL_METRICS_EXPORTER: 'none', REQLENS_SPOOL_DIR: spool };
  const child = fork(fileURLToPath(new URL('app.cjs', import.meta.url)), {
    // Bare names in nodeArgs are looked up from the working directory.
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...env, OTEL_LOGS_EXPORTER: 'otlp', OTEL_TRACES_EXPORTER: 'otlp' },
    execArgv: [...variant.nodeArgs],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  }
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (isOver()) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  const [{ port }] = await once(child, 'message');
  return {
    port: Number(port),
    peak: async () => {
      const answer = once(child, 'message');
      child.send('peak');
      const [{ peakBytes }] = await answer;
      return { peakBytes: Number(peakBytes) };
    },
    said: () => said.split('\n').filter((line) => line !== ''),
    end: async () => end('SIGTERM'),
    kill: async () => end('SIGKILL'),
  };
}
