/** "Did you mean": the known name that is nearest to one that is not known. Pure. */

/** @returns The first of the nearest ones, when it is at most `limit` edits away. */
export function nearestName(name: string, known: readonly string[], limit: number): string | undefined {
  const ranked = known
    // Each letter more or less is an edit, and a name may be a megabyte long.
    .filter((candidate) => Math.abs(candidate.length - name.length) <= limit)
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= limit ? best.candidate : undefined;
}

/** Insertions, deletions, changes and swaps of neighbours that turn one text into the other (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

/** Beyond the edge of the table nothing is near. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
