import { createRequire } from 'node:module';

import { trace } from '@opentelemetry/api';
import { getLogger, ReqlensError } from 'reqlens';

const required = createRequire(import.meta.url)('reqlens');
console.log(
  JSON.stringify({
    isSameLogger: required.getLogger('webhooks') === getLogger('webhooks'),
    isSameError: required.ReqlensError === ReqlensError,
    isRegistered: trace.getTracer('formats').startSpan('recorded').isRecording(),
  }),
);
