/** The overlay on a page of its own, in Chromium, under a policy as strict as can be. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium, openWindow, type Window } from '../support/chromium.ts';
import { type OverlaySite, startOverlaySite, token } from './overlay-site.ts';

/** For `expect.poll`: an answer that is not there yet is asked for again for 5.6 s. */
const patient = { timeout: 20_000 };
const viewer = 'http://127.0.0.1:4319/';
const usage = {
  duration_ms: 486.2,
  cpu_ms: 41.25,
  wait_ms: 433.9,
  heap_allocated_bytes: 7_000_000,
  external_memory_bytes: 340_032,
  socket_read_bytes: 812,
  socket_written_bytes: 20_480,
  file_read_bytes: 1024,
  method: 'segments/thread-cpu',
  is_complete: true,
};

let browser: Browser;
let site: OverlaySite;
let other: OverlaySite;
let opened: Window;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  site = await startOverlaySite(`data-usage-path="/_usage" data-viewer="${viewer}" data-token="${token}"`);
  other = await startOverlaySite('');
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
  await other?.close();
});

beforeEach(async () => {
  for (const { asked, reads, kept, lateBy } of [site, other]) {
    asked.length = 0;
    reads.length = 0;
    kept.clear();
    lateBy.clear();
  }
  opened = await openWindow(browser, { origin: site.url });
  page = opened.page;
  await page.goto('/admin');
});

// Nothing refused by the policy, no uncaught error.
afterEach(async () => {
  await opened.context.close();
  const expected = [
    `request to ${other.url}`,
    'console error: Failed to load resource: the server responded with a status of 500',
  ];
  const improper = opened.complaints.filter((complaint) => !expected.some((start) => complaint.startsWith(start)));
  if (improper.length > 0) throw new Error(improper.join('\n'));
});

const toggle = () => page.getByRole('button', { name: /^reqlens/ });
const cells = () =>
  page.locator('tbody tr').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent)));
const ofPage = (): string[] => site.asked.map(({ headers }) => String(headers['x-debug-resource-tracking'] ?? 'none'));

test('fetch and XMLHttpRequest are listed with what they cost, read with the token, and lead to the viewer', async () => {
  site.kept.set('id-1', usage);
  site.kept.set('id-2', {
    ...usage,
    duration_ms: 1500,
    cpu_ms: 0.5,
    is_complete: false,
    heap_allocated_bytes: undefined,
  });
  site.lateBy.set('id-1', 2);
  await page.evaluate(`fetch('/orders/7?id=id-1&secret=1', { method: 'post' })`);
  await expect.poll(() => toggle().textContent(), patient).toBe('reqlens · 1');
  await page.evaluate(
    `new Promise((done) => { const x = new XMLHttpRequest(); x.open('get', '/stock?id=id-2&status=500'); x.onload = done; x.send(); })`,
  );
  await toggle().click();
  await expect.poll(cells, patient).toEqual([
    ['GET /stock', '500', '1.50 s cut off', '0.5 ms', '434 ms', '332 kB', '21.8 kB', 'open'],
    ['POST /orders/7', '200', '486 ms', '41.3 ms', '434 ms', '7 MB', '21.8 kB', 'open'],
  ]);
  expect(site.reads.filter(([path]) => path === '/_usage/id-1')).toEqual(
    Array.from({ length: 3 }, () => ['/_usage/id-1', `Bearer ${token}`]),
  );
  const link = page.getByRole('link', { name: 'Open the trace of id-1' });
  expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([
    'http://127.0.0.1:4319/r/id-1',
    'noopener noreferrer',
  ]);
  await keepScreenshot('overlay-light');
  await page.emulateMedia({ colorScheme: 'dark' });
  await keepScreenshot('overlay-dark');
});

