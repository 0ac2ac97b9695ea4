/** Ages of files as people write them. Pure. */

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/** 100 years: beyond that a date of JavaScript may no longer hold the result of a subtraction. */
const longestMs = 36_525 * 86_400_000;

/** @returns Milliseconds, e.g. of `90s`, `30m`, `12h`, `14d`, `2w`; undefined without a unit, for 0, and for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits = '', unit = ''] = /^(\d+) *([smhdw])$/i.exec(text) ?? [];
  const ms = Number(digits) * (unitMs[unit.toLowerCase()] ?? 0);
  return ms > 0 && ms <= longestMs ? ms : undefined;
}
