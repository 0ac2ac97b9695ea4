/** Which named loggers there are, and how each writes. The effect on files: test/logs/settings.test.ts. */
import { expect, test } from 'vitest';

import { loggersInForce, saidAtStart } from './said-at-start.ts';

test('entries are laid over the three, and what is wrong with one leaves the others as they are', async () => {
  const lines = await saidAtStart({
    REQLENS_STARTUP_LINE: 'true',
    REQLENS_LOGGERS:
      'wordpress_api:file=/var/log/wp.log:level=debug,-bad,webhooks:console=no:lvel=debug,audit:file=none:level=lots,publish_sync.1',
  });
  expect(lines.slice(0, -1)).toEqual([
    'reqlens: REQLENS_LOGGERS="-bad" is not usable: expected name[:key=value]..., the name 1-64 letters, digits, "_", "." or "-", beginning with a letter or digit; the entry is left out',
    'reqlens: REQLENS_LOGGERS="webhooks:lvel=debug" is not usable: expected one of the keys level, file, size, backups, age, total, roll, format, console, otlp, propagate, gzip, sync (did you mean level?); it is ignored',
    'reqlens: REQLENS_LOGGERS="audit:level=lots" is not usable: expected level to be trace, debug, info, warn, error, fatal or silent; info is used',
    'reqlens: REQLENS_LOGGERS="publish_sync.1" is not usable: expected a file that is no backup of the one of publish_sync (backups are named publish_sync.<number>.log); publish_sync.1 gets no file',
  ]);
  expect(loggersInForce(lines)).toBe(
    'log-dir=logs/publish-sync-logs loggers=publish_sync:info,wordpress_api:debug:/var/log/wp.log,' +
      'webhooks:info:no-console,audit:info:no-file,publish_sync.1:info:no-file',
  );
});
