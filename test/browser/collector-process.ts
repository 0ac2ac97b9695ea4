/** Starts the built collector as users do, on free ports, keeping nothing. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A collector that runs. */
export interface TestCollector {
  /** E.g. `http://127.0.0.1:40001`; no slash at the end. */
  readonly otlpUrl: string;
  readonly viewerUrl: string;
  readonly stop: () => Promise<void>;
}

/**
 * @param ports - To take instead of free ones, e.g. those of a collector that was stopped.
 * @throws when it ends before it has said its ports.
 */
export async function startCollector(ports: { otlp?: number; viewer?: number } = {}): Promise<TestCollector> {
  const flags = ['--memory', '--otlp-port', String(ports.otlp ?? 0), '--viewer-port', String(ports.viewer ?? 0)];
  const child = spawn(process.execPath, ['dist/src/cli/main.js', 'collector', ...flags], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const urls: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    urls.push(...(line.match(/http:\/\/[\d.]+:\d+/g) ?? []));
    if (urls.length >= 2) break;
  }
  const [otlpUrl, viewerUrl] = urls;
  if (otlpUrl === undefined || viewerUrl === undefined) throw new Error('cannot start the collector: it ended early');
  child.stdout.resume();
  return { otlpUrl, viewerUrl, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
