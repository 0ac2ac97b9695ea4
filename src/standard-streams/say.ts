/** Says something on stderr, past `process.stderr`: what we have to say must neither end the process, nor hold it, nor show. */
import { DescriptorWriter } from './descriptor-writer.ts';

/** Bytes that wait while stderr is not read: some hundred sentences. */
const maxWaitingBytes = 65_536;

const writer = new DescriptorWriter(2, {
  // What is lost here is a report itself.
  report: () => undefined,
  maxWaitingBytes,
  isBrief: true,
});

/** @param line - Without its line break. Written at once, or when stderr has room, or not at all. Never throws. */
export function say(line: string): void {
  writer.write(`${line}\n`);
}

/** The last attempt at what waits; the process ends. */
export function sayLast(): void {
  writer.drain(0);
}
