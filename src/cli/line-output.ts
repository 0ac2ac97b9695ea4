/** Lines for stdout: no faster than the reader takes them, and quiet when it is gone. */
import { once } from 'node:events';

/** Lines gathered before a write, so that a long log is not a system call for each line. */
const gatheredCharacters = 65_536;

export class LineOutput {
  #gathered = '';

  constructor() {
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      // `reqlens logs | head` is no failure: whoever read has seen enough.
      if (error.code === 'EPIPE') process.exit(0);
      process.stderr.write(`reqlens logs: cannot write to stdout: ${error.message}\n`);
      process.exit(1);
    });
  }

  async print(line: string): Promise<void> {
    this.#gathered += `${line}\n`;
    if (this.#gathered.length >= gatheredCharacters) await this.flush();
  }

  async flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = '';
    if (text !== '' && !process.stdout.write(text)) await once(process.stdout, 'drain');
  }
}
