/** What requests used, as the viewer shows it: beside a waterfall, and on the page of usage. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium, openWindow, type Window } from '../support/chromium.ts';
import { startCollector, type TestCollector } from './collector-process.ts';
import { newRequest, postSpans } from './otlp-post.ts';
import { postTracked, postTrackedCheckout, type TrackedCheckout } from './usage-otlp.ts';

/** For `expect.poll`: an answer of the collector. */
const patient = { timeout: 10_000 };

let browser: Browser;
let collector: TestCollector;
let checkout: TrackedCheckout;
let opened: Window;
let page: Page;

beforeAll(async () => {
  [browser, collector] = await Promise.all([launchChromium(), startCollector()]);
  await postTracked(collector.otlpUrl, Date.now() - 3_000_000);
  checkout = await postTrackedCheckout(collector.otlpUrl, Date.now() - 30_000);
});

afterAll(async () => {
  await browser?.close();
  await collector?.stop();
});

beforeEach(async () => {
  opened = await openWindow(browser, { origin: collector.viewerUrl });
  page = opened.page;
});

// Nothing refused by the content security policy, no uncaught error, no request to any other host.
afterEach(async () => {
  await opened.context.close();
  if (opened.complaints.length > 0) throw new Error(opened.complaints.join('\n'));
});

const column = async (at: number): Promise<(string | null)[]> =>
  page.locator(`.usage tbody td:nth-child(${at})`).allTextContents();
const names = async (): Promise<string[]> => page.locator('.usage tbody .row-link').allTextContents();
const sorted = async (): Promise<string | null> => page.locator('.usage th[aria-sort=descending]').textContent();

/** A tracked request of this moment. */
async function send(name: string): Promise<void> {
  const sender = { otlpUrl: collector.otlpUrl, service: 'live', traceId: newRequest().traceId, startMs: Date.now() };
  const attributes = { 'reqlens.usage.cpu_ms': 1, 'reqlens.usage.method': 'segments/thread-cpu' };
  await postSpans(sender, [{ name, kind: 2, atMs: 0, forMs: 5, attributes }]);
}

async function openUsage(query = ''): Promise<void> {
  await page.goto(`/usage${query}`);
  await page.locator('.usage tbody tr').first().waitFor();
}

test('what each tracked request of a trace used stands beside its waterfall, the request itself first', async () => {
  await page.goto(`/r/${checkout.requestId}`);
  await page.locator('.usage-of-span').first().waitFor();
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Usage');
  const lines = await page.locator('.usage-of-span').first().locator('.usage-facts > div').allTextContents();
  expect(lines).toEqual([
    'User and system141 ms29 % of duration',
    'User128 ms',
    'System13.3 ms',
    'On the event loop162 mswall time',
    'Garbage collection3.20 msin 2 runs',
    'Thread pool8.50 msestimated, 1 job',
    'Queued or waiting324 ms',
    'Event loop busy84.3 msqueued at most',
    'Event loop idle240 msI/O, timers',
    'Allocated on the heap16.5 MB',
    'Outside of the heap64.0 kBbuffers',
    'Received from client812 B',
    'Sent to client20.0 kB',
    'Outgoing calls1',
    'Received from others1.18 kB',
    'Sent to others377 B',
    'Read from files1.00 MB',
  ]);
  expect(await page.locator('.usage-method').allTextContents()).toEqual([
    'Measured by segments/thread-cpu',
    'Measured by segments/wall-clock',
  ]);
  const second = page.locator('.usage-of-span').nth(1);
  expect(await second.locator('.usage-incomplete strong').textContent()).toBe('Incomplete');
  expect(await page.locator('.usage-incomplete').count()).toBe(1);
  const legends = await page.locator('.usage-legend').all();
  expect(await Promise.all(legends.map((legend) => legend.locator('li').allTextContents()))).toEqual([
    [
      'CPU 141 ms',
      'event loop, not CPU 21.1 ms',
      'waiting, event loop busy 84.3 ms',
      'waiting, event loop idle 240 ms',
    ],
    ['CPU 2.50 ms', 'waiting 217 ms'],
  ]);
  await keepScreenshot('usage-trace');
  await second.getByRole('button', { name: 'POST /reserve' }).click();
  expect(await page.locator('[role=treeitem][aria-selected=true] .wf-title').textContent()).toBe('POST /reserve');
});

