/** `reqlens/fastify`: the caller from `request.user`, and the request id in the bodies of errors. Does not load Fastify. */
import { firstUser, followCaller } from './follow-caller.ts';
import type { PluginOptions } from './follow-caller.ts';
import { isJsonType, withRequestId } from './error-body.ts';

/** The part of Fastify's instance (5) that is used: `addHook`, whatever its overloads. */
export interface FastifyLike {
  readonly addHook: (name: never, hook: never) => unknown;
}

/** The part of a request that is looked at. `user` is what `@fastify/jwt` and `@fastify/passport` put there. */
export interface FastifyRequestLike {
  readonly user?: unknown;
  readonly method: string;
}

interface FastifyReplyLike {
  readonly statusCode: number;
  readonly getHeader: (name: string) => number | string | string[] | undefined;
  readonly hasHeader: (name: string) => boolean;
  readonly header: (name: string, value: string) => unknown;
}

type Done = (error?: Error | null, payload?: unknown) => void;
type Hook = (request: FastifyRequestLike, reply: FastifyReplyLike, ...rest: [unknown, Done] | [Done]) => void;

/**
 * `app.register(reqlensFastify)`, before the routes and for all of them: it has no scope of its own.
 *
 * Before the handler, and again before the answer, the caller is set from `request.user`; answers of 400 and above that are JSON objects
 * get the field `request_id`.
 */
export function reqlensFastify(
  instance: FastifyLike,
  options: PluginOptions<FastifyRequestLike>,
  done: (error?: Error) => void,
): void {
  const { caller = ({ user }: FastifyRequestLike) => firstUser(user) } = options;
  const following = new WeakMap<FastifyRequestLike, () => void>();
  const follow = (request: FastifyRequestLike): void => {
    const known = following.get(request) ?? followCaller(() => caller(request));
    following.set(request, known);
    known();
  };
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its overloads name more types than there are without Fastify
  const addHook = instance.addHook.bind(instance) as (name: string, hook: Hook) => unknown;
  addHook('preHandler', (request, _reply, ...rest) => {
    follow(request);
    lastOf(rest)();
  });
  addHook('onSend', (request, reply, ...rest) => {
    follow(request);
    lastOf(rest)(null, request.method === 'HEAD' ? rest[0] : sentPayload(reply, rest[0]));
  });
  done();
}

/** Fastify's own marks: no scope of its own, and a name in `printPlugins`. */
Object.assign(reqlensFastify, { [Symbol.for('skip-override')]: true, [Symbol.for('fastify.display-name')]: 'reqlens' });

function lastOf(rest: [unknown, Done] | [Done]): Done {
  return rest.length === 1 ? rest[0] : rest[1];
}

function sentPayload(reply: FastifyReplyLike, payload: unknown): unknown {
  const type = reply.getHeader('content-type');
  if (reply.statusCode < 400 || typeof payload !== 'string' || !isJsonType(String(type))) return payload;
  const changed = withRequestId(payload);
  if (changed === undefined) return payload;
  if (reply.hasHeader('content-length')) reply.header('content-length', String(Buffer.byteLength(changed)));
  return changed;
}
