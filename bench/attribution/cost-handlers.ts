/** What the requests do whose price with and without tracking is compared. */
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export type Handler = (response: ServerResponse) => unknown;

/** Those that are compared, by the name in their path. */
export const comparedHandlers: readonly string[] = ['callbacks', 'promises', 'file'];

/** By path. */
export const handlers: Readonly<Record<string, Handler>> = {
  /** Callbacks and timers, no promise of its own. */
  '/callbacks': (response) => {
    setTimeout(() => {
      process.nextTick(() => setImmediate(() => respond(response, { ok: true })));
    }, 1);
  },
  /** A hundred awaits in layers, as a web framework with an ORM makes them, around one wait. */
  '/promises': async (response) => respond(response, { sum: await layers(5) }),
  /** A file is read. */
  '/file': (response) => respond(response, { bytes: readFileSync(thisFile).length }),
  /** Lives until its client goes. */
  '/held': async (response) => {
    while (!response.destroyed) {
      await wait(50);
      await layers(1);
    }
  },
};

const thisFile = fileURLToPath(import.meta.url);

async function layers(depth: number): Promise<number> {
  if (depth === 0) return 1;
  let sum = 0;
  for (let index = 0; index < 2; index += 1) sum += await layers(depth - 1);
  if (depth === 5) await wait(1);
  const more = await Promise.all([sum, Promise.resolve(1)]);
  return more[0] + more[1];
}

function respond(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': text.length }).end(text);
}
