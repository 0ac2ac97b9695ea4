/** Round marks for the time ruler. Pure: no DOM. */

/** More marks than this would touch each other at 800 pixels. */
const mostMarks = 6;

const units = [
  { name: 's', size: 1e9 },
  { name: 'ms', size: 1e6 },
  { name: 'µs', size: 1e3 },
] as const;

/** @returns The distance between marks: 1, 2 or 5 times a power of ten; nanoseconds, at least 1. */
export function tickStepNs(durationNs: number): number {
  const raw = Math.max(durationNs / mostMarks, 1);
  const power = 10 ** Math.floor(Math.log10(raw) + 1e-9);
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw * (1 - 1e-9)) ?? 10;
  return Math.round(factor * power);
}

/** @returns Times of all marks from 0 to the end; nanoseconds. */
export function ticksNs(durationNs: number): number[] {
  const step = tickStepNs(durationNs);
  return Array.from({ length: Math.floor(durationNs / step) + 1 }, (_, index) => index * step);
}

/** A mark's time in one unit and without needless digits: `0`, `20 ms`, `1.5 s`. */
export function tickLabel(ns: number): string {
  if (ns === 0) return '0';
  const unit = units.find(({ size }) => ns >= size);
  return unit === undefined ? `${ns} ns` : `${Number((ns / unit.size).toPrecision(6))} ${unit.name}`;
}
