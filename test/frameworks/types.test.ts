/** The plugins fit the frameworks' own types; what compiles here compiles for users. */
import { fastify } from 'fastify';
import { Hono } from 'hono';
import { expect, test } from 'vitest';

import { reqlensFastify } from '../../src/frameworks/fastify.ts';
import { reqlensHono } from '../../src/frameworks/hono.ts';

test('Fastify and Hono take them, with and without options', async () => {
  const app = fastify();
  app.register(reqlensFastify);
  app.register(reqlensFastify, { caller: () => ({ id: 'u1' }) });
  await app.ready();
  expect(app.printPlugins()).toContain('reqlens');
  await app.close();
  const hono = new Hono().use(reqlensHono()).use(reqlensHono({ caller: () => undefined }));
  expect((await hono.request('/')).status).toBe(404);
});
