import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { launchChromium, openWindow, type Window } from '../support/chromium.ts';
import { startCollector, type TestCollector } from './collector-process.ts';
import { newRequest, newSpanId, postLogs, postSpans } from './otlp-post.ts';
import { postCheckout, postEverydayRequests, type ShopTrace } from './shop-otlp.ts';

let browser: Browser;
let collector: TestCollector;
let shop: ShopTrace;
let opened: Window;
let page: Page;

beforeAll(async () => {
  [browser, collector] = await Promise.all([launchChromium(), startCollector()]);
  await postEverydayRequests(collector.otlpUrl, 150, Date.now() - 60_000);
  shop = await postCheckout(collector.otlpUrl, Date.now() - 30_000);
});

afterAll(async () => {
  await browser?.close();
  await collector?.stop();
});

beforeEach(async () => {
  opened = await openWindow(browser, { origin: collector.viewerUrl });
  page = opened.page;
});

// Nothing refused by the content security policy, no uncaught error, no request to any other host: on every page there is.
afterEach(async () => {
  await opened.context.close();
  if (opened.complaints.length > 0) throw new Error(opened.complaints.join('\n'));
});

const rows = () => page.locator('.requests tbody tr');
const selectedName = () => page.locator('[role=treeitem][aria-selected=true] .wf-title');
const sentNow = (service: string) => ({ ...newRequest(), otlpUrl: collector.otlpUrl, service, startMs: Date.now() });

async function openTrace(path = `/r/${shop.requestId}`): Promise<void> {
  await page.goto(path);
  await page.locator('[role=treeitem]').first().waitFor();
}

