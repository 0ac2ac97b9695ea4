/**
 * Appends log lines by the package `pino-roll` of the application, for those who want exactly it. Its limits are in docs/log-files.md.
 * As soon as it fails, our own driver goes on: pino-roll's stream keeps what it could not write, and would wait for ever at an exit.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';

import type { LogFileSettings } from '../config/config.ts';
import { pinoRollOptions, unknownToPinoRoll } from './pino-roll-options.ts';
import type { PinoRollOptions } from './pino-roll-options.ts';
import { RollingFile } from './rolling-file.ts';
import type { Appended, ReportTrouble } from './rolling-file.ts';

/** Lines that come before pino-roll has looked at its directory. Beyond that they are given back. Bytes. */
const maxWaitingBytes = 4 * 1024 * 1024;

/** The part of a SonicBoom that we use. In its synchronous mode an error is emitted before `write` returns. */
interface RollStream {
  readonly write: (lines: Buffer) => unknown;
  readonly on: (event: 'error', listener: (error: Error) => void) => unknown;
  readonly destroy: () => void;
}

type PinoRoll = (options: PinoRollOptions) => Promise<RollStream>;

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'opening' }
  | { readonly kind: 'open'; readonly stream: RollStream }
  /** Ours, from now on. */
  | { readonly kind: 'failed' };

/** The same as RollingFile, by pino-roll: `written` means that pino-roll has taken the lines. */
export class PinoRollFile {
  readonly #settings: LogFileSettings;
  readonly #report: ReportTrouble;
  readonly #own: RollingFile;
  #state: State = { kind: 'closed' };
  #waiting: Buffer[] = [];
  #waitingBytes = 0;

  constructor(settings: LogFileSettings, report: ReportTrouble) {
    this.#settings = settings;
    this.#report = report;
    this.#own = new RollingFile(settings, report);
    const unknown = unknownToPinoRoll(settings);
    if (unknown.length === 0) return;
    report(`pino-roll ${settings.path}`, `pino-roll has nothing for ${unknown.join(', ')} (${settings.path})`);
  }

  /** @param lines - Whole lines, each with its line break. Synchronous; never throws. */
  append(lines: Buffer): Appended {
    if (this.#state.kind === 'closed') this.#open();
    switch (this.#state.kind) {
      case 'open':
        return this.#write(this.#state.stream, lines);
      case 'opening':
      case 'closed':
        return this.#keep(lines);
      case 'failed':
        return this.#own.append(lines);
      default:
        return this.#state satisfies never;
    }
  }

  /** Synchronous. What pino-roll was not ready to take is written by our own driver. A later `append` opens the file again. */
  close(): void {
    if (this.#state.kind === 'open') this.#state.stream.destroy();
    const waiting = this.#takeWaiting();
    if (waiting !== undefined) this.#sayLost(this.#own.append(waiting));
    this.#own.close();
    if (this.#state.kind !== 'failed') this.#state = { kind: 'closed' };
  }

  #open(): void {
    const opening: State = { kind: 'opening' };
    this.#state = opening;
    this.#start().then(
      (stream) => this.#become(stream, opening),
      (error: unknown) => this.#fail(error),
    );
  }

  async #start(): Promise<RollStream> {
    // The application's, as its own `require` would find it: ours may be another version, or none.
    const load = createRequire(join(process.cwd(), 'noop.js'));
    const build: unknown = load('pino-roll');
    if (typeof build !== 'function') throw new Error('the package pino-roll must export a function');
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what pino-roll 4 documents; it has no types
    const stream = await (build as PinoRoll)(pinoRollOptions(this.#settings));
    stream.on('error', (error) => this.#fail(error));
    return stream;
  }

  #become(stream: RollStream, opening: State): void {
    // Closed while it was opening; perhaps opened again since.
    if (this.#state !== opening) {
      stream.destroy();
      return;
    }
    this.#state = { kind: 'open', stream };
    const waiting = this.#takeWaiting();
    if (waiting !== undefined) this.#sayLost(this.#write(stream, waiting));
  }

  #write(stream: RollStream, lines: Buffer): Appended {
    try {
      stream.write(lines);
    } catch (error) {
      this.#fail(error);
    }
    // Some of these lines may be in pino-roll's file already; it does not say which.
    return this.#hasFailed() ? this.#own.append(lines) : { status: 'written' };
  }

  #hasFailed(): boolean {
    return this.#state.kind === 'failed';
  }

  #keep(lines: Buffer): Appended {
    if (this.#waitingBytes + lines.length > maxWaitingBytes) {
      return { status: 'failed', unwritten: lines, error: new Error('pino-roll is not ready to take lines yet') };
    }
    this.#waiting.push(Buffer.from(lines));
    this.#waitingBytes += lines.length;
    return { status: 'written' };
  }

  #takeWaiting(): Buffer | undefined {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return waiting.length === 0 ? undefined : Buffer.concat(waiting);
  }

  #fail(error: unknown): void {
    if (this.#state.kind === 'failed') return;
    const { path } = this.#settings;
    const stream = this.#state.kind === 'open' ? this.#state.stream : undefined;
    this.#state = { kind: 'failed' };
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    this.#report(
      `pino-roll fails ${path}`,
      `cannot use pino-roll for ${path}: ${reason}; reqlens rolls the file itself`,
    );
    stream?.destroy();
    const waiting = this.#takeWaiting();
    if (waiting !== undefined) this.#sayLost(this.#own.append(waiting));
  }

  /** Lines that were taken, and that nobody is left to be given back to. */
  #sayLost(appended: Appended): void {
    if (appended.status === 'written') return;
    const { path } = this.#settings;
    const lost = `${appended.unwritten.length} bytes of lines that waited for pino-roll are lost`;
    this.#report(`pino-roll lost ${path}`, `${appended.error.message}; ${lost}`);
  }
}
