/** What both server instrumentations do for requests that are measured, and for those that are answered here. */
import type { ServerResponse } from 'node:http';

import { SamplingDecision } from '@opentelemetry/sdk-trace';

import type { Config } from '../config/config.ts';
import { debugHeader } from '../identity/access.ts';
import type { OwnEndpoint, RequestTracker, TrackedRequest } from '../identity/tracked-request.ts';
import type { LeastSampling } from '../trace/sampler.ts';
import { inFlightKey } from './in-flight.ts';
import type { InFlightRequest } from './in-flight.ts';
import type { ServerEdge } from './server-hooks.ts';

export interface TrackingParts {
  /** Measures the requests that ask for it; undefined when nobody may see that. */
  readonly tracker: RequestTracker | undefined;
  /** Requests that are answered here; undefined: none. */
  readonly endpoint: OwnEndpoint | undefined;
}

/** Recorded in any case, because the right to see it may come late; sampled when it is there already. */
export function leastSampling({ isPrivileged }: TrackedRequest): LeastSampling {
  return isPrivileged ? SamplingDecision.RECORD_AND_SAMPLED : SamplingDecision.RECORD;
}

/** Headers that a preflight may ask for. Lower case. */
export function allowedHeaders(config: Pick<Config, 'requestId'>, { tracker }: TrackingParts): readonly string[] {
  const { headerName } = config.requestId;
  return tracker === undefined ? [headerName] : [headerName, debugHeader];
}

export function answerBy(endpoint: OwnEndpoint | undefined): ServerEdge['answer'] {
  if (endpoint === undefined) return undefined;
  return (request, response: ServerResponse & { [inFlightKey]?: InFlightRequest }) => {
    if (!endpoint.takes(request)) return false;
    response[inFlightKey]?.setRoute(endpoint.route);
    endpoint.answer(request, response);
    return true;
  };
}
