/** Times, durations and counts as people read them. Pure: no DOM, no clock. */

const count = new Intl.NumberFormat('en-US');
const units: readonly { readonly name: string; readonly ns: number }[] = [
  { name: 's', ns: 1e9 },
  { name: 'ms', ns: 1e6 },
  { name: 'µs', ns: 1e3 },
];

/** Three significant digits up to a minute, e.g. `850 ns`, `12.3 µs`, `4.56 ms`, `1.23 s`, `2 min 05 s`, `1 h 02 min`. */
export function formatDuration(ns: number): string {
  if (ns < 0) return `-${formatDuration(-ns)}`;
  if (ns >= 3600e9) return `${Math.floor(ns / 3600e9)} h ${twoDigits(Math.floor((ns % 3600e9) / 60e9))} min`;
  if (ns >= 60e9) return `${Math.floor(ns / 60e9)} min ${twoDigits(Math.floor((ns % 60e9) / 1e9))} s`;
  const unit = units.find((candidate) => ns >= candidate.ns * 0.9995);
  return unit === undefined ? `${Math.round(ns)} ns` : `${threeDigits(ns / unit.ns)} ${unit.name}`;
}

/** Local time of day to the millisecond: `20:54:08.123`. */
export function formatClock(unixNano: string): string {
  const date = dateOf(unixNano);
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
  return `${time}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** Local date and time to the millisecond: `2026-11-23 20:54:08.123`. */
export function formatDateTime(unixNano: string): string {
  const date = dateOf(unixNano);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day} ${formatClock(unixNano)}`;
}

/** How long before `nowMs` (Unix milliseconds): `now`, `12 s ago`, `5 min ago`, `3 h ago`, `2 d ago`. A time ahead of the clock is `now`. */
export function formatAgo(unixNano: string, nowMs: number): string {
  const seconds = Math.floor((nowMs - dateOf(unixNano).getTime()) / 1000);
  if (seconds < 2) return 'now';
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86_400)} d ago`;
}

/** With thousands separators: `12,345`. */
export function formatCount(value: number): string {
  return count.format(value);
}

/** A count with its noun: `1 span`, `12,345 spans`. */
export function counted(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Powers of 1024: `512 B`, `3.41 MB`. */
export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const power = Math.min(Math.floor(Math.log2(bytes) / 10), 4);
  return `${threeDigits(bytes / 1024 ** power)} ${['kB', 'MB', 'GB', 'TB'][power - 1]}`;
}

/** Nanoseconds from `origin` to `time`, both Unix nanoseconds in decimal; exact up to 104 days. */
export function nsBetween(origin: string, time: string): number {
  return Number(nanos(time) - nanos(origin));
}

/** Unix nanoseconds; what is not a decimal number counts as 0, because one odd span must not hide its trace. */
export function nanos(unixNano: string): bigint {
  return /^\d{1,20}$/.test(unixNano) ? BigInt(unixNano) : 0n;
}

function dateOf(unixNano: string): Date {
  return new Date(Number(nanos(unixNano) / 1_000_000n));
}

function threeDigits(value: number): string {
  if (value >= 99.95) return value.toFixed(0);
  return value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
