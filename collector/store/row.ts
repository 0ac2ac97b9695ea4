/** Reads columns of SQLite rows with the type that the schema gives them. */
import type { SQLOutputValue } from 'node:sqlite';

/** One row as `node:sqlite` gives it. */
export type Row = Record<string, SQLOutputValue>;

/** Node 22's `node:sqlite` ends text at a NUL when it reads it: what would be lost is kept behind a visible U+2400 instead. */
export const storable = (given: string): string => (given.includes('\0') ? given.replaceAll('\0', '\u2400') : given);

/** @throws TypeError when the column is not text: a query and its reader have come apart. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw new TypeError(`column ${column} must be text, it is ${typeof value}`);
  return value;
}

/** @returns undefined for NULL and for empty text. */
export function optionalText(row: Row, column: string): string | undefined {
  const value = row[column];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** @throws TypeError when the column is not a number. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw new TypeError(`column ${column} must be a number, it is ${typeof value}`);
  return value;
}

/** @returns undefined for NULL. Of a column of type REAL any number. */
export function optionalInteger(row: Row, column: string): number | undefined {
  const value = row[column];
  return typeof value === 'number' ? value : undefined;
}