test.each(['light', 'dark'] as const)(
  'each part of the duration has a stretch of its length, and the two kinds of waiting can be told apart in %s',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`/r/${checkout.requestId}`);
    await page.locator('.usage-bar').first().waitFor();
    const { stretches, dots, ground } = await page.evaluate<Stretches>(`({
      stretches: [...document.querySelector('.usage-bar').children].map((part) => ({
        name: part.className,
        share: part.getBoundingClientRect().width / part.parentElement.getBoundingClientRect().width,
        colour: getComputedStyle(part).backgroundColor,
      })),
      dots: [...document.querySelectorAll('.usage-legend')[0].querySelectorAll('.usage-dot')].map(
        (dot) => getComputedStyle(dot).backgroundColor,
      ),
      ground: getComputedStyle(document.querySelector('.usage-bar').closest('.panel')).backgroundColor,
    })`);
    expect(stretches.map(({ name, share }) => [name, Math.round(share * 100)])).toEqual([
      ['usage-part is-cpu', 29],
      ['usage-part is-loop', 4],
      ['usage-part is-wait-busy', 17],
      ['usage-part is-wait-idle', 49],
    ]);
    expect(dots).toEqual(stretches.map(({ colour }) => colour));
    const [, , busy, idle] = stretches.map(({ colour }) => luminance(colour));
    expect(contrast(busy, idle)).toBeGreaterThan(3);
    expect(contrast(busy, luminance(ground))).toBeGreaterThan(3);
  },
);

test('r goes from usage to the span and back, arrows go round the tabs, and an untracked trace has no such tab', async () => {
  await page.goto(`/r/${checkout.requestId}`);
  await page.locator('.usage-of-span').first().waitFor();
  const front = async (): Promise<string | null> => page.getByRole('tab', { selected: true }).textContent();
  await page.keyboard.press('r');
  expect(await front()).toBe('Span');
  await page.keyboard.press('r');
  expect(await front()).toBe('Usage');
  await page.getByRole('tab', { name: 'Usage' }).focus();
  const seen: (string | null)[] = [];
  for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft']) {
    await page.keyboard.press(key);
    seen.push(await front());
  }
  expect(seen).toEqual(['Span', 'Logs2', 'Span', 'Usage']);
  const { traceId } = newRequest();
  await postSpans({ otlpUrl: collector.otlpUrl, service: 'plain', traceId, startMs: Date.now() }, [
    { name: 'GET /plain', kind: 2, atMs: 0, forMs: 5 },
  ]);
  await page.goto(`/t/${traceId}`);
  await page.locator('[role=treeitem]').waitFor();
  await page.keyboard.press('r');
  expect([await front(), await page.getByRole('tab', { name: 'Usage' }).count()]).toEqual(['Span', 0]);
});

test('tracked requests are compared by CPU, waiting, memory and I/O, by heading and by key, and lead to their usage', async () => {
  await page.goto('/');
  await page.locator('.requests tbody tr').first().waitFor();
  await page.keyboard.press('Escape');
  await page.keyboard.press('u');
  await page.locator('.usage tbody tr').first().waitFor();
  expect(await page.locator('.nav [aria-current=page]').textContent()).toBe('Usage');
  expect(await page.locator('.stored').textContent()).toBe('26 tracked requests');
  expect(await sorted()).toBe('CPU');
  expect((await names()).slice(0, 2)).toEqual(['GET/reports/monthly', 'GET/reports/monthly']);
  expect((await column(6)).slice(0, 2)).toEqual(['594 ms', '543 ms']);
  await page.keyboard.press('w');
  await page.waitForURL('**/usage?by=wait');
  await expect.poll(sorted, patient).toBe('Waiting');
  expect((await column(7))[0]).toBe('450 ms');
  await page.getByRole('button', { name: 'Memory' }).click();
  await expect.poll(sorted, patient).toBe('Memory');
  expect((await column(8))[0]).toBe('161 MB');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Memory');
  await page.getByLabel('Compare by').selectOption('I/O');
  await expect.poll(sorted, patient).toBe('I/O');
  await page.getByRole('button', { name: 'Time' }).click();
  await page.waitForURL('**/usage?by=io&order=newest');
  await expect.poll(sorted, patient).toBe('Time');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter');
  await page.locator('.usage-of-span').first().waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL('**/usage?by=io&order=newest');
});

