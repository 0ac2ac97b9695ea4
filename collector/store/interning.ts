/** Keeps every resource and scope once; spans and log records carry their number. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { integer, storable } from './row.ts';
import type { Attributes, Scope } from './telemetry-store.ts';

/** What is used is marked again after this long, so that retention can tell what nothing refers to any more. */
export const useMarkMs = 3_600_000;
/** Known numbers held in memory; a sender that makes up resources only costs look-ups in the database. */
const maxKnown = 2000;

interface Known {
  readonly id: number;
  usedMs: number;
}

/** A resource as the rows that refer to it need it. */
export interface InternedResource {
  readonly id: number;
  /** `service.name`; `unknown_service` when the sender gave none. */
  readonly service: string;
}

export class Interning {
  readonly #insertResource: StatementSync;
  readonly #insertScope: StatementSync;
  readonly #known = new Map<string, Known>();

  constructor(database: DatabaseSync) {
    this.#insertResource = database.prepare(
      `INSERT INTO resource (service, attributes, used_ms) VALUES (?, ?, ?)
       ON CONFLICT (attributes) DO UPDATE SET used_ms = excluded.used_ms RETURNING id`,
    );
    this.#insertScope = database.prepare(
      `INSERT INTO scope (name, version, used_ms) VALUES (?, ?, ?)
       ON CONFLICT (name, version) DO UPDATE SET used_ms = excluded.used_ms RETURNING id`,
    );
  }

  resource(attributes: Attributes, nowMs: number): InternedResource {
    const name = attributes['service.name'];
    const service = typeof name === 'string' && name !== '' ? storable(name) : 'unknown_service';
    const json = JSON.stringify(attributes);
    return { id: this.#intern(`r${json}`, nowMs, () => this.#insertResource.get(service, json, nowMs)), service };
  }

  scope({ name, version }: Scope, nowMs: number): number {
    return this.#intern(`s${JSON.stringify([name, version])}`, nowMs, () =>
      this.#insertScope.get(storable(name), storable(version), nowMs),
    );
  }

  /** After a rollback, or when retention has removed some, the numbers held in memory may be wrong. */
  forget(): void {
    this.#known.clear();
  }

  #intern(key: string, nowMs: number, insert: () => ReturnType<StatementSync['get']>): number {
    const known = this.#known.get(key);
    if (known !== undefined && nowMs - known.usedMs < useMarkMs) return known.id;
    const row = insert();
    if (row === undefined) throw new TypeError('an insert that returns its id returned nothing');
    if (this.#known.size >= maxKnown) this.#known.clear();
    const id = integer(row, 'id');
    this.#known.set(key, { id, usedMs: nowMs });
    return id;
  }
}
