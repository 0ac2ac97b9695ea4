/**
 * How much longer a short program takes to end under the preload: with a collector, without one, and with one that never answers.
 * The runs take turns with bare node, so that a busy machine hits all alike. Run: `node bench/exit.ts` after `npm run build`.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { fileURLToPath } from 'node:url';

import { spreadOf } from './statistics.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const rounds = 9;

/** The program itself says when it wants to end: what comes after that is the exit. */
const program = `
const { getLogger } = await import('reqlens');
setTimeout(() => {
  getLogger('bench').info('the last line');
  process.stderr.write('ending ' + Date.now() + '\\n');
  process.exit(0);
}, 100);
`;

const answering = await listening((request, response) => {
  request.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end());
});
const hanging = await listening((request) => request.resume());
const gone = await listening(() => undefined);
const nobody = urlOf(gone);
gone.close();

const cases: Readonly<Record<string, string | undefined>> = {
  'bare node': undefined,
  'collector answers': urlOf(answering),
  'no collector': nobody,
  'collector never answers': urlOf(hanging),
};
const times = new Map<string, number[]>();
for (let round = 0; round < rounds; round += 1) {
  for (const [name, endpoint] of Object.entries(cases)) {
    // oxlint-disable-next-line no-await-in-loop -- one process at a time
    times.set(name, [...(times.get(name) ?? []), await exitMs(endpoint)]);
  }
}
answering.close();
hanging.close();
hanging.closeAllConnections();

const bareMs = spreadOf(times.get('bare node') ?? []).median;
console.log(`Node ${process.version}; from the last statement to the end of the process, median of ${rounds}`);
for (const [name, all] of times) {
  const { median } = spreadOf(all);
  console.log(
    `${name.padEnd(26)}${median.toFixed(0).padStart(6)} ms, added by us ${(median - bareMs).toFixed(0).padStart(5)} ms`,
  );
}

async function exitMs(endpoint: string | undefined): Promise<number> {
  const preload = endpoint === undefined ? [] : ['--import', './register.js'];
  const { PATH, HOME } = process.env;
  const env = { PATH, HOME, ...(endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }) };
  const child = spawn(process.execPath, [...preload, '--input-type=module', '-e', program], {
    cwd: root,
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  await once(child, 'exit');
  const endMs = Date.now();
  if (child.stderr.readable) await once(child.stderr, 'close');
  const startMs = Number(/ending (\d+)/.exec(stderr)?.[1]);
  if (Number.isNaN(startMs)) throw new Error(`the program was expected to say when it ends, got ${stderr}`);
  return endMs - startMs;
}

async function listening(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
