/** What the routes of tracked-app do; each costs something known. */
import { setTimeout as wait } from 'node:timers/promises';

let sink = 0;
/** Burns CPU until this thread has used so many milliseconds more; on the oldest Node by the clock on the wall. */
export function burn(ms) {
  const cpu = process.threadCpuUsage ? () => (process.cpuUsage(), (({ user, system }) => (user + system) / 1000)(process.threadCpuUsage())) : () => performance.now();
  const end = cpu() + ms;
  while (cpu() < end) for (let index = 0; index < 2000; index += 1) sink += Math.sqrt(index);
}
const tick = () => new Promise((resolve) => setImmediate(resolve));
let pool = [];
const poolTimer = setInterval(() => { const all = pool; pool = []; for (const each of all) each(); }, 2);
poolTimer.unref();
const pooled = () => new Promise((resolve) => pool.push(resolve));
export const usesOwnResponse = new Set();
export const handlers = {
  sync: () => burn(20),
  async await() { for (let i = 0; i < 20; i += 1) { burn(1); await null; } },
  async pooled() { for (let i = 0; i < 20; i += 1) { await pooled(); burn(1); } },
  pooledThen: () => pooled().then(() => burn(5)).then(() => pooled()).then(() => { burn(15); }),
  async immediates() { for (let i = 0; i < 20; i += 1) { burn(1); await tick(); } },
  async timers() { for (let i = 0; i < 20; i += 1) { burn(1); await wait(1); } },
  ticks: () => new Promise((resolve) => { let left = 20; const next = () => { burn(1); left -= 1; if (left === 0) resolve(); else process.nextTick(next); }; process.nextTick(next); }),
  microtasks: () => new Promise((resolve) => { let left = 20; const next = () => { burn(1); left -= 1; if (left === 0) resolve(); else queueMicrotask(next); }; queueMicrotask(next); }),
};
