/**
 * What there is once in a thread, however many copies of this package are loaded: the preload may be another file than the one that the
 * application imports, or that Next.js has put into a bundle. Imports nothing.
 */

/** Of the form of these values; a copy with another form does not see them. */
const form = 1;

/**
 * @param name - In words; the same in every copy.
 * @returns What the first copy that has asked has made.
 */
export function oneForAllCopies<Value extends object>(name: string, make: () => Value): Value {
  const key = Symbol.for(`reqlens ${name} ${form}`);
  const known: unknown = Reflect.get(globalThis, key);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the key is nobody else's
  if (known !== undefined) return known as Value;
  const made = make();
  Object.defineProperty(globalThis, key, { value: made });
  return made;
}