test('a request id typed into the field that has the focus leads to its trace', async () => {
  await page.goto('/');
  await page.locator('.requests tbody tr').first().waitFor();
  await page.keyboard.type(shop.requestId);
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/r/${shop.requestId}`);
  expect(await page.locator('h1').textContent()).toBe('POST /checkout');
  expect(await page.locator('[role=treeitem]').count()).toBe(13);
  expect(await page.locator('.id-field.is-request .mono').textContent()).toBe(shop.requestId);
});

test('a trace id typed in upper case leads to the same trace', async () => {
  await page.goto('/');
  await page.getByLabel('Find a request id').fill(` ${shop.traceId.toUpperCase()} `);
  await page.keyboard.press('Enter');
  await page.locator('[role=treeitem]').first().waitFor();
  expect(await page.locator('.id-field.is-trace .mono').textContent()).toBe(shop.traceId);
});

test('a text leads to the requests and log lines that contain it, and a line leads to its span', async () => {
  await page.goto('/');
  await page.getByLabel('Find a request id').fill('waited 18 ms');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/?q=waited+18+ms');
  await page.locator('.found-log').click();
  await page.locator('[role=treeitem]').first().waitFor();
  expect(await selectedName().textContent()).toBe('POST /reserve');
});

test('deep links by request id, by trace id and to a span open the trace', async () => {
  await openTrace(`/t/${shop.traceId}`);
  expect(await selectedName().textContent()).toBe('POST /checkout');
  await openTrace(`/r/${shop.requestId}?span=${shop.chargeSpanId}`);
  expect(await selectedName().textContent()).toBe('charge card');
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Span');
});

test('an id that has not arrived is watched for, and opened the moment it does', async () => {
  const sender = sentNow('late');
  await page.goto('/');
  await page.getByLabel('Find a request id').fill(sender.requestId);
  await page.keyboard.press('Enter');
  await page.getByText('Watching for it').waitFor();
  await postSpans(sender, [
    { name: 'GET /late', kind: 2, atMs: 0, forMs: 5, attributes: { 'reqlens.request.id': sender.requestId } },
  ]);
  await page.locator('[role=treeitem]').waitFor();
  expect(new URL(page.url()).pathname).toBe(`/r/${sender.requestId}`);
  expect(await selectedName().textContent()).toBe('GET /late');
});

test('the trace is walked, folded and left with the keyboard alone', async () => {
  await page.goto('/');
  await openTrace();
  await page.keyboard.press('j');
  expect(await selectedName().textContent()).toBe('load cart');
  await page.keyboard.press('ArrowRight');
  expect(await selectedName().textContent()).toBe('SELECT carts');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  expect(await page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-expanded')).toBe('false');
  expect(await page.locator('[role=treeitem]').count()).toBe(12);
  await page.keyboard.press('ArrowRight');
  expect(await page.locator('[role=treeitem]').count()).toBe(13);
  await page.keyboard.press('End');
  expect(await selectedName().textContent()).toBe('release reservation');
  await page.keyboard.press('k');
  expect(await selectedName().textContent()).toBe('charge card');
  const active = await page.getByRole('tree').getAttribute('aria-activedescendant');
  expect(await page.locator('[role=treeitem][aria-selected=true]').getAttribute('id')).toBe(active);
  await page.keyboard.press('Enter');
  expect(await page.locator('.details h2').textContent()).toBe('charge card');
  await page.keyboard.press('?');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await page.keyboard.press('Escape');
  await page.waitForURL(`${collector.viewerUrl}/`);
});

test('e and E go round the errors, and the exception is readable', async () => {
  await openTrace();
  const seen: (string | null)[] = [];
  for (const key of ['e', 'e', 'e', 'E']) {
    await page.keyboard.press(key);
    seen.push(await page.locator('[role=treeitem][aria-selected=true]').getAttribute('aria-label'));
  }
  expect(seen).toEqual([
    'POST, checkout, 319 ms, error',
    'charge card, payment, 304 ms, error, 2 log lines',
    'POST /checkout, checkout, 486 ms, error, 3 log lines',
    'charge card, payment, 304 ms, error, 2 log lines',
  ]);
  await page.keyboard.press('Enter');
  expect(await page.locator('.exception-type').textContent()).toBe('CardDeclinedError');
  expect(await page.locator('.stack li').allTextContents()).toEqual([
    'at chargeCard (/srv/shop/src/payment/charge-card.ts:41:11)',
    'at async authorize (/srv/shop/src/payment/authorize.ts:18:20)',
    'at async handle (/srv/shop/node_modules/fastify/lib/handleRequest.js:121:9)',
    'at process.processTicksAndRejections (node:internal/process/task_queues:105:5)',
  ]);
});

test('log lines stand beside the spans: a line selects its span, a span filters the lines', async () => {
  await openTrace();
  expect(await page.getByRole('tab', { selected: true }).textContent()).toBe('Logs9');
  expect(await page.locator('.log').count()).toBe(9);
  await page.locator('.log', { hasText: 'provider answered' }).locator('.log-pick').click();
  expect(await selectedName().textContent()).toBe('charge card');
  expect(await page.locator('.log.is-of-selected').count()).toBe(2);
  await page.getByRole('button', { name: 'Selected span only' }).click();
  expect(await page.locator('.log').count()).toBe(2);
  await page.getByLabel('Least severity').selectOption('17');
  expect(await page.locator('.log .body').allTextContents()).toEqual([
    'CardDeclinedError: card declined: insufficient funds',
  ]);
  await page.getByRole('button', { name: 'Whole line' }).click();
  expect(await page.locator('.log-whole dt').allTextContents()).toEqual([
    'customer.id',
    'provider.code',
    'time',
    'logger',
    'service',
    'span',
  ]);
});

test('a request shows the lines of its background tasks among its own, and leads to each task and back', async () => {
  const sender = sentNow('orders');
  const { requestId } = sender;
  const worker = { ...sender, traceId: newRequest().traceId, service: 'worker' };
  const [root, task] = [newSpanId(), newSpanId()];
  const attributes = { 'reqlens.request.id': requestId };
  // The task is there first: it stands in until the request arrives.
  await postLogs(worker, 'publish_sync', [{ span: task, atMs: 20, severity: 9, body: 'published', attributes }]);
  await postSpans(worker, [
    { id: task, name: 'publish', atMs: 15, forMs: 30, attributes, links: [{ traceId: sender.traceId, spanId: root }] },
  ]);
  await page.goto(`/r/${requestId}`);
  await page.getByRole('heading', { name: 'publish' }).first().waitFor();
  const server = { ...attributes, 'http.request.method': 'POST', 'http.route': '/orders' };
  await postLogs(sender, 'webhooks', [
    { span: root, atMs: 1, severity: 9, body: 'received', attributes },
    { span: root, atMs: 40, severity: 9, body: 'answered', attributes },
  ]);
  await postSpans(sender, [{ id: root, name: 'POST /orders', kind: 2, atMs: 0, forMs: 50, attributes: server }]);

  await page.getByRole('heading', { name: 'POST /orders' }).first().waitFor();
  expect(await page.locator('.log .body').allTextContents()).toEqual(['received', 'published', 'answered']);
  expect(await page.locator('.log .tag').allTextContents()).toEqual(['publish']);
  expect(await page.locator('.related').allTextContents()).toEqual(['taskpublish30.0 ms']);

  await page.locator('.log', { hasText: 'published' }).locator('.log-pick').click();
  await page.waitForURL(`**/t/${worker.traceId}?span=${task}`);
  expect(await selectedName().textContent()).toBe('publish');
  expect(await page.locator('.log .body').allTextContents()).toEqual(['published']);
  await page.locator('.trace-link').click();
  await page.waitForURL(`**/t/${sender.traceId}?span=${root}`);
  await page.getByRole('link', { name: 'publish' }).click();
  await page.waitForURL(`**/t/${worker.traceId}?span=${task}`);
  await page.locator('.related', { hasText: 'POST /orders' }).click();
  await page.waitForURL(`**/r/${requestId}?span=${root}`);
  await page.locator('.related', { hasText: 'publish' }).waitFor();
});

test('a search inside the trace marks and walks its matches, in attributes too', async () => {
  await openTrace();
  await page.keyboard.press('f');
  await page.keyboard.type('shop.sku=grinder');
  expect(await page.locator('.wf-row.is-match').count()).toBe(1);
  await page.getByLabel('Find in this trace').fill('reserve');
  expect(await page.locator('.found').textContent()).toBe('5');
  expect(await page.locator('.wf-title mark').allTextContents()).toEqual(['reserve', 'reserve', 'reserve', 'reserve']);
  await page.keyboard.press('Enter');
  expect(await selectedName().textContent()).toBe('POST');
  await page.keyboard.press('Escape');
  expect(await page.locator('.wf-row.is-match').count()).toBe(0);
});

test('new spans and lines of the open trace arrive without moving selection or scroll', async () => {
  const sender = sentNow('grower');
  const root = newSpanId();
  const children = Array.from({ length: 80 }, (_, at) => ({
    parent: root,
    name: `step ${at}`,
    atMs: 10 + at,
    forMs: 1,
  }));
  await postSpans(sender, [{ id: root, name: 'GET /grow', kind: 2, atMs: 0, forMs: 200 }, ...children]);
  await openTrace(`/t/${sender.traceId}`);
  await page.keyboard.press('End');
  const before = await page.locator('[role=treeitem][aria-selected=true]').boundingBox();
  await postSpans(sender, [
    { parent: root, name: 'early', atMs: 1, forMs: 2 },
    { parent: root, name: 'last', atMs: 150, forMs: 9 },
  ]);
  await postLogs(sender, 'grower', [{ span: root, atMs: 3, severity: 9, body: 'one more' }]);
  await page.getByText('83 spans').first().waitFor();
  await page.getByRole('tab', { name: 'Logs 1' }).waitFor();
  expect(await selectedName().textContent()).toBe('step 79');
  expect(await page.locator('[role=treeitem][aria-selected=true]').boundingBox()).toEqual(before);
  expect(await page.evaluate(`document.activeElement.getAttribute('role')`)).toBe('tree');
});

test('new requests come in at the top; under the pointer they wait behind a chip', async () => {
  await page.goto('/');
  await rows().first().waitFor();
  const sender = sentNow('ticker');
  await postSpans(sender, [{ name: 'GET /first', kind: 2, atMs: 0, forMs: 5 }]);
  await rows().first().getByText('GET /first').waitFor();
  await rows().nth(2).hover();
  const under = await rows().nth(2).boundingBox();
  const text = await rows().nth(2).locator('.col-id').textContent();
  await postSpans(sentNow('ticker'), [{ name: 'GET /second', kind: 2, atMs: 0, forMs: 5 }]);
  const chip = page.getByRole('button', { name: '1 new' });
  await chip.waitFor();
  expect(await rows().nth(2).boundingBox()).toEqual(under);
  expect(await rows().nth(2).locator('.col-id').textContent()).toBe(text);
  await page.keyboard.press('Escape');
  await page.keyboard.press('n');
  await rows().first().getByText('GET /second').waitFor();
  await chip.waitFor({ state: 'hidden' });
});

test('a row on the screen is brought up to date where it stands, while others come in above it', async () => {
  await page.goto('/');
  await rows().first().waitFor();
  const [old, other] = [sentNow('renewed'), sentNow('renewed')];
  const root = newSpanId();
  await postSpans(old, [{ id: root, name: 'GET /renewed', kind: 2, atMs: 0, forMs: 5 }]);
  const row = page.locator('.requests tbody tr', { hasText: 'GET /renewed' });
  await expect.poll(() => row.locator('.col-spans').textContent()).toBe('1');
  await postSpans(old, [{ parent: root, name: 'query', atMs: 1, forMs: 2, error: 'late' }]);
  await expect.poll(() => row.locator('.col-spans').textContent()).toBe('2');
  await postSpans(old, [{ parent: root, name: 'query', atMs: 2, forMs: 2 }]);
  await postSpans(other, [{ name: 'GET /above', kind: 2, atMs: 0, forMs: 5 }]);
  await expect.poll(() => row.locator('.col-spans').textContent()).toBe('3');
  await expect
    .poll(() =>
      rows()
        .locator('.target')
        .allTextContents()
        .then((all) => all.slice(0, 2)),
    )
    .toEqual(['GET /above', 'GET /renewed']);
  expect(await row.count()).toBe(1);
});

test('errors and a service are filtered by address, and older requests load on scroll', async () => {
  await page.goto('/');
  await rows().nth(99).waitFor({ state: 'attached' });
  await page.locator('.scroller').evaluate((element) => element.scrollTo(0, element.scrollHeight));
  await rows().nth(140).waitFor({ state: 'attached' });
  await page.getByRole('button', { name: 'Errors only' }).click();
  await page.waitForURL('**/?errors=1');
  await page.getByLabel('Service').selectOption('inventory');
  await page.waitForURL('**/?service=inventory&errors=1');
  await expect
    .poll(async () => [...new Set(await page.locator('.requests .service').allTextContents())])
    .toEqual(['inventory']);
  expect(await page.locator('.requests .col-errors.is-zero').count()).toBe(0);
});

test('a filter keeps the focus, and Escape in a trace leads back to the filtered list', async () => {
  await page.goto('/');
  await rows().first().waitFor();
  await page.getByRole('button', { name: 'Errors only' }).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL('**/?errors=1');
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Errors only');
  await rows().getByText('/checkout').click();
  await page.locator('[role=treeitem]').first().waitFor();
  await page.keyboard.press('Escape');
  await page.waitForURL('**/?errors=1');
  expect(await page.getByRole('button', { name: 'Errors only' }).getAttribute('aria-pressed')).toBe('true');
});

test('ids and the link to a span are copied as they are', async () => {
  await openTrace(`/r/${shop.requestId}?span=${shop.chargeSpanId}`);
  const copied: unknown[] = [];
  for (const name of ['Copy request id', 'Copy trace id', 'Copy link to this span', 'Copy shop.card.brand']) {
    await page.getByRole('button', { name }).click();
    await page.getByText(`Copied ${name.slice('Copy '.length)}`).waitFor({ state: 'attached' });
    copied.push(await page.evaluate('navigator.clipboard.readText()'));
  }
  const link = `${collector.viewerUrl}/r/${shop.requestId}?span=${shop.chargeSpanId}`;
  expect(copied).toEqual([shop.requestId, shop.traceId, link, 'visa']);
});

test.each([1280, 800])('nothing is cut off sideways at %d pixels', async (width) => {
  await page.setViewportSize({ width, height: 800 });
  for (const path of ['/', `/r/${shop.requestId}`, '/?q=checkout']) {
    await page.goto(path);
    await page.locator('.requests tbody tr, [role=treeitem]').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    const beyond = await page.evaluate(
      `[...document.querySelectorAll('main button, main h1, header *')].filter((e) => e.getBoundingClientRect().right > innerWidth).length`,
    );
    expect(beyond).toBe(0);
  }
});

test('marks of the ruler stand above the lines of the grid', async () => {
  await openTrace();
  const ruler = await page.locator('.wf-ruler').boundingBox();
  const time = await page.locator('.wf-time').first().boundingBox();
  expect([ruler?.x, ruler?.width]).toEqual([time?.x, time?.width]);
});

test('the theme follows the system until it is chosen, and the choice is remembered', async () => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto('/');
  const ground = () => page.evaluate('getComputedStyle(document.body).backgroundColor');
  expect(await ground()).toBe('rgb(14, 17, 22)');
  await page.getByRole('button', { name: 'Light or dark' }).click();
  expect(await ground()).toBe('rgb(246, 247, 249)');
  await page.reload();
  expect(await ground()).toBe('rgb(246, 247, 249)');
});

test('a trace of 10,000 spans keeps the page small wherever it is scrolled', async () => {
  const sender = sentNow('large');
  const root = newSpanId();
  const spans = Array.from({ length: 9999 }, (_, at) => ({ parent: root, name: `item ${at}`, atMs: at, forMs: 2 }));
  await postSpans(sender, [{ id: root, name: 'GET /large', kind: 2, atMs: 0, forMs: 10_010 }, ...spans]);
  await openTrace(`/t/${sender.traceId}`);
  await page.getByText('10,000 spans').first().waitFor();
  for (const share of [0, 0.5, 1]) {
    await page.getByRole('tree').evaluate((element, at) => element.scrollTo(0, element.scrollHeight * at), share);
    await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
    const count = await page.locator('[role=treeitem]').count();
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(70);
  }
  await page.keyboard.press('End');
  expect(await selectedName().textContent()).toBe('item 9998');
});

test('hostile values are text: no markup, no hidden characters, cut until asked for', async () => {
  const sender = sentNow('<b>evil</b>');
  const markup = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
  const root = newSpanId();
  const attributes = {
    'http.route': markup,
    'http.request.method': 'GET\u202E',
    note: 'a\u0000b\u200Bc',
    big: 'x'.repeat(50_000),
  };
  await postSpans(sender, [{ id: root, name: markup, kind: 2, atMs: 0, forMs: 5, error: markup, attributes }]);
  await postLogs(sender, markup, [{ span: root, atMs: 1, severity: 17, body: `${markup}\u2066` }]);
  await openTrace(`/t/${sender.traceId}?span=${root}`);
  expect(await page.locator('img, main script').count()).toBe(0);
  expect(await selectedName().textContent()).toBe(markup);
  expect(await page.locator('h1').textContent()).toBe(`GETU+202E ${markup}`);
  const value = (name: string) =>
    page.locator('.attributes > div', { has: page.getByText(name, { exact: true }) }).locator('.block');
  expect(await value('note').textContent()).toBe('aNULbU+200Bc');
  expect((await value('big').textContent())?.length).toBeLessThan(1600);
  await value('big').getByRole('button').click();
  expect((await value('big').textContent())?.length).toBe(50_000);
  await page.goto('/');
  await rows().first().waitFor();
  expect(await page.locator('img, main script').count()).toBe(0);
});

test('a span without its parent stands under a note for it', async () => {
  const sender = sentNow('orphan');
  const spans = ['one', 'two'].map((name, at) => ({ parent: 'aaaaaaaaaaaaaaaa', name, atMs: at, forMs: 1 }));
  await postSpans(sender, spans);
  await openTrace(`/t/${sender.traceId}`);
  const labels = await page
    .locator('[role=treeitem]')
    .evaluateAll((items) => items.map((item) => item.getAttribute('aria-label')));
  expect(labels).toEqual(['Parent that has not arrived', 'one, orphan, 1.00 ms', 'two, orphan, 1.00 ms']);
});

test('without requests the page says how to send one, and goes on by itself when its collector comes back', async () => {
  const own = await startCollector();
  const ports = { otlp: Number(new URL(own.otlpUrl).port), viewer: Number(new URL(own.viewerUrl).port) };
  const { page: other, context } = await openWindow(browser, { origin: own.viewerUrl });
  await other.goto('/');
  const command = `OTEL_EXPORTER_OTLP_ENDPOINT=${own.otlpUrl} node --import reqlens/register app.js`;
  // Until the collector has said where it is, the usual address stands there.
  await expect.poll(() => other.locator('.command code').textContent()).toBe(command);
  await other.getByRole('button', { name: 'Copy command' }).click();
  await other.getByText('Copied command').waitFor({ state: 'attached' });
  expect(await other.evaluate('navigator.clipboard.readText()')).toBe(command);
  await own.stop();
  await other.getByText('reconnecting').waitFor();
  const again = await startCollector(ports);
  await other.locator('.live[data-state=live]').waitFor();
  await postSpans({ ...newRequest(), otlpUrl: again.otlpUrl, service: 'back', startMs: Date.now() }, [
    { name: 'GET /back', kind: 2, atMs: 0, forMs: 5 },
  ]);
  await other.getByText('GET /back').waitFor();
  await context.close();
  await again.stop();
});

test('an address that is no page and an id that is none say so', async () => {
  await page.goto(`/r/${encodeURIComponent('<script>')}`);
  expect(await page.locator('h2').textContent()).toBe('There is no page at this address');
  await page.goto('/t/0123');
  expect(await page.locator('h2').textContent()).toBe('There is no page at this address');
});
