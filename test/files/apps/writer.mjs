/** Appends numbered lines as fast as it can. Argument: {settings, id, lines, perTurn, pad, acknowledges}; starts at the first byte on stdin. */
import { writeSync } from 'node:fs';

import { RollingFile } from '../../../dist/src/files/rolling-file.js';

const { settings, id, lines, perTurn, pad, acknowledges } = JSON.parse(process.argv[2]);
const troubles = [];
const file = new RollingFile(settings, (_cause, message) => troubles.push(message));
let next = 0;

/** Lengths from 50 to 50 + 2 * pad bytes, different from writer to writer. */
function line(n) {
  return `{"id":${id},"n":${n},"pad":"${'x'.repeat(((n + id) * 7919) % (2 * pad))}","end":1}\n`;
}

function appendSome(count) {
  let text = '';
  for (const end = Math.min(lines, next + count); next < end; next++) text += line(next);
  const appended = file.append(Buffer.from(text));
  if (appended.status !== 'written') throw appended.error;
  if (acknowledges) writeSync(1, `${next}\n`);
}

function turn() {
  appendSome(1 + ((next * 31) % perTurn));
  if (next < lines) {
    setImmediate(turn);
    return;
  }
  file.close();
  process.stdout.write(JSON.stringify({ troubles }));
}

appendSome(1);
if (!acknowledges) process.stdout.write('ready\n');
process.stdin.once('data', () => {
  process.stdin.destroy();
  turn();
});
