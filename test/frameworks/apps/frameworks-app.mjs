/** The same small shop in one framework, named by the first argument; who asks is said by the header x-user, as JSON. */
import { createServer } from 'node:http';
import { createRequire } from 'node:module';

import { currentRequest, setCaller } from 'reqlens';

const require = createRequire(import.meta.url);
const userOf = (text) => (text === undefined || text === '' ? undefined : JSON.parse(text));
const failure = () => Object.assign(new Error('the card is expired'), { status: 402, statusCode: 402, expose: true });
const said = () => currentRequest()?.caller ?? null;
const listening = (port) => process.stdout.write(`listening ${port}\n`);

const apps = {
  fastify: async () => {
    const { default: fastify } = await import('fastify');
    const { reqlensFastify } = await import('reqlens/fastify');
    const app = fastify();
    app.register(reqlensFastify);
    app.addHook('onRequest', async (request) => {
      request.user = userOf(request.headers['x-user']);
    });
    app.get('/who', async () => ({ caller: said() }));
    app.get('/later', (request, reply) => {
      request.user = { id: 'later', roles: ['admin'] };
      reply.send({});
    });
    app.get('/own-word', async () => (setCaller({ id: 'own' }), {}));
    app.get('/throws', async () => {
      throw failure();
    });
    app.get('/problem', async (_request, reply) =>
      reply.code(409).type('application/problem+json').send('{"big":12345678901234567890}'),
    );
    app.get('/list', async (_request, reply) => reply.code(400).send([1]));
    app.get('/named', async (_request, reply) => reply.code(400).send({ request_id: 'own' }));
    app.get('/text', async (_request, reply) => reply.code(400).send('plain'));
    app.get('/bye', async () => (setImmediate(() => app.close()), {}));
    await app.listen({ port: 0, host: '127.0.0.1' });
    // Without a server there is no request of ours, and nothing to say.
    const injected = await app.inject('/throws');
    process.stdout.write(`injected ${injected.body}\n`);
    listening(app.server.address().port);
  },
  koa: async () => {
    const { default: Koa } = await import('koa');
    const { reqlensKoa } = await import('reqlens/koa');
    const app = new Koa();
    app.silent = true;
    app.use(async (context, next) => {
      context.state.user = userOf(context.get('x-user'));
      await next();
    });
    app.use(reqlensKoa());
    const routes = {
      '/who': (context) => (context.body = { caller: said() }),
      '/later': (context) => {
        context.state.user = { id: 'later', roles: ['admin'] };
        context.body = {};
      },
      '/own-word': (context) => (setCaller({ id: 'own' }), (context.body = {})),
      '/throws': () => {
        throw failure();
      },
      '/problem': (context) => Object.assign(context, { status: 409, body: { title: 'Conflict' } }),
      '/list': (context) => Object.assign(context, { status: 400, body: [1] }),
      '/named': (context) => Object.assign(context, { status: 400, body: { request_id: 'own' } }),
      '/text': (context) => Object.assign(context, { status: 400, body: 'plain' }),
      '/bye': (context) => (server.close(), (context.body = {})),
    };
    app.use(async (context) => routes[context.path]?.(context));
    const server = createServer(app.callback()).listen(0, '127.0.0.1', () => listening(server.address().port));
  },
  hono: async () => {
    const { Hono } = await import('hono');
    const { HTTPException } = await import('hono/http-exception');
    const { serve } = await import('@hono/node-server');
    const { reqlensHono } = await import('reqlens/hono');
    const app = new Hono();
    app.use(async (context, next) => {
      const user = userOf(context.req.header('x-user'));
      context.set(user?.sub === undefined ? 'user' : 'jwtPayload', user);
      await next();
    });
    app.use(reqlensHono());
    app.get('/who', (context) => context.json({ caller: said() }));
    app.get('/later', (context) => (context.set('user', { id: 'later', roles: ['admin'] }), context.json({})));
    app.get('/own-word', (context) => (setCaller({ id: 'own' }), context.json({})));
    app.get('/throws', () => {
      throw new HTTPException(402, { message: 'the card is expired' });
    });
    app.get('/problem', (context) =>
      context.body('{"title":"Conflict"}', 409, { 'content-type': 'application/problem+json' }),
    );
    app.get('/list', (context) => context.json([1], 400));
    app.get('/named', (context) => context.json({ request_id: 'own' }, 400));
    app.get('/text', (context) => context.text('plain', 400));
    const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => listening(port));
    app.get('/bye', (context) => (server.close(), context.json({})));
  },
  /** Without code of ours: Passport, and express-jwt with a token of the application's own. */
  express: async () => {
    const express = require('express');
    const passport = require('passport');
    const { expressjwt } = require('express-jwt');
    passport.use({
      name: 'header',
      authenticate(request) {
        const user = userOf(request.headers['x-user']);
        if (user === undefined) this.pass();
        else this.success(user);
      },
    });
    const app = express();
    app.use(passport.authenticate('header', { session: false }));
    app.get('/who', (_request, response) => response.json({ caller: said() }));
    const secret = process.env.APPLICATION_SECRET;
    app.get('/jwt', expressjwt({ secret, algorithms: ['HS256'] }), (request, response) => response.json(request.auth));
    app.get('/bye', (_request, response) => (server.close(), response.json({})));
    const server = app.listen(0, '127.0.0.1', () => listening(server.address().port));
  },
};

await apps[process.argv[2]]();
