/** `npm start`, as README promises it: two processes, eight requests, and an id that leads to each. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import { expect, test } from 'vitest';

interface Visit {
  readonly request: string;
  readonly status: string;
  readonly cpu: string;
  readonly requestId: string;
  readonly link: string;
}

/** What is sent, with `<spans>/<log lines>` of each: an order calls two endpoints of the shop, one over http and one over fetch. */
const expected: readonly (readonly [visit: string, counts: string])[] = [
  ['GET /products 200', '1/0'],
  ['POST /orders 200', '5/3'],
  ['POST /orders 502', '5/1'],
  ['POST /orders 409', '3/1'],
  ['GET /report 200', '1/3'],
  ['POST /webhooks/wordpress 200', '1/2'],
  ['GET /broken 500', '1/0'],
  ['GET /nothing-here 404', '1/0'],
];

test('npm start prints an id, a cost and a link for every request, and each id leads to its trace and log lines', async () => {
  const child = spawn(process.execPath, ['scripts/start.ts'], {
    env: { ...process.env, PORT: '0', REQLENS_COLLECTOR_OTLP_PORT: '0', REQLENS_COLLECTOR_VIEWER_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const visits: Visit[] = [];
  let [token, shop] = ['', ''];
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [, request = '', status = '', cpu = '', requestId = '', link = ''] =
        /^(\w+ \/\S+) +(\d{3}) +(\S+) ms +(\S+) +(\S+)$/.exec(line) ?? [];
      if (requestId !== '') visits.push({ request, status, cpu, requestId, link });
      token ||= /^Try: TOKEN=(\S+)$/.exec(line)?.[1] ?? '';
      shop ||= /The shop: (http:\/\/[\d.:]+)/.exec(line)?.[1] ?? '';
      if (line.includes('/_usage/')) break;
    }
    expect(visits.map(({ request, status }) => `${request} ${status}`)).toEqual(expected.map(([visit]) => visit));
    for (const [index, { requestId, link, cpu }] of visits.entries()) {
      const usage = await fetch(`${shop}/_usage/${requestId}`, { headers: { authorization: `Bearer ${token}` } });
      const { cpu_ms: cpuMs } = (await usage.json()) as { readonly cpu_ms: number };
      expect(cpu).toBe(cpuMs.toFixed(1));
      expect(link.endsWith(`/r/${requestId}`)).toBe(true);
      await expect
        .poll(() => countsOf(new URL(link).origin, requestId), { timeout: 15_000 })
        .toBe(expected[index]?.[1]);
    }
  } finally {
    child.kill('SIGTERM');
  }
  expect(await ended).toEqual([0, null]);
});

/** `<spans>/<log lines>` of a request, as far as they have arrived. */
async function countsOf(viewer: string, requestId: string): Promise<string> {
  const response = await fetch(`${viewer}/api/traces/${requestId.replaceAll('-', '')}`);
  const { spans = [], logs = [] } = (await response.json()) as { spans?: unknown[]; logs?: unknown[] };
  return `${spans.length}/${logs.length}`;
}
