/** Reads what pino keeps on its loggers under symbols of its own. */

const symbols = new WeakMap<object, Map<string, symbol | undefined>>();

/**
 * Every copy of pino has symbols of its own, so they are known by their descriptions, and remembered per prototype: that of a child is
 * its parent.
 *
 * @param name - Without `pino.`, e.g. `chindings`, `messageKey`.
 * @returns Undefined when this version of pino has none of that name.
 */
export function pinoSetting(instance: object, name: string): unknown {
  const symbol = pinoSymbol(instance, name);
  return symbol === undefined ? undefined : Reflect.get(instance, symbol);
}

/** The symbol itself, of the instance or of one that it inherits from. */
export function pinoSymbol(instance: object, name: string): symbol | undefined {
  const prototype: unknown = Object.getPrototypeOf(instance);
  if (typeof prototype !== 'object' || prototype === null) return undefined;
  const known = symbols.get(prototype) ?? new Map<string, symbol | undefined>();
  symbols.set(prototype, known);
  if (!known.has(name)) known.set(name, found(instance, `pino.${name}`));
  return known.get(name);
}

function found(instance: object, description: string): symbol | undefined {
  for (let at: unknown = instance; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    const symbol = Object.getOwnPropertySymbols(at).find((each) => each.description === description);
    if (symbol !== undefined) return symbol;
  }
  return undefined;
}
