/** What the collector has, looked up in its database. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Ids of one trace. */
export interface Stored {
  readonly spans: ReadonlySet<string>;
  readonly records: ReadonlySet<string>;
}

const spansSql = 'SELECT t.trace_id AS trace, s.span_id AS id FROM span s JOIN trace t ON t.no = s.trace_no';
const recordsSql = `SELECT t.trace_id AS trace, COALESCE(l.uid, 'row ' || l.id) AS id FROM log l JOIN trace t ON t.no = l.trace_no`;

/** By trace id. */
export function storedIn(dataDir: string): ReadonlyMap<string, Stored> {
  const name = readdirSync(dataDir).find((each) => /\.(?:db|sqlite)$/.test(each));
  if (name === undefined) throw new Error(`there is no database in ${dataDir}`);
  const database = new DatabaseSync(join(dataDir, name), { readOnly: true });
  const stored = new Map<string, { readonly spans: Set<string>; readonly records: Set<string> }>();
  const of = (trace: string): { readonly spans: Set<string>; readonly records: Set<string> } => {
    const known = stored.get(trace) ?? { spans: new Set(), records: new Set() };
    stored.set(trace, known);
    return known;
  };
  try {
    for (const { trace, id } of database.prepare(spansSql).iterate()) of(String(trace)).spans.add(String(id));
    for (const { trace, id } of database.prepare(recordsSql).iterate()) of(String(trace)).records.add(String(id));
    return stored;
  } finally {
    database.close();
  }
}
