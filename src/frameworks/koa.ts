/** `reqlens/koa`: the caller from `ctx.state.user`, and the request id in the bodies of errors. Does not load Koa. */
import { STATUS_CODES } from 'node:http';

import { asksForJson, errorJson, withRequestId } from './error-body.ts';
import { firstUser, followCaller } from './follow-caller.ts';
import type { PluginOptions } from './follow-caller.ts';

/** The part of Koa's context (3) that is used. `state.user` is what `koa-jwt` and `koa-passport` put there. */
export interface KoaContextLike {
  readonly state: { readonly user?: unknown };
  readonly app: { readonly emit: (event: string, ...args: unknown[]) => unknown };
  readonly headerSent: boolean;
  readonly get: (header: string) => string;
  status: number;
  type: string;
  body: unknown;
}

/**
 * `app.use(reqlensKoa())`, behind what signs callers in and before the routes.
 *
 * The caller is set from `ctx.state.user`, and again when that has changed. Bodies of 400 and above that are plain objects get the field
 * `request_id`. What is thrown further in is Koa's to answer, but for a client that asks for JSON: it gets `{ error, request_id }`.
 */
export function reqlensKoa(
  options: PluginOptions<KoaContextLike> = {},
): (context: KoaContextLike, next: () => Promise<unknown>) => Promise<void> {
  const { caller = ({ state }: KoaContextLike) => firstUser(state.user) } = options;
  return async (context, next) => {
    const follow = followCaller(() => caller(context));
    follow();
    try {
      await next();
    } catch (error) {
      if (!answerThrown(context, error)) throw error;
    } finally {
      follow();
    }
    nameRequest(context);
  };
}

/** As Koa's own `ctx.onerror`, in JSON. @returns Whether it was answered. */
function answerThrown(context: KoaContextLike, error: unknown): boolean {
  if (context.headerSent || !(error instanceof Error) || !asksForJson(context.get('accept'))) return false;
  const { status, expose } = statusOf(error);
  const body = errorJson(expose ? error.message : (STATUS_CODES[status] ?? 'Error'));
  if (body === undefined) return false;
  context.app.emit('error', error, context);
  context.status = status;
  context.body = body;
  context.type = 'application/json';
  return true;
}

function statusOf(error: Error & { status?: unknown; statusCode?: unknown; expose?: unknown }): {
  readonly status: number;
  readonly expose: boolean;
} {
  const given = error.status ?? error.statusCode;
  const status = typeof given === 'number' && given >= 400 && STATUS_CODES[given] !== undefined ? given : 500;
  return { status, expose: error.expose === true };
}

function nameRequest(context: KoaContextLike): void {
  const { body, status } = context;
  if (status < 400 || context.headerSent || !isPlainObject(body)) return;
  const json = withRequestId(JSON.stringify(body));
  if (json === undefined) return;
  context.body = json;
  context.type = 'application/json';
}

/** Streams and buffers are sent as they are. */
function isPlainObject(body: unknown): boolean {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}
