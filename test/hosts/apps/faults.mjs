/**
 * Loaded before the preload: hears of everything that reqlens patches (`reqlens:patch`), and makes our part in one place throw. Says
 * on descriptor 3 when that part is first called; without a place to fail, which places there were.
 */
import { subscribe } from 'node:diagnostics_channel';
import { writeSync } from 'node:fs';

const faulty = process.env.TEST_FAULT;
const places = new Set();
let isReached = false;

subscribe('reqlens:patch', (offered) => {
  places.add(offered.place);
  if (offered.place !== faulty) return;
  offered.part = () => {
    // Told first: what says so may be what fails.
    const isFirst = !isReached;
    isReached = true;
    if (isFirst) writeSync(3, 'reached');
    throw new Error(`planted in ${faulty}`);
  };
});

if (faulty === undefined) process.on('exit', () => writeSync(3, JSON.stringify([...places])));
