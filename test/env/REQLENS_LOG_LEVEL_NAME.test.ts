/** REQLENS_LOG_LEVEL_<NAME>: the level of one logger. Written levels: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { loggersInForce, saidAtStart } from './said-at-start.ts';

test('it wins over everything else, a bad one is reported, and another spelling is answered with the right one', async () => {
  const lines = await saidAtStart({
    REQLENS_STARTUP_LINE: 'true',
    REQLENS_LOG_LEVEL: 'warn',
    REQLENS_LOGGERS: 'webhooks:level=error,pay-out:level=error',
    REQLENS_LOG_LEVEL_WEBHOOKS: 'debug',
    REQLENS_LOG_LEVEL_PAY_OUT: 'lots',
    REQLENS_LOG_LEVEL_OF_NO_LOGGER_YET: 'trace',
    'REQLENS_LOG_LEVEL_publish-sync': 'trace',
  });
  expect(lines.slice(0, -1)).toEqual([
    'reqlens: REQLENS_LOG_LEVEL_PAY_OUT="lots" is not usable: expected trace, debug, info, warn, error, fatal or silent; error is used',
    'reqlens: REQLENS_LOG_LEVEL_publish-sync is not a known variable (did you mean REQLENS_LOG_LEVEL_PUBLISH_SYNC?); it is ignored',
  ]);
  expect(loggersInForce(lines)).toBe(
    'log-dir=logs/publish-sync-logs loggers=publish_sync:warn,wordpress_api:warn,webhooks:debug,pay-out:error',
  );
});
