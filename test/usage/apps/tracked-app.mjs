/**
 * A server whose routes cost something known; /usage/NAME runs NAME tracked and answers with its figures, /NAME untracked.
 * Imports the engine itself, nothing is patched by a preload.
 */
import { createServer } from 'node:http';
import { usageTracker } from '../../../dist/src/usage/tracking.js';

const tracker = usageTracker({ maxTracked: 50, maxDurationMs: Number(process.env.MAX_DURATION_MS ?? 600_000) });
const { handlers, usesOwnResponse } = await import('./handlers.mjs');
const results = new Map();

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  const [, first, second] = url.pathname.split('/');
  if (first === 'probe') return void response.end(JSON.stringify({ isHooked: tracker.isHooked(), waiting: [...results.keys()] }));
  if (first === 'result') {
    response.end(JSON.stringify(results.get(second) ?? null));
    return;
  }
  const name = first === 'tracked' ? second : first;
  const tracking = first === 'tracked' ? tracker.startTracking(request, response) : undefined;
  const id = url.searchParams.get('id');
  const work = async () => {
    const handler = handlers[name];
    const body = await handler(request, response, url);
    if (!usesOwnResponse.has(name)) response.end(String(body ?? 'ok'));
  };
  if (tracking === undefined) return void work();
  response.once('close', () => {
    results.set(id, tracking.end({ isComplete: response.writableFinished }));
  });
  tracking.run(work);
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
