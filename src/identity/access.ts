/**
 * Who may see what a request used. Asked at the head of the response and at the end of the request, because an application often learns
 * late who the caller is, and may take a role away again. Every doubt means no.
 */
import type { IncomingMessage } from 'node:http';

import type { UsageSettings } from '../config/config.ts';
import { callerOfUser } from './named-caller.ts';
import type { Caller, RequestScope } from './request-scope.ts';
import { isTokenShaped } from './tokens.ts';
import type { TokenVerifier, Verified } from './tokens.ts';

/** The header by which a request asks to be measured. Lower case. */
export const debugHeader = 'x-debug-resource-tracking';

/** What the header says: just that, or by a token of its own. Undefined: it does not ask. */
export type DebugAsk = { readonly token: string | undefined } | undefined;

/** Any other value, `0` and `false` among them, is as good as no header. Two headers of the name come joined, and are none. */
export function debugAsk(value: string | string[] | undefined): DebugAsk {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^(?:1|true|on)$/i.test(text)) return { token: undefined };
  return isTokenShaped(text) ? { token: text } : undefined;
}

/** @returns The token of `Authorization: Bearer`, undefined for any other scheme. */
export function bearerToken({ authorization }: IncomingMessage['headers']): string | undefined {
  const [, token] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return token;
}

export interface AccessParts {
  readonly settings: Pick<UsageSettings, 'privilegedRoles' | 'tokens'>;
  readonly verifier: TokenVerifier;
}

/** One request's case, as it stands whenever it is asked. */
export class RequestAccess {
  readonly #parts: AccessParts;
  readonly #request: IncomingMessage;
  #ofDebugToken: Caller | undefined;
  #ofBearerToken: Caller | undefined;
  #pending: Promise<void> | undefined;

  constructor(parts: AccessParts, request: IncomingMessage, debugToken: string | undefined) {
    this.#parts = parts;
    this.#request = request;
    const ofDebug = debugToken === undefined ? undefined : parts.verifier.verify(debugToken);
    const bearer = bearerToken(request.headers);
    const ofBearer = bearer === undefined ? undefined : parts.verifier.verify(bearer);
    this.#settle(ofDebug, ofBearer);
  }

  /** Resolves when nothing that came with the request is being verified any more; undefined when that is so already. */
  get pending(): Promise<void> | undefined {
    return this.#pending;
  }

  /**
   * The caller, if one may see the usage as things stand. A token in the debug header was made for just this and stands for itself. Else
   * who the application says it is has the roles that the application says; only when it says nothing, a token in `Authorization` counts.
   *
   * @param scope - Undefined while the request has none yet.
   */
  privilegedCaller(scope: RequestScope | undefined): Caller | undefined {
    const said = this.#saidCaller(scope);
    if (this.#isPrivileged(this.#ofDebugToken)) return said?.caller ?? this.#ofDebugToken;
    const caller = said === undefined ? this.#ofBearerToken : said.caller;
    return this.#isPrivileged(caller) ? caller : undefined;
  }

  #saidCaller(scope: RequestScope | undefined): { readonly caller: Caller | undefined } | undefined {
    if (scope?.isCallerSaid === true) return { caller: scope.caller };
    const { rolesClaim } = this.#parts.settings.tokens;
    for (const field of ['user', 'auth']) {
      const caller = callerOfUser(read(this.#request, field), rolesClaim);
      if (caller !== undefined) return { caller };
    }
    return undefined;
  }

  #isPrivileged(caller: Caller | undefined): boolean {
    return isPrivileged(caller, this.#parts.settings.privilegedRoles);
  }

  #settle(ofDebug: Verified, ofBearer: Verified): void {
    if (!(ofDebug instanceof Promise) && !(ofBearer instanceof Promise)) {
      this.#ofDebugToken = ofDebug;
      this.#ofBearerToken = ofBearer;
      return;
    }
    this.#pending = this.#learn(ofDebug, ofBearer);
  }

  /** Neither rejects. What is known first counts at once. */
  async #learn(ofDebug: Verified, ofBearer: Verified): Promise<void> {
    const debug = (async () => {
      this.#ofDebugToken = await ofDebug;
    })();
    this.#ofBearerToken = await ofBearer;
    await debug;
    this.#pending = undefined;
  }
}

/** Letter by letter: `Admin` is not `admin`. */
export function isPrivileged(caller: Caller | undefined, privilegedRoles: readonly string[]): boolean {
  return caller?.roles?.some((role) => privilegedRoles.includes(role)) === true;
}

function read(request: IncomingMessage, field: string): unknown {
  try {
    return Reflect.get(request, field);
  } catch {
    // A getter of the application's that throws: nobody is known by it.
    return undefined;
  }
}
