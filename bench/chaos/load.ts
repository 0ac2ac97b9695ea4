/** Sends orders to the shops and their twin, whatever the answers do. */
import http from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import type { Random } from '../../test/support/random.ts';
import { differenceBetween, orderKinds, send } from './orders.ts';
import type { Order } from './orders.ts';
import type { Stage } from './stage.ts';
import type { Life } from './started-process.ts';

export interface LoadPlan {
  readonly random: Random;
  /** A second. */
  readonly rate: number;
  /** By `performance.now()`. */
  readonly endMs: number;
}

interface Unanswered {
  readonly life: Life;
  /** When that was clear, by `performance.now()`. */
  readonly failedMs: number;
}

export interface Load {
  /** Those that were answered. */
  readonly orders: readonly Order[];
  /** Answers that were not the twin's, in words. */
  readonly differences: readonly string[];
  /** Those that were not, to a process that was there when they were sent. */
  readonly unanswered: readonly Unanswered[];
}

type NewOrder = Omit<Order, 'requestId' | 'sentMs' | 'answeredMs'>;

/** One request in ten asks for what it uses. */
const trackedEvery = 10;

/** Resolves when the last one has its answer. */
export async function sendOrders(stage: Stage, { random, rate, endMs }: LoadPlan): Promise<Load> {
  const agents = [...stage.shops, undefined].map(() => new http.Agent({ keepAlive: true, maxSockets: 50 }));
  const token = stage.token();
  const orders: Order[] = [];
  const differences: string[] = [];
  const open = new Set<Promise<void>>();
  const unanswered: Unanswered[] = [];
  const startMs = performance.now();
  for (let n = 0; performance.now() < endMs; n += 1) {
    const index = n % stage.shops.length;
    const kind = random.pick(orderKinds);
    const url = stage.urls[index];
    const life = stage.shops[index]?.lives.at(-1);
    if (url !== undefined && life !== undefined) {
      const sending = order({ n, kind, life }, url, index).finally(() => open.delete(sending));
      open.add(sending);
    }
    // oxlint-disable-next-line no-await-in-loop -- one after the other, at their rate
    await wait(Math.max(0, startMs + ((n + 1) * 1000) / rate - performance.now()));
  }
  await Promise.all(open);
  for (const agent of agents) agent.destroy();
  return { orders, differences, unanswered };

  async function order(fresh: NewOrder, url: string, index: number): Promise<void> {
    const path = `/order/${fresh.kind}/${fresh.n}`;
    const headers: Record<string, string> = fresh.n % trackedEvery === 0 ? { 'x-debug-resource-tracking': token } : {};
    const [agent, twinAgent] = [agents[index], agents.at(-1)];
    if (agent === undefined || twinAgent === undefined) throw new Error('cannot send: there is no agent');
    const sentMs = performance.now();
    const [answer, right] = await Promise.all([
      send({ url, path, headers, agent }),
      send({ url: stage.twinUrl, path, headers, agent: twinAgent }),
    ]);
    if (answer === undefined) {
      unanswered.push({ life: fresh.life, failedMs: performance.now() });
      return;
    }
    orders.push({ ...fresh, requestId: answer.requestId, sentMs, answeredMs: answer.endedMs });
    if (right === undefined) throw new Error('the bare twin did not answer');
    const difference = differenceBetween(answer, right);
    if (difference !== undefined) differences.push(`${path}: ${difference}`);
  }
}
