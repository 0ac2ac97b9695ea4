/**
 * Appends one numbered line at a time while its file meets trouble. Argument: {settings, lines, everyMs, runsOutOf, asNobody}. Prints each
 * number, then what was not written.
 */
import { closeSync, openSync } from 'node:fs';

import { RollingFile } from '../../../dist/src/files/rolling-file.js';

const { settings, lines, everyMs, runsOutOf, asNobody } = JSON.parse(process.argv[2]);
const troubles = new Set();
const errors = new Set();
const unwritten = [];
const taken = [];
const file = new RollingFile(settings, (_cause, message) => troubles.add(message));
if (asNobody && process.getuid() === 0) {
  process.setgroups([]);
  process.setgid(65534);
  process.setuid(65534);
}

function takeAllDescriptors() {
  for (;;) {
    try {
      taken.push(openSync('/dev/null', 'r'));
    } catch {
      return;
    }
  }
}

let n = 0;
function step() {
  if (runsOutOf === 'descriptors' && n === Math.floor(lines / 4)) {
    file.close();
    takeAllDescriptors();
  }
  if (n === Math.floor(lines / 2)) for (const fd of taken.splice(0)) closeSync(fd);
  const appended = file.append(Buffer.from(`{"id":0,"n":${n},"end":1}\n`));
  if (appended.status === 'failed') {
    errors.add(appended.error.cause.code);
    unwritten.push(
      ...appended.unwritten
        .toString()
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).n),
    );
  }
  n++;
  if (n < lines) {
    setTimeout(step, everyMs);
    process.stdout.write(`${n}\n`);
    return;
  }
  file.close();
  process.stdout.write(`${JSON.stringify({ unwritten, errors: [...errors], troubles: [...troubles] })}\n`);
}
step();
