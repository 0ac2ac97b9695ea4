/**
 * A server whose routes use something known: /tracked/NAME?id=ID runs NAME tracked, /untracked/NAME does not. /result?id=ID gives
 * the figures, /probe what goes on. Imports the engine itself; there is no preload.
 */
import { createServer } from 'node:http';

import { usageTracker } from '../../../dist/src/usage/tracking.js';

const tracker = usageTracker({ maxTracked: 20, maxDurationMs: Number(process.env.MAX_DURATION_MS ?? 600_000) });
// After the tracker, as an application comes after the preload.
const { handlers, usesOwnResponse } = await import('./handlers.mjs');
const figures = new Map();
const trackings = new Set();

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const [, mode, name] = url.pathname.split('/');
  const id = url.searchParams.get('id');
  if (mode === 'probe')
    answer(response, { isHooked: tracker.isHooked(), inFlight: trackings.size, ended: figures.size });
  else if (mode === 'result') answer(response, figures.get(id) ?? {});
  else if (mode === 'tracked') track({ request, response, url, name, id });
  else void work({ request, response, url, name });
});

function answer(response, value) {
  response.setHeader('content-type', 'application/json').end(JSON.stringify(value));
}

async function work({ request, response, url, name }) {
  const body = await handlers[name](request, response, url);
  if (!usesOwnResponse.has(name)) response.end(String(body ?? 'ok'));
}

function track(visit) {
  const { request, response, id } = visit;
  const tracking = tracker.startTracking(request, response);
  if (tracking === undefined) {
    response.writeHead(503).end();
    return;
  }
  trackings.add(tracking);
  response.once('close', () => {
    trackings.delete(tracking);
    const usage = tracking.end({ isComplete: response.writableFinished });
    figures.set(id, { ...usage, hasOwnEmit: Object.hasOwn(request, 'emit') || Object.hasOwn(response, 'emit') });
  });
  void tracking.run(() => work(visit));
}

server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
