/** The JSON form of otlp-parts.ts. Pure. */
import type { Group, Part } from './otlp-parts.ts';

type Json = Readonly<Record<string, unknown>>;

interface Keys {
  readonly resources: string;
  readonly scopes: string;
  readonly items: string;
}

const keysOfSignals: readonly Keys[] = [
  { resources: 'resourceSpans', scopes: 'scopeSpans', items: 'spans' },
  { resources: 'resourceLogs', scopes: 'scopeLogs', items: 'logRecords' },
  { resources: 'resourceMetrics', scopes: 'scopeMetrics', items: 'metrics' },
];

/** @throws Error when the bytes are no such request. */
export function jsonParts(body: Uint8Array): Part<Json>[] {
  const request: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  const keys = keysOfSignals.find(({ resources }) => isJson(request) && resources in request);
  if (keys === undefined) throw new TypeError('cannot take apart what is no request of OTLP: it must have resources');
  return listOf(request, keys.resources).flatMap((resource) => partsOfResource(resource, keys));
}

/** Of a request of metrics: each has its data points in the one member that says what kind it is. */
export function jsonPointCount(body: Uint8Array): number {
  const members = jsonParts(body).flatMap(({ item }) => Object.values(item));
  return members.reduce<number>((sum, member) => sum + listOf(member, 'dataPoints').length, 0);
}

function partsOfResource(resource: Json, keys: Keys): Part<Json>[] {
  const group: Group<Json> = { fields: without(resource, keys.scopes) };
  return listOf(resource, keys.scopes).flatMap((scope) => {
    const scopeGroup: Group<Json> = { fields: without(scope, keys.items) };
    return listOf(scope, keys.items).map((item) => ({ resource: group, scope: scopeGroup, item }));
  });
}

export function joinedJson(parts: readonly Part<Json>[]): Uint8Array {
  const keys = keysFor(parts);
  const resources = [...Map.groupBy(parts, ({ resource }) => resource)].map(([resource, ofResource]) => ({
    ...resource.fields,
    [keys.scopes]: [...Map.groupBy(ofResource, ({ scope }) => scope)].map(([scope, ofScope]) => ({
      ...scope.fields,
      [keys.items]: ofScope.map(({ item }) => item),
    })),
  }));
  return Buffer.from(JSON.stringify({ [keys.resources]: resources }));
}

/** Each kind of item has something that the others have not. */
function keysFor([first]: readonly Part<Json>[]): Keys {
  const item = first?.item ?? {};
  const [spans, logs, metrics] = keysOfSignals;
  const keys = 'spanId' in item && 'kind' in item ? spans : 'timeUnixNano' in item ? logs : metrics;
  if (keys === undefined) throw new TypeError('cannot put together what is no item of OTLP');
  return keys;
}

function listOf(holder: unknown, key: string): Json[] {
  const list: unknown = isJson(holder) ? holder[key] : undefined;
  return Array.isArray(list) ? list.filter(isJson) : [];
}

function without(holder: Json, key: string): Json {
  return Object.fromEntries(Object.entries(holder).filter(([name]) => name !== key));
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
