/** Reads the parameters of `/api/usage`. */
import { type UsageQuery, usageFigures, usageOrders, usageViews } from '../store/usage-port.ts';
import { errorsOnly, limitOf, shown } from './parameters.ts';
import { ProblemError } from './problem.ts';

/** Longer names are none that were received. */
const maxNameLength = 2000;

/** @throws ProblemError 400 for a parameter that cannot be used. */
export function usageQuery(parameters: URLSearchParams): UsageQuery {
  const service = nameIn(parameters, 'service');
  const route = nameIn(parameters, 'route');
  const account = nameIn(parameters, 'account');
  return {
    view: oneOf(parameters, 'view', usageViews),
    by: oneOf(parameters, 'by', usageFigures),
    order: oneOf(parameters, 'order', usageOrders),
    sinceUnixNano: sinceIn(parameters),
    limit: limitOf(parameters),
    isErrorOnly: errorsOnly(parameters),
    ...(service !== undefined && { service }),
    ...(route !== undefined && { route }),
    ...(account !== undefined && { account }),
  };
}

/** @returns The first of the names when the parameter is absent. */
function oneOf<Name extends string>(parameters: URLSearchParams, parameter: string, names: readonly Name[]): Name {
  const given = parameters.get(parameter) ?? '';
  const found = names.find((name) => name === given) ?? (given === '' ? names[0] : undefined);
  if (found !== undefined) return found;
  throw new ProblemError(400, `${parameter}: expected one of ${names.join(', ')}, got ${shown(given)}`);
}

/** `since` is in Unix milliseconds; absent for all that is kept. */
function sinceIn(parameters: URLSearchParams): bigint {
  const given = parameters.get('since') ?? '';
  if (given === '') return 0n;
  if (/^\d{1,12}$|^[1-8]\d{12}$/.test(given)) return BigInt(given) * 1_000_000n;
  throw new ProblemError(400, `since: expected Unix milliseconds, got ${shown(given)}`);
}

function nameIn(parameters: URLSearchParams, parameter: string): string | undefined {
  const given = parameters.get(parameter) ?? '';
  if (given.length > maxNameLength) {
    throw new ProblemError(400, `${parameter}: expected at most ${maxNameLength} characters, got ${given.length}`);
  }
  return given === '' ? undefined : given;
}
