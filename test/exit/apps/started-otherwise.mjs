/** Leaves a span and a line at its natural end; reads its input before if told to. Without the preload (`BARE`) it only prints. */
import { text } from 'node:stream/consumers';

import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

if (process.argv.includes('input')) console.log(`input: ${JSON.stringify(await text(process.stdin))}`);
if (process.env.BARE === undefined) {
  getLogger('publish_sync').info('last');
  trace.getTracer('endings').startSpan('last').end();
}
console.log('over');
