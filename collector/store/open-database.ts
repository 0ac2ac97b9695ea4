/** Opens the database file: takes it for this process alone, makes its tables or those it lacks, and moves an unusable file aside. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrations, schema, schemaVersion } from './schema.ts';
import { sqliteCode, sqliteCodes } from './sqlite-errors.ts';

/** Another process has the file open. */
export class DatabaseInUseError extends Error {
  override readonly name = 'DatabaseInUseError';
}

export interface OpenedDatabase {
  readonly database: DatabaseSync;
  /** Where a file that could not be used was moved; absent when none was. */
  readonly movedAside?: { readonly path: string; readonly reason: string };
}

/**
 * @param path - A file, made when it is not there; undefined keeps everything in memory.
 * @throws DatabaseInUseError when another process has it open; the system's error when its directory cannot be made.
 */
export function openDatabase(path: string | undefined): OpenedDatabase {
  if (path === undefined) return { database: prepared(':memory:') };
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const reason = existsSync(path) ? reasonNotToUse(path) : undefined;
  if (reason === undefined) return { database: prepared(path) };
  return { movedAside: { path: moveAside(path), reason }, database: prepared(path) };
}

function prepared(path: string): DatabaseSync {
  const database = new DatabaseSync(path);
  try {
    configure(database);
    if (versionOf(database) === 0) createTables(database);
    migrate(database);
    return database;
  } catch (error) {
    database.close();
    throw inUse(path, error);
  }
}

/** @returns undefined when the file is ours and of this version or of one that is migrated, or empty. */
function reasonNotToUse(path: string): string | undefined {
  const database = new DatabaseSync(path);
  try {
    configure(database);
    const version = versionOf(database);
    if (version === schemaVersion || migrations.has(version)) return undefined;
    if (version === 0 && isEmpty(database)) return undefined;
    return `it has version ${version}, this reqlens writes version ${schemaVersion}`;
  } catch (error) {
    const code = sqliteCode(error);
    if (code !== sqliteCodes.notADatabase && code !== sqliteCodes.corrupt) throw inUse(path, error);
    return error instanceof Error ? error.message : String(error);
  } finally {
    database.close();
  }
}

function configure(database: DatabaseSync): void {
  // Exclusive: a second collector on the same directory fails at once instead of sharing the file and its counts; no shared-memory file either.
  database.exec(`
    PRAGMA busy_timeout = 300;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA auto_vacuum = INCREMENTAL;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA wal_autocheckpoint = 4000;
    PRAGMA journal_size_limit = 67108864;
    PRAGMA cache_size = -65536;
    PRAGMA temp_store = MEMORY;
  `);
  // The lock is taken at the first transaction that writes, not by the pragmas.
  database.exec('BEGIN IMMEDIATE; COMMIT');
}

const versionOf = (database: DatabaseSync): number =>
  Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);

const isEmpty = (database: DatabaseSync): boolean =>
  database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;

function createTables(database: DatabaseSync): void {
  // One transaction: a process killed in the middle leaves an empty file, which the next start fills.
  database.exec(`BEGIN; ${schema} PRAGMA user_version = ${schemaVersion}; COMMIT`);
}

/** Version by version, each in one transaction: a process killed in between leaves a file of one version or the other. */
function migrate(database: DatabaseSync): void {
  for (let version = versionOf(database); version !== schemaVersion; version += 1) {
    database.exec(`BEGIN; ${migrations.get(version) ?? ''} PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

/** The journal goes with its file: left behind, it would be replayed into the new one. */
function moveAside(path: string): string {
  const aside = `${path}.unusable-${new Date().toISOString().replaceAll(/[:.]/g, '')}`;
  for (const suffix of ['-wal', '-shm', '']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  return aside;
}

function inUse(path: string, error: unknown): unknown {
  const code = sqliteCode(error);
  if (code !== sqliteCodes.busy && code !== sqliteCodes.locked) return error;
  return new DatabaseInUseError(`cannot use ${path}: another process has it open`, { cause: error });
}
