/** Fills the pipe that is its stdout, logs so many lines of some 1000 characters, reads the pipe empty (or not), and exits with 3, all in one turn. */
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

import { getLogger } from 'reqlens';

const [way, count] = process.argv.slice(2);
const log = getLogger('publish_sync');
untilFull('/proc/self/fd/1', constants.O_WRONLY, (pipe) => writeSync(pipe, 'x'.repeat(4096)));
for (let n = 0; n < Number(count); n += 1) log.info({ n, text: 'y'.repeat(900) }, 'late');
const buffer = Buffer.alloc(65_536);
if (way === 'read') untilFull('/proc/self/fd/1', constants.O_RDONLY, (pipe) => readSync(pipe, buffer));
process.exit(3);

/** Until there is no room, or nothing to read. */
function untilFull(path, mode, once) {
  const pipe = openSync(path, mode | constants.O_NONBLOCK);
  try {
    for (;;) once(pipe);
  } catch (error) {
    if (error.code !== 'EAGAIN') throw error;
  } finally {
    closeSync(pipe);
  }
}
