/** Tells reqlens who a framework says the caller is, and again when that changes; what the application says by `setCaller` stands. */
import { setCaller } from '../identity/caller.ts';
import type { CallerInput } from '../identity/caller.ts';
import { callerOfUser } from '../identity/named-caller.ts';
import { requestScope } from '../identity/request-scope.ts';
import type { Caller } from '../identity/request-scope.ts';

/** Of every plugin here. */
export interface PluginOptions<Source> {
  /** Who asks, as `setCaller` takes it; undefined while nobody is known. Default: the user that the framework's libraries have put there. */
  readonly caller?: (source: Source) => CallerInput | undefined;
}

/** @returns To be called whenever the caller may have become known, or another one. Does nothing outside a request. */
export function followCaller(callerNow: () => CallerInput | undefined): () => void {
  let said: Caller | undefined;
  let hasSaid = false;
  return () => {
    const scope = requestScope();
    if (scope === undefined || scope.caller !== said || (scope.isCallerSaid === true && !hasSaid)) return;
    const caller = callerNow();
    if (caller === undefined && !hasSaid) return;
    setCaller(caller ?? {});
    hasSaid = true;
    said = scope.caller;
  };
}

/** The first of them that is an object, as a caller. */
export function firstUser(...users: readonly unknown[]): CallerInput | undefined {
  return users.map((user) => callerOfUser(user, [])).find((caller) => caller !== undefined);
}
