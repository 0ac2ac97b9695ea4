/** Joins what measures requests, what says who may see it, and what keeps it. */
import type { UsageSettings } from './config/config.ts';
import { reportOnce } from './export/self-report.ts';
import type { AccessParts } from './identity/access.ts';
import { TokenVerifier } from './identity/tokens.ts';
import type { OwnEndpoint, RequestTracker } from './identity/tracked-request.ts';
import { MemoryStore } from './usage/memory-store.ts';
import { readEndpoint } from './usage/read-endpoint.ts';
import { RedisStore } from './usage/redis-store.ts';
import { requestTracker } from './usage/request-tracker.ts';
import type { UsageStore } from './usage/store.ts';
import { usageTracker } from './usage/tracking.ts';

export interface RequestUsage {
  /** Undefined when nobody is privileged: then nothing is ever measured. */
  readonly tracker: RequestTracker | undefined;
  /** Undefined when no path is configured. */
  readonly endpoint: OwnEndpoint | undefined;
  readonly stop: () => void;
}

export function requestUsage(settings: UsageSettings): RequestUsage {
  const { path, privilegedRoles, unprivilegedPerMinute } = settings;
  if (privilegedRoles.length === 0 && path === undefined) {
    return { tracker: undefined, endpoint: undefined, stop: () => undefined };
  }
  const access: AccessParts = { settings, verifier: new TokenVerifier(settings.tokens) };
  const store = storeFor(settings.store);
  const engine = usageTracker();
  const endpoint = path === undefined ? undefined : readEndpoint({ path, access, store });
  return {
    tracker: requestTracker({
      access,
      store,
      endpoint,
      unprivilegedPerMinute,
      startTracking: engine.startTracking,
    }),
    endpoint,
    stop: () => {
      engine.stop();
      store.close();
    },
  };
}

function storeFor({ redisUrl, ...limits }: UsageSettings['store']): UsageStore {
  if (redisUrl === undefined) return new MemoryStore(limits);
  try {
    return new RedisStore({ redisUrl, ...limits });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    reportOnce(
      'usage store',
      `cannot use the Redis of REQLENS_USAGE_STORE: expected the package redis to be installed in the application (npm install redis): ${reason}; usage is kept in the memory of each process`,
    );
    return new MemoryStore(limits);
  }
}
