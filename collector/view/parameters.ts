/** Reads the parameters that several questions to the query API share. */
import { ProblemError } from './problem.ts';

/** @throws ProblemError 400 unless `limit` is absent (100) or a whole number from 1 to 500. */
export function limitOf(parameters: URLSearchParams): number {
  const given = parameters.get('limit') ?? '100';
  const limit = /^\d{1,3}$/.test(given) ? Number(given) : 0;
  if (limit >= 1 && limit <= 500) return limit;
  throw new ProblemError(400, `limit: expected a whole number from 1 to 500, got ${shown(given)}`);
}

/** @throws ProblemError 400 unless `errors` is absent (0), 1 or 0. */
export function errorsOnly(parameters: URLSearchParams): boolean {
  const given = parameters.get('errors') ?? '0';
  if (given === '1' || given === '0' || given === '') return given === '1';
  throw new ProblemError(400, `errors: expected 1 or 0, got ${shown(given)}`);
}

/** What came, short enough to be repeated. */
export const shown = (given: string): string => JSON.stringify(given.slice(0, 60));
