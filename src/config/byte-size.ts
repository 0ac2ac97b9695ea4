/** Sizes of files as people write them: bytes, or with a unit of 1024. Pure. */

/** Powers of 1024, as Python's `10*1024*1024` for its handlers; `KiB` says the same and is taken too. */
const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** @returns Whole bytes, e.g. of `10485760`, `10MB`, `1.5 GiB`, `512k`; undefined for anything else. */
export function parseByteSize(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^\+?(\d+(?:\.\d+)?) *(?:([kmg]?)(?:i?b)?)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (unitBytes[unit.toLowerCase()] ?? Number.NaN);
  const isWhole = digits !== '' && (unit !== '' || Number.isInteger(bytes));
  return isWhole && bytes <= Number.MAX_SAFE_INTEGER ? Math.floor(bytes) : undefined;
}
