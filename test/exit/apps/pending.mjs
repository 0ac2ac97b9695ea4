/** Prints what holds the event loop besides the program, which itself is over; with the argument `telemetry` it has made some, and tried to send it. */
import { trace } from '@opentelemetry/api';
import { getLogger } from 'reqlens';

/** A connection is being made for a moment, which nobody can let go of; what stays longer is none. */
const patienceMs = 4000;

if (process.argv[2] === 'telemetry') {
  getLogger('webhooks').info('from a program');
  trace.getTracer('pending').startSpan('of a program').end();
}

const startMs = performance.now();

function look() {
  // The timer that calls this is the program's own.
  const pending = process.getActiveResourcesInfo().filter((each) => each !== 'Timeout' && each !== 'PipeWrap');
  // Time for some tries, which come at the schedule delays of the test.
  const isEarly = performance.now() - startMs < 300;
  if (isEarly || (pending.length > 0 && performance.now() - startMs < patienceMs)) setTimeout(look, 20);
  else process.stderr.write(`pending: ${JSON.stringify(pending)}\n`);
}

look();
