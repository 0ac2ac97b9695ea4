/** Chance that can be repeated: the same seed makes the same choices. */

export interface Random {
  /** From 0 up to, not including, `below`. */
  readonly integer: (below: number) => number;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  readonly list: <Item>(maxLength: number, make: () => Item) => Item[];
}

/** mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const integer = (below: number): number => Math.floor(next() * below);
  return {
    integer,
    pick: <Item>(items: readonly Item[]): Item => {
      const item = items[integer(items.length)];
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- undefined only where the list holds it
      return item as Item;
    },
    list: (maxLength, make) => Array.from({ length: integer(maxLength + 1) }, make),
  };
}