test('the debug header goes only to the own origin, and only when switched on; the switch outlives the page', async () => {
  const call = `fetch('/a'); fetch('${other.url}/b')`;
  await page.evaluate(call);
  await toggle().click();
  await page.getByLabel('Track the requests of this page').check();
  await page.evaluate(call);
  await page.evaluate(`fetch(new Request('/c', { method: 'PUT', body: 'text', headers: { 'x-own': 'r' } }))`);
  await page.evaluate(`fetch(new URL('/d', location), { method: 'POST', body: 'init', headers: [['x-own', 'i']] })`);
  await page.evaluate(
    `new Promise((done) => { const x = new XMLHttpRequest(); x.open('GET', '/e'); x.onload = done; x.send('none'); })`,
  );
  await page.evaluate(
    `new Promise((done) => { const x = new XMLHttpRequest(); x.open('GET', '${other.url}/f'); x.onload = done; x.send(); })`,
  );
  await page.reload();
  await page.evaluate(`fetch('/g')`);
  expect(site.asked.map(({ path }) => path)).toEqual(['/a', '/a', '/c', '/d', '/e', '/g']);
  expect(ofPage()).toEqual(['none', '1', '1', '1', '1', '1']);
  expect(site.asked.slice(2, 4).map(({ method, body, headers }) => [method, body, headers['x-own']])).toEqual([
    ['PUT', 'text', 'r'],
    ['POST', 'init', 'i'],
  ]);
  expect(other.asked.map(({ path, headers }) => [path, headers['x-debug-resource-tracking']])).toEqual([
    ['/b', undefined],
    ['/b', undefined],
    ['/f', undefined],
  ]);
});

test('the page notices nothing: its errors, its aborts and its own look at fetch are as before', async () => {
  await toggle().click();
  await page.getByLabel('Track the requests of this page').check();
  const seen = await page.evaluate(`(async () => {
    const nameOf = (error) => error.name;
    const ended = new AbortController();
    ended.abort();
    const aborted = await fetch('/never', { signal: ended.signal }).catch(nameOf);
    const badUrl = await fetch('http://').catch(nameOf);
    const badHeader = await fetch('/x', { headers: { 'bad header': '1' } }).catch(nameOf);
    const unopened = (() => { try { new XMLHttpRequest().send(); } catch (error) { return error.name; } })();
    const unhandled = await new Promise((done) => {
      addEventListener('unhandledrejection', (event) => { event.preventDefault(); done(event.reason.name); }, { once: true });
      void fetch('http://');
    });
    const json = await (await fetch('/json')).json();
    return { aborted, badUrl, badHeader, unopened, unhandled, json, name: fetch.name, length: fetch.length };
  })()`);
  expect(seen).toEqual({
    aborted: 'AbortError',
    badUrl: 'TypeError',
    badHeader: 'TypeError',
    unopened: 'InvalidStateError',
    unhandled: 'TypeError',
    json: { ok: true },
    name: 'fetch',
    length: 1,
  });
});

test('of another origin only what it exposes is listed; ids that are none are left alone', async () => {
  site.kept.set('id-9', usage);
  for (const call of [
    `fetch('${other.url}/hidden?id=id-8')`,
    `fetch('${other.url}/shown?id=id-9&expose=1')`,
    `fetch('/x?id=%3Cb%3E')`,
  ]) {
    await page.evaluate(call);
  }
  await page.evaluate(
    `new Promise((done) => { const x = new XMLHttpRequest(); x.open('GET', '${other.url}/hidden?id=id-7'); x.onload = done; x.send(); })`,
  );
  await toggle().click();
  await expect
    .poll(async () => (await cells()).map(([name, , , cpu]) => [name, cpu]), patient)
    .toEqual([[`GET ${other.url}/shown`, '41.3 ms']]);
  expect(site.reads.map(([path]) => path)).toEqual(['/_usage/id-9']);
  expect(other.reads).toEqual([]);
});

