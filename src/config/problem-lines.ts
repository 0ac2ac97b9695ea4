/** Complaints as lines for stderr. */
import type { ConfigProblem } from './config.ts';

/** @returns One line without its line break; the value is already fit to be shown. */
export function problemLine({ variable, inFile, value, expected, consequence }: ConfigProblem): string {
  if (value === undefined) return `reqlens: ${variable} is not a known variable (${expected}); ${consequence}`;
  if (inFile !== undefined) {
    return `reqlens: ${inFile.key}="${value}" in ${inFile.path} is not usable: expected ${expected}; ${consequence}`;
  }
  return `reqlens: ${variable}="${value}" is not usable: expected ${expected}; ${consequence}`;
}
