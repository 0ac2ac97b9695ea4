/** In a process that has nothing to send nothing of ours runs, and nobody can tell that we are there. */
import { createServer } from 'node:net';
import { once } from 'node:events';

import { expect, test } from 'vitest';

import { runApp } from '../support/run-app.ts';

async function receiver(): Promise<{ url: string; connections: () => number; close: () => void }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `http://127.0.0.1:${port}`, connections: () => connections, close: () => server.close() };
}

for (const args of [[], ['worker']]) {
  test(`a program without telemetry sees a bare process${args.length > 0 ? ', in a worker too' : ''}`, async () => {
    const { url, connections, close } = await receiver();
    const program = args.length > 0 ? 'test/idle/apps/in-worker.mjs' : 'test/idle/apps/idle.mjs';
    const exit = await runApp(program, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: url } });
    const bare = await runApp(program, { nodeArgs: [] });
    close();
    expect(JSON.parse(exit.stdout)).toEqual(JSON.parse(bare.stdout));
    expect({ code: exit.code, stderr: exit.stderr }).toEqual({ code: 0, stderr: '' });
    expect(connections()).toBe(0);
  });
}

test('undici, which only fetch needs, is not loaded for a program without it', async () => {
  const exit = await runApp('test/idle/apps/modules.mjs');
  expect(exit.stdout).toBe(JSON.stringify({ isLoaded: false }));
});