test('routes and accounts are summed up, and a row leads to its requests', async () => {
  await openUsage('?view=routes');
  expect(await page.locator('.usage th').allTextContents()).toEqual([
    'Route',
    'Service',
    'Requests',
    'Median',
    '95th percentile',
    'CPU, sum',
  ]);
  expect(await page.locator('.usage tbody tr').first().locator('td').allTextContents()).toEqual([
    'GET /reports/monthly',
    'shop',
    '6',
    '439 ms',
    '594 ms',
    '2.79 s',
  ]);
  await keepScreenshot('usage-routes');
  await page.getByRole('button', { name: 'Requests', exact: true }).nth(1).click();
  await page.waitForURL('**/usage?view=routes&order=count');
  await page.locator('.usage .row-link', { hasText: 'POST /checkout' }).click();
  await page.waitForURL('**/usage?service=shop&route=POST+%2Fcheckout');
  await expect.poll(async () => new Set(await names()), patient).toEqual(new Set(['POST/checkout']));
  await page.getByRole('button', { name: 'Not only route POST /checkout' }).click();
  await page.keyboard.press('3');
  await page.waitForURL('**/usage?view=accounts&service=shop');
  await page.getByLabel('Service').selectOption('All services');
  await expect.poll(() => column(2), patient).toEqual(['10', '8', '8']);
  expect(await column(1)).toEqual(['acme', 'globex', 'no account known']);
});

test('time, service and errors narrow down, and where nothing is left the page says so', async () => {
  await openUsage('?range=15m');
  await expect.poll(async () => (await names()).length, patient).toBe(2);
  await page.getByLabel('Service').selectOption('inventory');
  await expect.poll(names, patient).toEqual(['POST/reserve']);
  expect(await page.locator('.is-incomplete').textContent()).toBe('incomplete');
  await page.keyboard.press('e');
  await page.getByText('No tracked request matches these filters').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await page.waitForURL('**/usage');
  await expect.poll(async () => (await names()).length, patient).toBe(26);
  await page.getByRole('button', { name: 'Errors only' }).click();
  await expect.poll(async () => column(2), patient).toEqual(['502']);
});

test('a tracked request appears by itself, but not under the pointer', async () => {
  await openUsage('?order=newest');
  await send('<b>first</b>');
  await expect.poll(async () => (await names())[0], patient).toBe('<b>first</b>');
  await page.locator('.usage tbody tr').nth(1).hover();
  const arrived = page.waitForEvent('console', { predicate: (message) => message.text() === 'heard' });
  await page.evaluate(
    `new EventSource('/api/live').addEventListener('request', ({ data }) => { if (data.includes('second')) console.log('heard'); })`,
  );
  await send('second');
  await arrived;
  expect((await names())[0]).toBe('<b>first</b>');
  await page.locator('h1').hover();
  await expect.poll(async () => (await names())[0], patient).toBe('second');
});

test('without a tracked request the page says how to ask for one', async () => {
  const own = await startCollector();
  const { page: other, context, complaints } = await openWindow(browser, { origin: own.viewerUrl });
  await other.goto('/usage');
  expect(await other.locator('.command code').textContent()).toBe('x-debug-resource-tracking: 1');
  expect(complaints).toEqual([]);
  await context.close();
  await own.stop();
});

test.each([1280, 800])('nothing is cut off sideways at %d pixels', async (width) => {
  await page.setViewportSize({ width, height: 800 });
  for (const query of ['', '?view=routes', '?view=accounts&account=acme&route=POST+%2Fcheckout&service=shop']) {
    await openUsage(query);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const beyond = await page.evaluate(
      `[...document.querySelectorAll('main button, main select, main td, header *')].filter((e) => e.getBoundingClientRect().right > innerWidth).length`,
    );
    expect(beyond).toBe(0);
    if (query === '' && width === 1280) await keepScreenshot('usage-requests');
  }
});

/** The first bar of a page, its legend, and what they stand on. */
interface Stretches {
  readonly stretches: readonly { readonly name: string; readonly share: number; readonly colour: string }[];
  readonly dots: readonly string[];
  readonly ground: string;
}

/** Relative luminance and contrast of `rgb(...)` colours by WCAG 2; not a number when one is not known. */
function luminance(colour: string): number {
  const [red = NaN, green = NaN, blue = NaN] = (colour.match(/\d+/g) ?? []).map((digits) => {
    const part = Number(digits) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one = NaN, other = NaN): number {
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

/** `REQLENS_TEST_SCREENSHOTS=1 npm run test:browser` renews the pictures of docs/usage-viewer.md. */
async function keepScreenshot(name: string): Promise<void> {
  const path = process.env['REQLENS_TEST_SCREENSHOTS'] === '1' ? { path: `docs/images/${name}.png` } : {};
  expect((await page.screenshot(path)).byteLength).toBeGreaterThan(10_000);
}
