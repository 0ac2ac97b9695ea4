/** Starts slowly, and goes on to hold its event loop for longer than the look for a receiver lasts, once that has begun. */
import { trace } from '@opentelemetry/api';

const lookMs = 2000;

trace.getTracer('held').startSpan('first').end();
// The look begins after 100 ms. Both timers are due when this module is over, and an immediate comes before the name is resolved
// and connected to, which takes two turns at least.
setTimeout(() => {
  setImmediate(() => {
    hold(lookMs + 200);
    setTimeout(() => undefined, 100);
  });
}, 150);
hold(200);

function hold(ms) {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
