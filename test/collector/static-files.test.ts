/** Pages are served from a list made at the start. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { sendProblem } from '../../collector/view/problem.ts';
import { StaticFiles } from '../../collector/view/static-files.ts';
import { ask, temporaryFolder } from './collector-process.ts';

async function serve(folder: string): Promise<string> {
  const files = new StaticFiles(folder);
  const server = createServer((request, response) => {
    try {
      files.answer(request.url ?? '', request, response);
    } catch (error) {
      sendProblem(response, error);
    }
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}

test('the page answers for every deep link, assets have their type, and an ETag saves the second transfer', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'parts'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html>');
  writeFileSync(join(folder, 'parts', 'app.js'), 'export {};');
  writeFileSync(join(folder, 'secret.txt'), 'not listed');
  const url = await serve(folder);
  for (const path of ['/', '/index.html', '/usage', '/r/some%2Fid', `/t/${'a'.repeat(32)}`]) {
    const { status, headers, body } = await ask(url + path);
    expect([path, status, headers['content-type'], headers['cache-control'], body.toString()]).toStrictEqual([
      path,
      200,
      'text/html; charset=utf-8',
      'no-cache',
      '<!doctype html>',
    ]);
  }
  const script = await ask(`${url}/parts/app.js`);
  expect([script.status, script.headers['content-type']]).toStrictEqual([200, 'text/javascript; charset=utf-8']);
  const again = await ask(`${url}/parts/app.js`, { headers: { 'if-none-match': script.headers.etag ?? '' } });
  expect([again.status, again.body.length]).toStrictEqual([304, 0]);
  for (const path of [
    '/secret.txt',
    '/parts/',
    '/parts/../secret.txt',
    '/%2e%2e/secret.txt',
    '/r/',
    '/r/a/b',
    '/__proto__',
  ]) {
    expect([path, (await ask(url + path)).status]).toStrictEqual([path, 404]);
  }
});

test('without a folder of pages every page is a 404 problem', async () => {
  const { status, headers, body } = await ask(`${await serve(join(temporaryFolder(), 'nothing'))}/`);
  expect([status, headers['content-type'], body.toString()]).toStrictEqual([
    404,
    'application/problem+json',
    '{"title":"Not Found","status":404,"detail":"no such page"}',
  ]);
});
