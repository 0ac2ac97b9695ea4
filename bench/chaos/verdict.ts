/** What must hold after the run, looked up where it must be: in the files, on the console, in the collector's database. */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import type { Order } from './orders.ts';
import { spansOf } from './orders.ts';

/** How often the line of each order is there, in files and on consoles together. */
export function lineCounts(logFolders: readonly string[], consoles: readonly string[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  const texts = [...logFolders.flatMap(filesIn).map((path) => readFileSync(path, 'utf8')), ...consoles];
  for (const text of texts) {
    for (const [, n] of text.matchAll(/^\{"level":"info",.*"logger":"orders",.*"n":(\d+),.*"msg":"order"\}$/gm)) {
      counts.set(Number(n), (counts.get(Number(n)) ?? 0) + 1);
    }
  }
  return counts;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => lstatSync(path).isFile());
}

export interface Arrived {
  readonly spans: number;
  readonly records: number;
}

/** What the collector has of each trace, by trace id. */
export function arrivedIn(dataDir: string): ReadonlyMap<string, Arrived> {
  const name = readdirSync(dataDir).find((each) => /\.(?:db|sqlite)$/.test(each));
  if (name === undefined) throw new Error(`there is no database in ${dataDir}`);
  const database = new DatabaseSync(join(dataDir, name), { readOnly: true });
  try {
    const spans = tally(
      database,
      'SELECT t.trace_id AS id, COUNT(*) AS n FROM span s JOIN trace t ON t.no = s.trace_no GROUP BY s.trace_no',
    );
    const records = tally(
      database,
      'SELECT t.trace_id AS id, COUNT(*) AS n FROM log l JOIN trace t ON t.no = l.trace_no GROUP BY l.trace_no',
    );
    const ids = new Set([...spans.keys(), ...records.keys()]);
    return new Map([...ids].map((id) => [id, { spans: spans.get(id) ?? 0, records: records.get(id) ?? 0 }]));
  } finally {
    database.close();
  }
}

function tally(database: DatabaseSync, sql: string): ReadonlyMap<string, number> {
  return new Map(
    database
      .prepare(sql)
      .all()
      .map(({ id, n }) => [String(id), Number(n)]),
  );
}

export interface Counted {
  readonly spans: number;
  readonly records: number;
}

/**
 * What one process said that did not arrive, with a reason: the line at its end, or, when it was killed before it could say that, what it
 * said on the way.
 */
export function countedIn(life: string): Counted {
  const atEnd = /^reqlens: telemetry that did not arrive: .*$/m.exec(life)?.[0];
  if (atEnd !== undefined)
    return { spans: sumOf(atEnd, /\b(\d+) spans \(/g), records: sumOf(atEnd, /\b(\d+) log records \(/g) };
  return {
    spans: sumOf(life, /(?:refused|dropped) (\d+) spans|spans refused and dropped: (\d+)/g),
    records: sumOf(life, /(?:refused|dropped) (\d+) log records|log records refused and dropped: (\d+)/g),
  };
}

function sumOf(text: string, numbers: RegExp): number {
  return [...text.matchAll(numbers)].reduce((sum, [, first, second]) => sum + Number(first ?? second), 0);
}

export interface Missing {
  readonly spans: number;
  readonly records: number;
  /** More than there should be. */
  readonly doubled: number;
  /** Of these, of orders that were answered right before their process was killed by SIGKILL. */
  readonly spansOfKilled: number;
  readonly recordsOfKilled: number;
  /** Request ids, for looking them up. */
  readonly examples: readonly string[];
}

/** @param wasKilledAfter - Whether the process of an order was killed within the time that a batch is being built. */
export function missingIn(
  arrived: ReadonlyMap<string, Arrived>,
  orders: readonly Order[],
  wasKilledAfter: (order: Order) => boolean,
): Missing {
  const sum = { spans: 0, records: 0, doubled: 0, spansOfKilled: 0, recordsOfKilled: 0 };
  const examples: string[] = [];
  for (const order of orders) {
    const found = arrived.get(order.requestId.replaceAll('-', '')) ?? { spans: 0, records: 0 };
    const spans = spansOf[order.kind] - found.spans;
    const records = 1 - found.records;
    sum.doubled += Math.max(0, -spans) + Math.max(0, -records);
    const isKilled = wasKilledAfter(order);
    sum[isKilled ? 'spansOfKilled' : 'spans'] += Math.max(0, spans);
    sum[isKilled ? 'recordsOfKilled' : 'records'] += Math.max(0, records);
    if (!isKilled && (spans > 0 || records > 0) && examples.length < 5) examples.push(order.requestId);
  }
  return { ...sum, examples };
}
