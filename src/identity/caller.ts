/** Who asks: what an application says of it, checked, and as attributes of spans and log records. */
import { diag } from '@opentelemetry/api';
import type { Attributes, Span } from '@opentelemetry/api';

import { requestScope } from './request-scope.ts';
import type { Caller, RequestScope } from './request-scope.ts';

/** Who asks, as applications have it. */
export interface CallerInput {
  /** 1-256 characters, none of them a control character; a number is taken as text. */
  readonly id?: string | number | undefined;
  /** At most 64, each as `id`. */
  readonly roles?: readonly (string | number)[] | undefined;
  /** The tenant; as `id`. */
  readonly account?: string | number | undefined;
}

/** Longer ones are no ids but payload. */
const maxLength = 256;
const maxRoles = 64;
const control = /\p{Cc}/u;

/**
 * Says who the running request or task works for, as soon as the application knows it. The request's own span and every span and log
 * line from here on carry it; it is never sent to another service. A later call replaces what an earlier one has said: without any
 * field the caller is unknown again.
 *
 * Never throws: what cannot be used is reported once, and the rest is used. Outside a request nothing happens, which is reported too.
 *
 * @param caller - `id` becomes `user.id`, `roles` `user.roles`, `account` `reqlens.account.id`.
 */
export function setCaller(caller: CallerInput): void {
  const scope = requestScope();
  if (scope === undefined) {
    diag.warn('setCaller: expected to be called within a request or a task, but none is running; nothing was set');
    return;
  }
  applyCaller(scope, acceptCaller(caller, 'setCaller'));
}

/**
 * What of it can be used.
 *
 * @param where - Begins the report about what cannot.
 * @returns Undefined when nothing is left.
 * @internal
 */
export function acceptCaller(caller: unknown, where: string): Caller | undefined {
  if (!isObject(caller)) {
    report(`${where}: the caller`, kindOf(caller), 'an object with id, roles or account');
    return undefined;
  }
  const id = acceptText(read(caller, 'id', where), 'id', where);
  const account = acceptText(read(caller, 'account', where), 'account', where);
  const roles = acceptRoles(read(caller, 'roles', where), where);
  if (id === undefined && account === undefined && roles === undefined) return undefined;
  return {
    ...(id === undefined ? {} : { id }),
    ...(roles === undefined ? {} : { roles }),
    ...(account === undefined ? {} : { account }),
  };
}

/**
 * Empty when nobody is known.
 *
 * @internal
 */
export function callerAttributes(caller: Caller | undefined): Attributes {
  if (caller === undefined) return {};
  const { id, roles, account } = caller;
  return {
    ...(id === undefined ? {} : { 'user.id': id }),
    ...(roles === undefined ? {} : { 'user.roles': [...roles] }),
    ...(account === undefined ? {} : { 'reqlens.account.id': account }),
  };
}

const attributeNames = ['user.id', 'user.roles', 'reqlens.account.id'] as const;

function applyCaller(scope: RequestScope, caller: Caller | undefined): void {
  scope.isCallerSaid = true;
  if (caller === undefined) delete scope.caller;
  else scope.caller = caller;
  const { span } = scope;
  // After its end a span takes nothing any more, and would complain.
  if (span?.isRecording() !== true) return;
  const attributes = callerAttributes(caller);
  for (const name of attributeNames) if (!(name in attributes)) removeAttribute(span, name);
  span.setAttributes(attributes);
}

/** The API can only set attributes; a role that was taken back must not stay. The SDK's span shows them as an object. */
function removeAttribute(span: Span, name: string): void {
  const attributes: unknown = Reflect.get(span, 'attributes');
  if (isObject(attributes)) Reflect.deleteProperty(attributes, name);
}

function read(caller: object, field: string, where: string): unknown {
  try {
    return Reflect.get(caller, field);
  } catch {
    // The error is the application's own, and may hold what must not be shown.
    report(`${where}: ${field}`, 'behind a getter that throws', 'a value');
    return undefined;
  }
}

function acceptText(value: unknown, field: string, where: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  const text = typeof value === 'number' && Number.isFinite(value) ? String(value) : value;
  if (typeof text === 'string' && text.length > 0 && text.length <= maxLength && !control.test(text)) return text;
  report(`${where}: ${field}`, kindOf(value), `a text of 1-${maxLength} characters, none of them a control character`);
  return undefined;
}

function acceptRoles(value: unknown, where: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  const given = listed(value);
  if (given === undefined) {
    report(`${where}: roles`, kindOf(value), 'a list of texts');
    return undefined;
  }
  if (given.length > maxRoles)
    report(`${where}: roles`, 'too long a list', `at most ${maxRoles}; the first ${maxRoles} are used`);
  const roles = given.slice(0, maxRoles).flatMap((role) => acceptText(role, 'roles', where) ?? []);
  return roles.length === 0 ? undefined : roles;
}

/** A Proxy that has been revoked throws whatever is done with it. */
function listed(value: unknown): readonly unknown[] | undefined {
  try {
    return Array.isArray(value) ? value.slice(0, maxRoles + 1) : undefined;
  } catch {
    return undefined;
  }
}

/** What came, in words that show nothing of it. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'missing';
  if (typeof value === 'number') return 'not a finite number';
  if (typeof value === 'object') return 'an object or a list';
  if (typeof value !== 'string') return `of type ${typeof value}`;
  if (value === '') return 'empty';
  if (value.length > maxLength) return `a text of ${value.length} characters`;
  return control.test(value) ? 'a text with control characters' : 'a text';
}

/** What came stands first: reports that begin alike are taken for the same one. */
function report(field: string, came: string, expected: string): void {
  diag.warn(`${field} is ${came} and cannot be used: expected ${expected}`);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
