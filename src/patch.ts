/**
 * Replaces functions of built-in objects by ones that look the same. Everything that we patch goes through here, under a name (its
 * *place*), so that a test can list it all, make our part of each throw, and compare with bare Node (test/hosts/faults.test.ts).
 */
import { channel } from 'node:diagnostics_channel';

import { diag } from '@opentelemetry/api';

/** Any function, called with its own `this`. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** An object whose functions can be replaced: a prototype, or a module that `require` gives. */
export type PatchTarget = object;

export interface Patch {
  readonly target: PatchTarget;
  readonly name: string;
  /** Another name that Node has for the same function. It stays the same function; one that somebody has replaced is left alone. */
  readonly alias?: string;
  /** As documentation spells it: `http.Server.prototype.emit`. */
  readonly place: string;
}

/** What `reqlens:patch` publishes, once for each part, when the patch is made. */
interface OfferedPart {
  readonly place: string;
  /** Our part. A subscriber may put another one here, as the test does that makes it throw. */
  part: (...args: never[]) => unknown;
}

const offers = channel('reqlens:patch');

/**
 * Names our part in a patched function. The patched function must call it guarded, and do as Node does when it throws.
 *
 * @returns The part itself, or what a subscriber put in its place.
 */
export function ourPart<Part extends (...args: never[]) => unknown>(place: string, part: Part): Part {
  if (!offers.hasSubscribers) return part;
  const offered: OfferedPart = { place, part };
  offers.publish(offered);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- who replaces a part keeps to its type
  return offered.part as Part;
}

/** Places whose fault was told; there are some fifty, so this is bounded. */
const faulty = new Set<string>();

/** Our part has failed, and the application goes on as if it were not there. Said once for each place. Never throws. */
export function reportFault(place: string, error: unknown): void {
  if (faulty.has(place)) return;
  faulty.add(place);
  try {
    diag.error(`the hook in ${place} failed; the application goes on without it`, error);
  } catch {
    // What the error says of itself may be what fails, and there is no other way to say it.
  }
}

/**
 * Our part with its guard around it.
 *
 * @param failed - Told of a fault. Default: it is reported.
 * @returns The part; undefined in place of what it would have thrown.
 */
export function guarded<Args extends unknown[], Result>(
  place: string,
  part: (...args: Args) => Result,
  failed: (error: unknown) => void = (error) => reportFault(place, error),
): (...args: Args) => Result | undefined {
  const run = ourPart(place, part);
  return (...args) => {
    try {
      // Not by spreading, for which the application may have taken the iterator from arrays.
      return Reflect.apply(run, undefined, args);
    } catch (error) {
      tellFault(place, failed, error);
      return undefined;
    }
  };
}

function tellFault(place: string, failed: (error: unknown) => void, error: unknown): void {
  try {
    failed(error);
  } catch (further) {
    reportFault(place, further);
  }
}

/**
 * @param wrap - Gets the function that is there; what it returns must call it with the same `this` and arguments, once.
 * @returns Takes the patch off. Nothing is replaced, and nothing taken off, when there is no such function.
 */
export function patch(
  { target, name, alias, place }: Patch,
  wrap: (original: Callable, place: string) => Callable,
): () => void {
  const original: unknown = Reflect.get(target, name);
  if (!isCallable(original)) return () => {};
  const patched = wrap(original, place);
  const names = alias !== undefined && Reflect.get(target, alias) === original ? [name, alias] : [name];
  try {
    // Name, length and what util.promisify looks for.
    Object.defineProperties(patched, Object.getOwnPropertyDescriptors(original));
    return undoAll(names.map((each) => replace(target, each, patched)));
  } catch (error) {
    // A frozen object, as security hardening makes them: the function stays Node's.
    reportFault(place, error);
    return () => {};
  }
}

function replace(target: PatchTarget, name: string, patched: Callable): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const enumerable = own?.enumerable ?? false;
  Object.defineProperty(target, name, { value: patched, writable: true, configurable: true, enumerable });
  return () => {
    // Somebody who patched after us keeps a reference to ours: then it stays, and passes everything on.
    if (Reflect.get(target, name) !== patched) return;
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  };
}

/** @returns Takes all of them off, the last one first. */
export function undoAll(undo: readonly (() => void)[]): () => void {
  return () => {
    for (const each of undo.toReversed()) each();
  };
}

function isCallable(value: unknown): value is Callable {
  return typeof value === 'function';
}
