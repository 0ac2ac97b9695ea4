/** Who a caller is, as libraries for signing in have it: `req.user`, `req.auth`, the payload of a token. Pure, bounded, and silent. */
import type { Caller } from './request-scope.ts';

/** As `setCaller` bounds them. */
const maxLength = 256;
const maxRoles = 64;
const control = /\p{Cc}/u;

/** The first of them that holds a text or a number. No e-mail addresses: they are personal, and change. */
const idFields = ['id', 'sub', 'username'];
const accountFields = [
  'account',
  'accountId',
  'account_id',
  'tenant',
  'tenantId',
  'tenant_id',
  'org',
  'orgId',
  'org_id',
];

/**
 * @param user - Whatever a library has put there. Its getters may throw; at most some twenty of its fields are read.
 * @param rolesClaim - Where the roles are if they are not in `roles` or `role` (`REQLENS_JWT_ROLES_CLAIM`).
 * @returns Undefined when it is no object. Without roles it is somebody who may see nothing.
 */
export function callerOfUser(user: unknown, rolesClaim: readonly string[]): Caller | undefined {
  if (typeof user !== 'object' || user === null) return undefined;
  const roles = rolesOf(read(user, 'roles')) ?? rolesOf(read(user, 'role')) ?? rolesOf(at(user, rolesClaim));
  return callerWith(user, roles);
}

/** @returns The same for the payload of a verified token: the claim alone says its roles. */
export function callerOfToken(payload: object, rolesClaim: readonly string[]): Caller {
  return callerWith(payload, rolesOf(at(payload, rolesClaim)));
}

function callerWith(user: object, roles: readonly string[] | undefined): Caller {
  const id = firstText(user, idFields);
  const account = firstText(user, accountFields);
  return {
    ...(id === undefined ? {} : { id }),
    ...(roles === undefined ? {} : { roles }),
    ...(account === undefined ? {} : { account }),
  };
}

function firstText(user: object, fields: readonly string[]): string | undefined {
  for (const field of fields) {
    const text = textOf(read(user, field));
    if (text !== undefined) return text;
  }
  return undefined;
}

/** A list of texts; or one text, in which a claim such as `scope` has spaces or commas between them. */
function rolesOf(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return rolesOf(value.slice(0, maxLength * maxRoles).split(/[\s,]+/));
  try {
    if (!Array.isArray(value)) return undefined;
    const roles = value.slice(0, maxRoles).flatMap((role) => textOf(role) ?? []);
    return roles.length === 0 ? undefined : roles;
  } catch {
    // A revoked Proxy: nobody's roles.
    return undefined;
  }
}

function textOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  return typeof text === 'string' && text !== '' && text.length <= maxLength && !control.test(text) ? text : undefined;
}

/** Own fields alone: what every object inherits is nobody's claim. */
function at(value: unknown, path: readonly string[]): unknown {
  let found: unknown = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, step)) return undefined;
    found = read(found, step);
  }
  return found;
}

function read(from: object, field: string): unknown {
  try {
    return Reflect.get(from, field);
  } catch {
    // The getter is the application's, and so is its error: what cannot be read is not known.
    return undefined;
  }
}
