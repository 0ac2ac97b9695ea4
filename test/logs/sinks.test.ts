/** Where lines go: to ancestors, to shared files, and to the console when a file or the collector fails. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import type { RunningApp } from '../support/run-app.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reqlens-sinks-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function start(env: Readonly<Record<string, string>>): Promise<RunningApp> {
  return startApp('test/logs/apps/sinks.mjs', {
    env: {
      OTEL_LOGS_EXPORTER: 'none',
      OTEL_TRACES_EXPORTER: 'none',
      OTEL_METRICS_EXPORTER: 'none',
      REQLENS_LOG_DIR: folder,
      ...env,
    },
  });
}

async function logged(env: Readonly<Record<string, string>>, names: string) {
  const app = await start(env);
  await app.get(`/${names}`);
  await app.get('/bye');
  return app.exit;
}

/** `<logger>: <message>` of each line, in either format. */
function shown(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line.includes(' by ') || line.includes('"by '))
    .map((line) => {
      if (line.startsWith('{')) return `${JSON.parse(line).logger}: ${JSON.parse(line).msg}`;
      const [, message, logger] = / - INFO - (.*?) n=.* logger=(\S+) /.exec(line) ?? [];
      return `text ${logger}: ${message}`;
    });
}

const inFile = (name: string): string[] =>
  existsSync(join(folder, name)) ? shown(readFileSync(join(folder, name), 'utf8')) : [];

test('a propagating logger is written by its ancestors too, in their format, and stands on the console once', async () => {
  const { stdout, stderr } = await logged(
    {
      REQLENS_LOGGERS:
        'shop:format=text,shop.cart:propagate=true:console=off,shop.cart.items:propagate=true:file=none,root:console=off,other:propagate=true,quiet:console=off',
    },
    'shop.cart.items,shop.cart,shop,other,quiet',
  );
  expect(stderr).toBe('');
  expect(inFile('shop.cart.log')).toEqual(['shop.cart.items: by shop.cart.items', 'shop.cart: by shop.cart']);
  expect(inFile('shop.log')).toEqual([
    'text shop.cart.items: by shop.cart.items',
    'text shop.cart: by shop.cart',
    'text shop: by shop',
  ]);
  expect(inFile('root.log')).toEqual(['other: by other']);
  expect(inFile('quiet.log')).toEqual(['quiet: by quiet']);
  expect(shown(stdout)).toEqual([
    'shop.cart.items: by shop.cart.items',
    'text shop.cart: by shop.cart',
    'text shop: by shop',
    'other: by other',
  ]);
});

test('two loggers may share a file; a name without settings has the console and one hint', async () => {
  const { stdout, stderr } = await logged(
    { REQLENS_LOGGERS: 'one:file=both.log,two:file=both.log' },
    'one,two,one,unknown,unknown',
  );
  expect(inFile('both.log').toSorted()).toEqual(['one: by one', 'one: by one', 'two: by two']);
  expect(shown(stdout)).toHaveLength(5);
  expect(stderr).toBe(
    'reqlens: the logger unknown has no settings, so its lines go to no file; add it to REQLENS_LOGGERS to give it one\n',
  );
});

describe('a file that cannot be written', () => {
  test('is said once; the console has each line once', async () => {
    writeFileSync(join(folder, 'taken'), 'a file where the directory should be');
    const { stdout, stderr, code } = await logged(
      { REQLENS_LOG_DIR: join(folder, 'taken', 'logs'), REQLENS_LOGGERS: 'quiet:console=off' },
      'publish_sync,quiet,publish_sync,quiet,webhooks',
    );
    expect(code).toBe(0);
    expect(shown(stdout)).toEqual([
      'publish_sync: by publish_sync',
      'publish_sync: by publish_sync',
      'webhooks: by webhooks',
    ]);
    expect(shown(stderr)).toEqual(['quiet: by quiet', 'quiet: by quiet']);
    expect(stderr.split('\n').filter((line) => line.startsWith('reqlens:'))).toEqual(
      ['publish_sync', 'quiet', 'webhooks'].map((name) =>
        expect.stringMatching(
          new RegExp(
            `^reqlens: cannot append to ${folder}/taken/logs/${name}.log: .*ENOTDIR.*; its lines go to the console until it can be written again$`,
          ),
        ),
      ),
    );
  });

  test('is tried again, and that it works again is said', async () => {
    writeFileSync(join(folder, 'logs'), 'a file where the directory should be');
    const app = await start({ REQLENS_LOG_DIR: join(folder, 'logs'), REQLENS_LOG_CONSOLE: 'false' });
    await app.get('/webhooks');
    await expect.poll(() => shown(app.stderr())).toEqual(['webhooks: by webhooks']);
    rmSync(join(folder, 'logs'));
    mkdirSync(join(folder, 'logs'));
    await expect
      .poll(
        async () => {
          await app.get('/webhooks');
          return app.stderr();
        },
        { timeout: 10_000, interval: 100 },
      )
      .toContain(`reqlens: ${folder}/logs/webhooks.log is written again\n`);
    await app.get('/bye');
    const { stderr } = await app.exit;
    const numbers = `${stderr}\n${readFileSync(join(folder, 'logs', 'webhooks.log'), 'utf8')}`.matchAll(/"n":(\d+)/g);
    const all = Array.from(numbers, ([, number]) => Number(number)).toSorted((a, b) => a - b);
    expect(all).toEqual(all.map((_, index) => index + 1));
    expect(all.length).toBeGreaterThan(1);
  });
});

describe('a logger that has only the collector', () => {
  test('writes to the console while it is known that nobody answers; the line before that waits in the spool', async () => {
    const app = await start({
      OTEL_LOGS_EXPORTER: 'otlp',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
      REQLENS_LOGGERS: 'far:file=none:console=off',
    });
    await app.get('/far');
    await app.until(({ stderr }) => stderr().includes('no collector answers'));
    expect(shown(app.stderr())).toEqual([]);
    await app.get('/far');
    await app.get('/bye');
    const { stdout, stderr } = await app.exit;
    expect(shown(stdout)).toEqual([]);
    expect(shown(stderr)).toEqual(['far: by far']);
    const batches = readdirSync(join(folder, 'spool'));
    expect(batches.reduce((sum, name) => sum + Number(/\.logs\.(\d+)\./.exec(name)?.[1] ?? 0), 0)).toBe(2);
  });
});
