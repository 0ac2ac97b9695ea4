/** A program that is over ends as a bare one does, whoever listens for its telemetry: nothing of ours is pending. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';

import { expect, test } from 'vitest';

import { newSpool, spooledCount, spoolEnv } from '../spool/spooling.ts';
import { listening } from '../sending/receiver.ts';
import { runApp } from '../support/run-app.ts';
import { deadPort } from '../support/scripted-receiver.ts';

const program = 'test/exit/apps/pending.mjs';

interface Ended {
  readonly code: number | undefined;
  /** What held the event loop besides the program. */
  readonly pending: string | undefined;
}

async function ended(mode: string, env: Readonly<Record<string, string>>): Promise<Ended> {
  const { code, stderr } = await runApp(program, { args: [mode], env });
  return { code, pending: /^pending: (.*)$/m.exec(stderr)?.[1] };
}

/** Takes connections and says nothing. */
async function silentPort(): Promise<number> {
  return listening(createServer((socket) => void socket.resume()));
}

test.each([
  ['nobody', deadPort],
  ['somebody who says nothing', silentPort],
])('%s listens: an idle program, and one with telemetry', async (_, port) => {
  const spool = newSpool();
  const idle = await ended('idle', { ...spoolEnv(await port(), spool), REQLENS_SHUTDOWN_TIMEOUT: '60000' });
  expect({ ...idle, hasSpool: existsSync(spool) }).toEqual({ code: 0, pending: '[]', hasSpool: false });
  const busy = await ended('telemetry', { ...spoolEnv(await port(), spool), REQLENS_SHUTDOWN_TIMEOUT: '3000' });
  const kept = [spooledCount(spool, 'trace'), spooledCount(spool, 'logs')];
  expect({ ...busy, kept }).toEqual({ code: 0, pending: '[]', kept: [1, 1] });
});
