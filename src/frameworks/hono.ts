/** `reqlens/hono`: the caller from `c.get('user')` or the token of `hono/jwt`, and the request id in the bodies of errors. Does not load Hono. */
import { asksForJson, errorJson, isJsonType, withRequestId } from './error-body.ts';
import { firstUser, followCaller } from './follow-caller.ts';
import type { PluginOptions } from './follow-caller.ts';

/** The part of Hono's context (4) that is used. */
export interface HonoContextLike {
  readonly req: { readonly raw: Request };
  readonly get: (key: never) => unknown;
  readonly error: Error | undefined;
  res: Response;
}

/**
 * `app.use(reqlensHono())`, behind what signs callers in and before the routes; on Node by `@hono/node-server`.
 *
 * The caller is set from `c.get('user')`, else from `c.get('jwtPayload')`, and again when that has changed. JSON objects of 400 and
 * above get the field `request_id`; what was thrown and answered as text is JSON for a client that asks for it.
 */
export function reqlensHono(
  options: PluginOptions<HonoContextLike> = {},
): (context: HonoContextLike, next: () => Promise<void>) => Promise<void> {
  const { caller = callerOf } = options;
  return async (context, next) => {
    const follow = followCaller(() => caller(context));
    follow();
    try {
      await next();
    } finally {
      follow();
    }
    if (context.res.status >= 400) await nameRequest(context);
  };
}

function callerOf(context: HonoContextLike): ReturnType<typeof firstUser> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys are the application's, and unknown here
  const get = context.get.bind(context) as (key: string) => unknown;
  return firstUser(get('user'), get('jwtPayload'));
}

async function nameRequest(context: HonoContextLike): Promise<void> {
  const { res, error, req } = context;
  const type = res.headers.get('content-type') ?? undefined;
  const isThrownText =
    error !== undefined && !isJsonType(type) && asksForJson(req.raw.headers.get('accept') ?? undefined);
  if (!isJsonType(type) && !isThrownText) return;
  const text = await res.clone().text();
  const body = isThrownText ? errorJson(text) : withRequestId(text);
  if (body === undefined) return;
  const headers = new Headers(res.headers);
  headers.delete('content-length');
  if (isThrownText) headers.set('content-type', 'application/json');
  // Hono lays the fields of the response that was there over those of the next one, unless there was none.
  Reflect.set(context, 'res', undefined);
  context.res = new Response(body, { status: res.status, headers });
}
