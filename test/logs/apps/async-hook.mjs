/** Logs and starts a span whenever anything asynchronous is made, also what the line itself or the span sets off. */
import { createHook } from 'node:async_hooks';

import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

const log = getLogger('publish_sync');
const tracer = trace.getTracer('hooks');
let count = 0;

const hook = createHook({
  init: (_, type) => {
    // More than the stack would take, if each set off the next.
    if (count >= 20_000) return;
    count += 1;
    log.info(type);
    tracer.startSpan(type).end();
  },
});
hook.enable();
setTimeout(() => hook.disable(), 20);
