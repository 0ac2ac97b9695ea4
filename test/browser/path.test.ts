/** The whole path, with nothing stood in for: shop under the preload, a request, OTLP, collector, query API, page. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { launchChromium, openWindow } from '../support/chromium.ts';
import { startCollector, type TestCollector } from './collector-process.ts';

interface Shop {
  readonly url: string;
  readonly stop: () => Promise<void>;
}

let browser: Browser;
let collector: TestCollector;
let shop: Shop;

beforeAll(async () => {
  [browser, collector] = await Promise.all([launchChromium(), startCollector()]);
  shop = await startShop(collector.otlpUrl);
});

afterAll(async () => {
  await browser?.close();
  await shop?.stop();
  await collector?.stop();
});

test('the id of a failed order, typed into the viewer, shows its trace across two calls and its log line', async () => {
  const response = await fetch(`${shop.url}/orders`, {
    method: 'POST',
    body: JSON.stringify({ product: 'chair', card: 'expired' }),
  });
  const requestId = response.headers.get('x-request-id') ?? '';
  expect(response.status).toBe(502);
  expect(requestId).toMatch(/^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);

  const { context, page, complaints } = await openWindow(browser, { origin: collector.viewerUrl });
  await page.goto('/');
  await page.keyboard.type(requestId);
  await page.keyboard.press('Enter');
  await spansShown(page, 5);

  expect(await page.locator('h1').textContent()).toBe('POST /orders');
  expect(await page.locator('.id-field.is-request .mono').textContent()).toBe(requestId);
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText('payment failed').waitFor();
  await page.waitForURL(`**/r/${requestId}*`);
  expect(complaints).toEqual([]);
  await context.close();

  const trace: unknown = await (
    await fetch(`${collector.viewerUrl}/api/traces/${requestId.replaceAll('-', '')}`)
  ).json();
  expect(idsOf(trace)).toEqual([requestId]);
});

test.each(['light', 'dark'] as const)('the list and the trace can be seen in %s', async (colorScheme) => {
  const response = await fetch(`${shop.url}/orders`, { method: 'POST', body: '{}' });
  const { context, page, complaints } = await openWindow(browser, { origin: collector.viewerUrl, colorScheme });
  await page.goto('/');
  await page.locator('.requests tbody tr').first().waitFor();
  await keepScreenshot(page, `list-${colorScheme}`);
  await page.goto(`/r/${response.headers.get('x-request-id')}`);
  await spansShown(page, 5);
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByText('order placed').waitFor();
  await keepScreenshot(page, `trace-${colorScheme}`);
  expect(complaints).toEqual([]);
  await context.close();
});

async function spansShown(page: Page, count: number): Promise<void> {
  await expect.poll(async () => page.locator('[role=treeitem]').count(), { timeout: 20_000 }).toBe(count);
}

/** The pictures of README and docs are made by this test: `REQLENS_TEST_SCREENSHOTS=1 npm run test:browser`. */
async function keepScreenshot(page: Page, name: string): Promise<void> {
  const path = process.env['REQLENS_TEST_SCREENSHOTS'] === '1' ? { path: `docs/images/${name}.png` } : {};
  const image = await page.screenshot(path);
  expect(image.byteLength).toBeGreaterThan(10_000);
}

/** Every request id that a span or a log line of the trace carries, each once. */
function idsOf(trace: unknown): unknown[] {
  const { spans, logs } = trace as { readonly spans: readonly Carrier[]; readonly logs: readonly Carrier[] };
  expect(spans).toHaveLength(5);
  return [...new Set([...spans, ...logs].map(({ attributes }) => attributes['reqlens.request.id']))];
}

interface Carrier {
  readonly attributes: Readonly<Record<string, unknown>>;
}

async function startShop(otlpUrl: string): Promise<Shop> {
  const child = spawn(process.execPath, ['--import', './register.js', 'examples/shop/shop.js'], {
    env: {
      ...process.env,
      PORT: '0',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_ENDPOINT: otlpUrl,
      OTEL_BSP_SCHEDULE_DELAY: '100',
      OTEL_BLRP_SCHEDULE_DELAY: '100',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let url = '';
  for await (const line of createInterface({ input: child.stdout })) {
    url = /http:\/\/[\d.]+:\d+/.exec(line)?.[0] ?? '';
    if (url !== '') break;
  }
  child.stdout.resume();
  return {
    url,
    stop: async () => {
      const ended = once(child, 'exit');
      child.kill();
      await ended;
    },
  };
}
