/** A receiver whose packets nobody answers, as behind a firewall: an application that is over does not wait for it. */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

import { afterEach, expect, test } from 'vitest';

import { startApp } from '../support/run-app.ts';
import { newSpool, spooledCount, spoolEnv, spoolingApp } from './spooling.ts';
import { untilTrue } from '../support/until-true.ts';

const sockets: Socket[] = [];
const endings: (() => void)[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const end of endings.splice(0)) end();
});

// Other systems refuse what does not fit the queue.
test.runIf(process.platform === 'linux').each(['http/json', 'http/protobuf', 'grpc'])(
  'the natural end comes long before the time-out of a request, and what was under way stays on disk, over %s',
  async (protocol) => {
    const spool = newSpool();
    const env = {
      ...spoolEnv(await swallowingPort(), spool),
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_TIMEOUT: '120000',
      OTEL_BSP_EXPORT_TIMEOUT: '120000',
      OTEL_LOGS_EXPORTER: 'none',
    };
    const app = await spoolingApp(env);
    await app.get('/make?name=a&spans=20');
    // A request that is without an answer for a second is written down.
    await untilTrue(() => spooledCount(spool, 'trace') > 0);
    await app.get('/end');
    expect(await app.exit).toMatchObject({ code: 0 });
    expect(spooledCount(spool, 'trace')).toBe(22);
  },
);

async function swallowingPort(): Promise<number> {
  const app = await startApp('test/spool/apps/swallowing.mjs', { nodeArgs: [], killAfterMs: 60_000 });
  app.exit.catch(() => undefined);
  endings.push(() => app.signal('SIGKILL'));
  const port = Number(new URL(app.url).port);
  for (let count = 0; count < 4; count += 1) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
  }
  return port;
}
