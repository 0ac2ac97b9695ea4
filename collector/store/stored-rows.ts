/** Turns rows of spans and log records into what readers of the store get. */
import { integer, optionalText, type Row, text } from './row.ts';
import type { Attributes, StoredLog, StoredSpan } from './telemetry-store.ts';

/** Columns that `storedSpan` reads; `s` is span, `c` scope, `res` resource. */
export const spanColumns = `s.span_id, s.parent_span_id, s.name, s.kind, CAST(s.start_ns AS TEXT) AS start_text, s.duration_ns,
  s.status, s.attributes, s.extra, s.resource_id, res.service, res.attributes AS resource, c.name AS scope_name, c.version AS scope_version`;

/** Columns that `storedLog` reads; `l` is log, `c` scope, `res` resource, `t` trace (may be NULL). */
export const logColumns = `l.id, CAST(l.time_ns AS TEXT) AS time_text, l.severity_number, l.severity_text, l.body, l.span_id,
  l.attributes, c.name AS scope_name, res.service, t.trace_id`;

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const statuses = ['unset', 'ok', 'error'] as const;

/** What few spans have: the `extra` column. */
interface Extra {
  readonly statusMessage: string;
  readonly events: StoredSpan['events'];
  readonly links: StoredSpan['links'];
}

const noExtra: Extra = { statusMessage: '', events: [], links: [] };

/** @param resources - Resources parsed so far, by their number: the spans of a trace share a few. */
export function storedSpan(row: Row, resources: Map<number, Attributes>): StoredSpan {
  const extraJson = optionalText(row, 'extra');
  const { statusMessage, events, links } = extraJson === undefined ? noExtra : parseExtra(extraJson);
  const parentSpanId = optionalText(row, 'parent_span_id');
  const version = optionalText(row, 'scope_version');
  return {
    spanId: text(row, 'span_id'),
    ...(parentSpanId !== undefined && { parentSpanId }),
    name: text(row, 'name'),
    kind: kinds[integer(row, 'kind')] ?? 'unspecified',
    service: text(row, 'service'),
    startUnixNano: text(row, 'start_text'),
    durationNs: integer(row, 'duration_ns'),
    status: statuses[integer(row, 'status')] ?? 'unset',
    ...(statusMessage !== '' && { statusMessage }),
    attributes: parseAttributes(text(row, 'attributes')),
    resource: sharedResource(row, resources),
    scope: { name: text(row, 'scope_name'), ...(version !== undefined && { version }) },
    events,
    links,
  };
}

export function storedLog(row: Row): StoredLog {
  const traceId = optionalText(row, 'trace_id');
  const spanId = optionalText(row, 'span_id');
  return {
    id: integer(row, 'id'),
    timeUnixNano: text(row, 'time_text'),
    severityNumber: integer(row, 'severity_number'),
    severityText: text(row, 'severity_text'),
    body: text(row, 'body'),
    logger: text(row, 'scope_name'),
    service: text(row, 'service'),
    ...(traceId !== undefined && { traceId }),
    ...(spanId !== undefined && { spanId }),
    attributes: parseAttributes(text(row, 'attributes')),
  };
}

function sharedResource(row: Row, resources: Map<number, Attributes>): Attributes {
  const id = integer(row, 'resource_id');
  const resource = resources.get(id) ?? parseAttributes(text(row, 'resource'));
  resources.set(id, resource);
  return resource;
}

/** What span-writer.ts and log-writer.ts have written with JSON.stringify. */
export function parseAttributes(json: string): Attributes {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own writing, in a file that is ours alone
  return JSON.parse(json) as Attributes;
}

/** As `parseAttributes`, for the `extra` column of a span. */
export function parseExtra(json: string): Extra {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own writing, in a file that is ours alone
  return JSON.parse(json) as Extra;
}
