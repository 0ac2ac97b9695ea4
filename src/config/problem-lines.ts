/** Complaints as lines for stderr. */
import type { ConfigProblem } from './config.ts';

/** @returns One line without its line break; the value is already fit to be shown. */
export function problemLine({ variable, value, expected, consequence }: ConfigProblem): string {
  if (value === undefined) return `reqlens: ${variable} is not a known variable (${expected}); ${consequence}`;
  return `reqlens: ${variable}="${value}" is not usable: expected ${expected}; ${consequence}`;
}
