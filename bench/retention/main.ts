/**
 * What is kept of requests that have ended: the heap after many of each ending, under the preload.
 * `npm run build && node bench/retention/main.ts`
 * Options: --requests 100000 (of each ending) --connections 100 --only /never,CONNECT --dry-run (docs/benchmarks.md stays as it is). Ends with 1 when a heap grows.
 */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';

import { Child } from '../child.ts';
import { loadBefore, machineLine, publishSection, saveResults } from '../publish.ts';
import { ask, askedEndings, type AskedEnding } from './requests.ts';

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    connections: { type: 'string', default: '100' },
    only: { type: 'string', default: '' },
    'dry-run': { type: 'boolean', default: false },
  },
});
const requests = Number(options.requests);
const connections = Number(options.connections);
const only = options.only === '' ? [] : options.only.split(',');

interface Kept {
  readonly title: string;
  /** In use after a fifth of the requests, and after all. */
  readonly beforeBytes: number;
  readonly afterBytes: number;
  readonly isFlat: boolean;
}

/** What the heap of a busy server goes up and down by; what a thousand kept requests hold is more. */
const noiseBytes = 1_500_000;

const machine = `${machineLine()}, ${loadBefore()}`;
const sink = createServer((request, response) => request.resume().on('end', () => response.end()));
await once(sink.listen(0, '127.0.0.1'), 'listening');
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has an AddressInfo
const { port: sinkPort } = sink.address() as AddressInfo;

const kept: Kept[] = [];
for (const ending of askedEndings) {
  if (only.length > 0 && !only.includes(ending.title)) continue;
  kept.push(await keptOf(ending));
  process.stdout.write(`${line(kept.at(-1))}\n`);
}
sink.closeAllConnections();
sink.close();
const report = [
  `Measured on ${machine}. ${requests.toLocaleString('en')} requests of each ending; heap in use after a fifth of them and after all.`,
  ['| ending | after a fifth, MB | after all, MB | bytes a request |', '|---|---|---|---|', ...kept.map(line)].join(
    '\n',
  ),
].join('\n\n');
const path = saveResults('retention', { machine, requests, kept });
process.stdout.write(`raw results: ${path}\n`);
if (!options['dry-run']) publishSection('retention', report);
process.exitCode = kept.every(({ isFlat }) => isFlat) ? 0 : 1;

/** A server of its own for each, so that none hides behind another's warm-up. */
async function keptOf(ending: AskedEnding): Promise<Kept> {
  const server = new Child<{ readonly heapBytes: number }>({
    script: 'retention/server.mjs',
    nodeArgs: ['--expose-gc', '--import', '../register.js'],
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${sinkPort}`,
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_STARTUP_LINE: 'false',
    },
  });
  const { port } = await server.next<{ readonly port: number }>();
  const count = Math.ceil(requests / (ending.each ?? 1));
  await askMany(port, ending, Math.ceil(count / 5));
  const { heapBytes: beforeBytes } = await server.ask('memory');
  await askMany(port, ending, count - Math.ceil(count / 5));
  const { heapBytes: afterBytes } = await server.ask('memory');
  await server.stop();
  const isFlat = afterBytes - beforeBytes < noiseBytes;
  return { title: ending.title, beforeBytes, afterBytes, isFlat };
}

async function askMany(port: number, ending: AskedEnding, count: number): Promise<void> {
  let left = count;
  const client = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await ask(port, ending);
    }
  };
  await Promise.all(Array.from({ length: connections }, client));
}

function mb(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function line(of: Kept | undefined): string {
  if (of === undefined) return '';
  const { title, beforeBytes, afterBytes, isFlat } = of;
  const perRequest = ((afterBytes - beforeBytes) / (requests * 0.8)).toFixed(0);
  return `| ${title} | ${mb(beforeBytes)} | ${mb(afterBytes)} | ${perRequest}${isFlat ? '' : ': grows'} |`;
}
