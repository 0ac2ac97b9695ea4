/** Cuts the connection to a server that sends more than anybody has asked it for. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';

/** What may come between two answers that came to their ends; the longest of ours has 64 KiB. */
const mostBytes = 1024 * 1024;

export class AnswerBound {
  /** Of the connection that is there now. */
  #bytes = 0;

  /** An answer was as it should be. */
  answered(): void {
    this.#bytes = 0;
  }

  /**
   * Watches the connection that is made before `connect` returns, if Node tells of it: over TLS it does not, and the time for an answer is
   * the only bound.
   */
  watch<Result>(connect: () => Result): Result {
    const onSocket = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !('socket' in message)) return;
      if (message.socket instanceof Socket) this.#count(message.socket);
    };
    subscribe('net.client.socket', onSocket);
    try {
      return connect();
    } finally {
      unsubscribe('net.client.socket', onSocket);
    }
  }

  #count(socket: Socket): void {
    // What the one before it sent too much is over with it.
    this.#bytes = 0;
    socket.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.byteLength;
      if (this.#bytes > mostBytes) socket.destroy(new Error(`an answer of more than ${mostBytes} bytes`));
    });
  }
}
