/** `npm start`: the collector and a demo shop, a few requests, and where to look at each of them. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

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
const shop = start('shop', ['examples/shop/shop.js'], {
  OTEL_SERVICE_NAME: 'shop',
  OTEL_EXPORTER_OTLP_ENDPOINT: otlp ?? '',
  // A demo wants its traces on the screen now; a service is better off with the default of 5 s.
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_BLRP_SCHEDULE_DELAY: '200',
});
const [shopUrl] = await addresses(shop, 1);

console.log(`\n${'request'.padEnd(27)}status  request id                            trace in the viewer`);
for (const [method, path, body] of visits) {
  const response = await fetch(`${shopUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.text();
  const requestId = response.headers.get('x-request-id') ?? '';
  console.log(`${`${method} ${path}`.padEnd(27)}${response.status}     ${requestId}  ${viewer}/r/${requestId}`);
}
console.log(`\nThe viewer: ${viewer}/   The shop: ${shopUrl}/products   Stop with Ctrl-C.`);
console.log(`Try: curl -i ${shopUrl}/report   and open ${viewer}/r/<its X-Request-ID>\n`);

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
