/** `npm start`: the collector and a demo shop, a few requests, what each of them used, and where to look at it. */
import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import type { UsageList } from '../collector/view/api-types.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const children: ChildProcess[] = [];

/** What the demo sends, in the order sent. */
const visits: readonly (readonly [method: string, path: string, body?: object])[] = [
  ['GET', '/products'],
  ['POST', '/orders', { product: 'lamp' }],
  ['POST', '/orders', { product: 'chair', card: 'expired' }],
  ['POST', '/orders', { product: 'desk' }],
  ['GET', '/report'],
  ['POST', '/webhooks/wordpress', { event: 'post.published' }],
  ['GET', '/broken'],
  ['GET', '/nothing-here'],
];

// The collector runs under the preload too, but reports nothing: it would be its own best customer.
const silent = { OTEL_TRACES_EXPORTER: 'none', OTEL_LOGS_EXPORTER: 'none', OTEL_METRICS_EXPORTER: 'none' };
const collector = start('collector', ['dist/src/cli/main.js', 'collector', '--memory'], silent);
const [otlp, viewer] = await addresses(collector, 2);
// A secret of this run alone, so that nobody else can ask what its requests used.
const usage = {
  REQLENS_JWT_SECRET: randomBytes(36).toString('base64url'),
  REQLENS_PRIVILEGED_ROLES: 'admin',
  REQLENS_USAGE_PATH: '/_usage',
};
const shop = start('shop', ['examples/shop/shop.js'], {
  ...usage,
  OTEL_SERVICE_NAME: 'shop',
  OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '',
  // A demo wants its traces on the screen now; a service is better off with the default of 5 s.
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BLRP_SCHEDULE_DELAY: '200',
});
const [shopUrl] = await addresses(shop, 1);

const token = execFileSync(process.execPath, ['dist/src/cli/main.js', 'token', '--ttl', '1h'], {
  cwd: root,
  env: { ...process.env, ...usage },
  encoding: 'utf8',
}).trim();

const answers: { readonly request: string; readonly status: number; readonly requestId: string }[] = [];
for (const [method, path, body] of visits) {
  const response = await fetch(`${shopUrl}${path}`, {
    method,
    headers: { 'x-debug-resource-tracking': token },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.text();
  const requestId = response.headers.get('x-request-id') ?? '';
  answers.push({ request: `${method} ${path}`, status: response.status, requestId });
}
const cpuMs = await cpuOf(answers.map(({ requestId }) => requestId));
console.log(`\n${'request'.padEnd(27)}status  CPU      request id                            trace in the viewer`);
for (const { request, status, requestId } of answers) {
  const cpu = `${cpuMs.get(requestId)?.toFixed(1) ?? '?'} ms`;
  console.log(`${request.padEnd(27)}${status}     ${cpu.padEnd(9)}${requestId}  ${viewer}/r/${requestId}`);
}
console.log(
  `\nThe viewer: ${viewer}/   What requests used: ${viewer}/usage   The shop: ${shopUrl}/products   Stop with Ctrl-C.`,
);
console.log(`Try: TOKEN=${token}`);
console.log(`     curl -i -H "X-Debug-Resource-Tracking: $TOKEN" ${shopUrl}/report`);
console.log(`and open ${viewer}/r/<its X-Request-ID>, or ask the shop itself what it used:`);
console.log(`     curl -H "Authorization: Bearer $TOKEN" ${shopUrl}/_usage/<its X-Request-ID>\n`);

/** As the collector has it, which gets it a moment after the answer. */
async function cpuOf(requestIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
  for (let turn = 0; ; turn += 1) {
    const response = await fetch(`${viewer}/api/usage?view=requests&by=cpu&limit=100`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own collector's answer
    const { requests } = (await response.json()) as UsageList;
    const found = new Map(requests.map(({ requestId, cpuMs: ms }) => [requestId ?? '', ms ?? Number.NaN]));
    // Ten seconds are more than a busy machine needs; without the figures the demo is still worth looking at.
    if (turn === 100 || requestIds.every((id) => found.has(id))) return found;
    await wait(100);
  }
}

/** Lines of the collector go to the terminal; those of the shop only if they are not log lines, which the viewer shows. */
function start(name: string, args: readonly string[], environment: Readonly<Record<string, string>>): ChildProcess {
  const child = spawn(process.execPath, ['--import', './register.js', ...args], {
    cwd: root,
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.on('exit', (code) => stop(name, code ?? 0));
  children.push(child);
  return child;
}

/** The first `count` addresses that a child prints; its other lines are passed on, except JSON. */
async function addresses(child: ChildProcess, count: number): Promise<string[]> {
  const { promise, resolve } = Promise.withResolvers<string[]>();
  const found: string[] = [];
  createInterface({ input: child.stdout ?? process.stdin }).on('line', (line) => {
    if (!line.startsWith('{')) console.log(line);
    const address = /http:\/\/[\w.[\]:-]+:\d+/.exec(line)?.[0];
    if (address !== undefined && found.push(address) === count) resolve(found);
  });
  return promise;
}

/** One of the two alone is no demo: when a child ends, the other one is ended too, and then the demo. */
function stop(name: string, code: number): void {
  if (process.exitCode === undefined)
    console.error(`${name} has stopped${code === 0 ? '' : ` with exit code ${code}`}`);
  process.exitCode ??= code;
  for (const child of children) child.kill();
  if (children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null)) process.exit();
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    process.exitCode ??= 0;
    for (const child of children) child.kill(signal);
  });
}
