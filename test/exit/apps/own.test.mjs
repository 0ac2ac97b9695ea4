/** Not a test of ours, but one that an application might have: `node --test` runs it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { trace } from '@opentelemetry/api';

void test('passes', () => {
  trace.getTracer('endings').startSpan('passes').end();
});
void test('fails', () => {
  trace.getTracer('endings').startSpan('fails').end();
  assert.equal(1, 2);
});
