/** Replaces a function of a built-in object by one that looks the same, and puts it back exactly. */

/** Any function, called with its own `this`. */
export type Callable = (this: unknown, ...args: unknown[]) => unknown;

/** An object whose functions can be replaced: a prototype, or a module that `require` gives. */
export type PatchTarget = object;

/**
 * @param wrap - Gets the function that is there; what it returns must call it with the same `this` and arguments.
 * @returns Takes the patch off. Nothing is replaced, and nothing taken off, when there is no such function.
 */
export function patch(target: PatchTarget, name: string, wrap: (original: Callable) => Callable): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const original: unknown = Reflect.get(target, name);
  if (!isCallable(original)) return () => {};
  const patched = wrap(original);
  // Name, length and what util.promisify looks for.
  Object.defineProperties(patched, Object.getOwnPropertyDescriptors(original));
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
