/** OTLP requests in protobuf. Field numbers are those of https://github.com/open-telemetry/opentelemetry-proto, v1. */
import type {
  Attributes,
  LogRecord,
  Scope,
  SpanEventRecord,
  SpanLinkRecord,
  SpanRecord,
} from '../store/telemetry-store.ts';
import {
  BatchCollector,
  cleanLog,
  cleanSpan,
  type Decoded,
  emptyLog,
  emptySpan,
  logProblem,
  spanProblem,
} from './decoded.ts';
import { readAnyValue, readAttribute, readAttributeList } from './protobuf-attributes.ts';
import { bytesTag, fixed64Tag, varintTag, WireReader } from './wire-reader.ts';

/** ExportTraceServiceRequest. @throws WireError when the bytes are not one. */
export function decodeTraces(body: Buffer): Decoded<SpanRecord> {
  const collector = new BatchCollector<SpanRecord>(spanProblem);
  readResourceGroups(new WireReader(body), readSpan, collector);
  return collector.finish();
}

/** ExportLogsServiceRequest. @throws WireError when the bytes are not one. */
export function decodeLogs(body: Buffer): Decoded<LogRecord> {
  const collector = new BatchCollector<LogRecord>(logProblem);
  readResourceGroups(new WireReader(body), readLog, collector);
  return collector.finish();
}

interface ScopeGroup<Item> {
  readonly scope: Scope;
  readonly items: readonly Item[];
}

/** Traces and logs have the same outer shape: resource groups in 1; in each the resource in 1 and scope groups in 2. */
function readResourceGroups<Item>(
  wire: WireReader,
  readItem: (wire: WireReader) => Item,
  collector: BatchCollector<Item>,
): void {
  const readGroup = (group: WireReader): void => {
    let resource: Attributes = {};
    const scopes: ScopeGroup<Item>[] = [];
    while (group.hasMore()) {
      const tag = group.tag();
      if (tag === bytesTag(1)) resource = group.message(readResource);
      else if (tag === bytesTag(2)) scopes.push(group.message((scopeGroup) => readScopeGroup(scopeGroup, readItem)));
      else group.skip(tag);
    }
    for (const { scope, items } of scopes) collector.add(resource, scope, items);
  };
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) wire.message(readGroup);
    else wire.skip(tag);
  }
}

function readScopeGroup<Item>(wire: WireReader, readItem: (wire: WireReader) => Item): ScopeGroup<Item> {
  let scope: Scope = { name: '', version: '' };
  const items: Item[] = [];
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) scope = wire.message(readScope);
    else if (tag === bytesTag(2)) items.push(wire.message(readItem));
    else wire.skip(tag);
  }
  return { scope, items };
}

const readResource = (wire: WireReader): Attributes => readAttributeList(wire, bytesTag(1));

function readScope(wire: WireReader): Scope {
  let name = '';
  let version = '';
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) name = wire.string();
    else if (tag === bytesTag(2)) version = wire.string();
    else wire.skip(tag);
  }
  return { name, version };
}

const spanTags = {
  traceId: bytesTag(1),
  spanId: bytesTag(2),
  parentSpanId: bytesTag(4),
  name: bytesTag(5),
  kind: varintTag(6),
  start: fixed64Tag(7),
  end: fixed64Tag(8),
  attribute: bytesTag(9),
  event: bytesTag(11),
  link: bytesTag(13),
  status: bytesTag(15),
} as const;

function readSpan(wire: WireReader): SpanRecord {
  const span = emptySpan();
  const attributes = {};
  const events: SpanEventRecord[] = [];
  const links: SpanLinkRecord[] = [];
  while (wire.hasMore()) {
    const tag = wire.tag();
    // The most frequent first: a span has a dozen attributes and one of everything else.
    if (tag === spanTags.attribute) readAttribute(wire, attributes);
    else if (tag === spanTags.traceId) span.traceId = wire.hex();
    else if (tag === spanTags.spanId) span.spanId = wire.hex();
    else if (tag === spanTags.parentSpanId) span.parentSpanId = wire.hex();
    else if (tag === spanTags.name) span.name = wire.string();
    else if (tag === spanTags.kind) span.kind = wire.int32();
    else if (tag === spanTags.start) span.startUnixNano = wire.fixed64();
    else if (tag === spanTags.end) span.endUnixNano = wire.fixed64();
    else if (tag === spanTags.event) events.push(wire.message(readEvent));
    else if (tag === spanTags.link) links.push(wire.message(readLink));
    else if (tag === spanTags.status) [span.status, span.statusMessage] = wire.message(readStatus);
    else wire.skip(tag);
  }
  span.attributes = attributes;
  span.events = events;
  span.links = links;
  return cleanSpan(span);
}

function readEvent(wire: WireReader): SpanEventRecord {
  let timeUnixNano = 0n;
  let name = '';
  const attributes = {};
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === fixed64Tag(1)) timeUnixNano = wire.fixed64();
    else if (tag === bytesTag(2)) name = wire.string();
    else if (tag === bytesTag(3)) readAttribute(wire, attributes);
    else wire.skip(tag);
  }
  return { name, timeUnixNano, attributes };
}

function readLink(wire: WireReader): SpanLinkRecord {
  let traceId = '';
  let spanId = '';
  const attributes = {};
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(1)) traceId = wire.hex();
    else if (tag === bytesTag(2)) spanId = wire.hex();
    else if (tag === bytesTag(4)) readAttribute(wire, attributes);
    else wire.skip(tag);
  }
  return { traceId, spanId, attributes };
}

function readStatus(wire: WireReader): [number, string] {
  let message = '';
  let code = 0;
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === bytesTag(2)) message = wire.string();
    else if (tag === varintTag(3)) code = wire.int32();
    else wire.skip(tag);
  }
  return [code, message];
}

const logTags = {
  time: fixed64Tag(1),
  severityNumber: varintTag(2),
  severityText: bytesTag(3),
  body: bytesTag(5),
  attribute: bytesTag(6),
  traceId: bytesTag(9),
  spanId: bytesTag(10),
  observedTime: fixed64Tag(11),
  eventName: bytesTag(12),
} as const;

function readLog(wire: WireReader): LogRecord {
  const log = emptyLog();
  const attributes: Record<string, Attributes[string]> = {};
  while (wire.hasMore()) {
    const tag = wire.tag();
    if (tag === logTags.attribute) readAttribute(wire, attributes);
    else if (tag === logTags.time) log.timeUnixNano = wire.fixed64();
    else if (tag === logTags.observedTime) log.observedTimeUnixNano = wire.fixed64();
    else if (tag === logTags.severityNumber) log.severityNumber = wire.int32();
    else if (tag === logTags.severityText) log.severityText = wire.string();
    else if (tag === logTags.body) log.body = readBody(wire);
    else if (tag === logTags.traceId) log.traceId = wire.hex();
    else if (tag === logTags.spanId) log.spanId = wire.hex();
    else if (tag === logTags.eventName) attributes['event.name'] ??= wire.string();
    else wire.skip(tag);
  }
  log.attributes = attributes;
  return cleanLog(log);
}

function readBody(wire: WireReader): string {
  const body = wire.message(readAnyValue);
  return typeof body === 'string' ? body : JSON.stringify(body);
}