test('what is not kept says so, the list stays short, and what it receives is text', async () => {
  await page.evaluate(`fetch('/gone?id=id-0')`);
  await toggle().click();
  await expect.poll(cells, patient).toEqual([['GET /gone', '200', 'not kept, or not for you', 'open']]);
  site.kept.set('odd', { cpu_ms: '<img src=x onerror=alert(1)>', wait_ms: -1, duration_ms: null, gc_ms: 1 });
  await page.evaluate(
    `(async () => { for (let at = 0; at < 25; at += 1) await fetch('/<i>' + at + '?id=odd', { method: 'put' }); })()`,
  );
  await expect
    .poll(async () => (await cells())[0], patient)
    .toEqual(['PUT /%3Ci%3E24', '200', '–', '–', '–', '–', '–', 'open']);
  expect(await toggle().textContent()).toBe('reqlens · 20');
  await page.getByRole('button', { name: 'Clear' }).click();
  expect(await page.getByText('No tracked request yet.').isVisible()).toBe(true);
});

test('the keyboard opens and closes it, it stays as it was left, and the styles of the page do not reach it', async () => {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  expect(await toggle().getAttribute('aria-expanded')).toBe('true');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  expect(await page.getByLabel('Track the requests of this page').isChecked()).toBe(true);
  const styleOf = (property: string) =>
    page.evaluate(
      `getComputedStyle(document.querySelector('[data-reqlens-overlay]').shadowRoot.querySelector('.toggle')).${property}`,
    );
  expect(await styleOf('color')).toBe('rgb(26, 32, 41)');
  expect(await styleOf('fontSize')).toBe('12px');
  await page.reload();
  expect(await toggle().getAttribute('aria-expanded')).toBe('true');
  await toggle().focus();
  await page.keyboard.press('Escape');
  expect(await toggle().getAttribute('aria-expanded')).toBe('false');
  expect(await toggle().evaluate((button) => button.matches(':focus'))).toBe(true);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await styleOf('color')).toBe('rgb(228, 232, 238)');
});

test('the request that the page came with is shown when Server-Timing names it and it was tracked', async () => {
  const id = '0194b2f0-a1b2-7c3d-8e4f-5a6b7c8d9e0f';
  site.kept.set(id, usage);
  await page.goto(`/admin?trace=${id.replaceAll('-', '')}`);
  await expect.poll(() => toggle().textContent(), patient).toBe('reqlens · 1');
  await toggle().click();
  expect((await cells())[0]?.slice(0, 4)).toEqual(['GET /admin', '200', '486 ms', '41.3 ms']);
  site.reads.length = 0;
  await page.goto(`/admin?trace=${'c'.repeat(32)}`);
  await expect.poll(() => site.reads.length, patient).toBe(1);
  expect(await cells()).toEqual([]);
});

test('settings may come from the page, the token anew for each request, and may go along as the debug header', async () => {
  await page.goto(`${other.url}/admin`);
  other.kept.set('id-3', usage);
  await page.evaluate(`window.reqlensOverlay = { token: 'renewed', sendToken: true, viewer: 'javascript:alert(1)' }`);
  await page.getByRole('button', { name: /^reqlens/ }).click();
  await page.getByLabel('Track the requests of this page').check();
  await page.evaluate(`fetch('/own?id=id-3')`);
  await page.evaluate(`window.reqlensOverlay = { token: '${token}' }`);
  await expect
    .poll(cells, patient)
    .toEqual([['GET /own', '200', '486 ms', '41.3 ms', '434 ms', '7 MB', '21.8 kB', '']]);
  expect(other.asked.map(({ headers }) => headers['x-debug-resource-tracking'])).toEqual(['renewed']);
  expect(other.reads.at(-1)?.[1]).toBe(`Bearer ${token}`);
});

/** `REQLENS_TEST_SCREENSHOTS=1 npm run test:browser` renews the pictures of docs/usage-viewer.md. */
async function keepScreenshot(name: string): Promise<void> {
  const path = process.env['REQLENS_TEST_SCREENSHOTS'] === '1' ? { path: `docs/images/${name}.png` } : {};
  const clip = { x: 480, y: 560, width: 800, height: 240 };
  expect((await page.screenshot({ ...path, clip })).byteLength).toBeGreaterThan(5000);
}
