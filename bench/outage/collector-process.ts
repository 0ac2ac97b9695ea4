/** Our collector, in a process of its own, with its data in a directory that outlives it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What is in the collector, each item once. */
export interface Stored {
  readonly spans: number;
  readonly logRecords: number;
}

export interface CollectorProcess {
  readonly otlpUrl: string;
  readonly stored: () => Promise<Stored>;
  readonly stop: () => Promise<void>;
}

const cli = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** @param port - 0: a free one. */
export async function startCollector(directory: string, port: number): Promise<CollectorProcess> {
  const flags = [`--otlp-port=${port}`, '--viewer-port=0', `--data-dir=${directory}`];
  const child = spawn(process.execPath, [cli, 'collector', ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  // oxlint-disable-next-line no-await-in-loop -- until it has said where it listens
  while (!output.includes('data are kept')) await once(child.stdout, 'data');
  const [otlpUrl = '', viewerUrl = ''] = output.match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [];
  return {
    otlpUrl,
    stored: async () => {
      const answer = await fetch(`${viewerUrl}/api/stats`);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own collector's answer
      return (await answer.json()) as Stored;
    },
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
