/**
 * A named logger's line as an OpenTelemetry log record. The line is read again only when somebody looks into the record: at the time
 * of the log call nothing but the record itself is made.
 */
import { diag } from '@opentelemetry/api';
import type { Attributes, AnyValue, HrTime, SeverityNumber, SpanContext } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { LogRecordLimits } from '@opentelemetry/sdk-logs';

import { attributesOf, fieldsOf, textOf } from './line-attributes.ts';
import { scannedFields } from './line-scanner.ts';
import type { OwnFields } from './line-scanner.ts';
import type { LogLine } from './line-writer.ts';
import { severityNumberFor } from './severity.ts';
import { sharedFields, spanContextOf } from './shared-fields.ts';
import type { SharedFields } from './shared-fields.ts';

/** What all records of one logger have in common. */
export interface LineOrigin {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly limits: Required<LogRecordLimits>;
}

/** What only the line itself says. */
interface Content {
  severityText: string | undefined;
  body: AnyValue;
  spanContext: SpanContext | undefined;
}

/** A record that nobody has looked into, in the order in which it is sent. */
export interface UnreadRecord {
  readonly severityText: string;
  readonly body: AnyValue;
  /** The same object for many records. */
  readonly shared: SharedFields;
  /** Names and values in turn, none of which is among the shared ones. */
  readonly own: OwnFields;
}

/** Fields of a line that are compared with each other; of more than these JSON.parse finds the doubles faster. */
const maxOwnFields = 16;

/**
 * Behaves as the SDK's records do, by the same limits (sdk-logs 3.1, LogRecordImpl.ts), so that any LogRecordProcessor can work with
 * it. Not declared to implement ReadWriteLogRecord: with exactOptionalPropertyTypes no accessor can be one of its optional properties.
 */
export class LineRecord {
  readonly resource: Resource;
  readonly instrumentationScope: InstrumentationScope;
  hrTime: HrTime;
  hrTimeObserved: HrTime;
  severityNumber?: SeverityNumber;
  eventName?: string;
  readonly #line: LogLine;
  readonly #limits: Required<LogRecordLimits>;
  readonly #attributes: Attributes = {};
  #attributesCount = 0;
  #droppedAttributesCount = 0;
  #content: Content | undefined;
  /** Set before anybody looked. */
  #early: [key: string, value: AnyValue][] | undefined;

  constructor({ resource, scope, limits }: LineOrigin, line: LogLine) {
    const { level, timeMs, sequence } = line;
    this.resource = resource;
    this.instrumentationScope = scope;
    this.#limits = limits;
    this.#line = line;
    this.severityNumber = severityNumberFor(level);
    // Not the SDK's own conversion, which is off by up to 200 ns.
    const seconds = Math.floor(timeMs / 1000);
    // The lines of one millisecond are a nanosecond apart: viewers sort by time, and a batch is sent logger by logger.
    const nanoseconds = (timeMs - seconds * 1000) * 1_000_000 + Math.min(sequence, 999_999);
    this.hrTime = [seconds, nanoseconds];
    this.hrTimeObserved = [seconds, nanoseconds];
  }

  /** Characters: about what it takes, without reading it. */
  get lineLength(): number {
    return this.#line.json.length;
  }

  get severityText(): string | undefined {
    return this.#read().severityText;
  }

  set severityText(text: string | undefined) {
    this.#read().severityText = text;
  }

  get body(): AnyValue {
    return this.#read().body;
  }

  set body(body: AnyValue) {
    this.#read().body = body;
  }

  get spanContext(): SpanContext | undefined {
    return this.#read().spanContext;
  }

  set spanContext(spanContext: SpanContext | undefined) {
    this.#read().spanContext = spanContext;
  }

  get attributes(): Attributes {
    this.#read();
    return this.#attributes;
  }

  get droppedAttributesCount(): number {
    this.#read();
    return this.#droppedAttributesCount;
  }

  setAttribute(key: string, value?: AnyValue): this {
    if (this.#content === undefined) (this.#early ??= []).push([key, value]);
    else this.#put(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value);
    return this;
  }

  setBody(body: AnyValue): this {
    this.body = body;
    return this;
  }

  setEventName(eventName: string): this {
    this.eventName = eventName;
    return this;
  }

  setSeverityNumber(severityNumber: SeverityNumber): this {
    this.severityNumber = severityNumber;
    return this;
  }

  setSeverityText(severityText: string): this {
    this.severityText = severityText;
    return this;
  }

  /** For an encoder. @returns Undefined when the record has been looked into, or has something that takes reading the whole line. */
  unread(): UnreadRecord | undefined {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    if (this.#content !== undefined || attributeValueLengthLimit !== Infinity) return undefined;
    const shared = sharedFields(this.#line);
    const scanned = shared === undefined ? undefined : scannedFields(this.#line.own);
    if (shared === undefined || scanned === undefined) return undefined;
    const { fields: own, message: body = '' } = scanned;
    for (const [key, value] of this.#early ?? []) {
      if (typeof value !== 'string') return undefined;
      own.push(key, value);
    }
    if (shared.attributesCount + own.length / 2 > attributeCountLimit || hasDoubles(shared, own)) return undefined;
    return { severityText: severityTextOf(this.#line.opening), body, shared, own };
  }

  #read(): Content {
    if (this.#content !== undefined) return this.#content;
    const fields = fieldsOf(this.#line.json);
    this.#content = {
      severityText: textOf(fields['level'])?.toUpperCase(),
      body: fields['msg'] ?? '',
      spanContext: spanContextOf(fields),
    };
    attributesOf(fields, (key, value) => this.#put(key, value));
    for (const [key, value] of this.#early ?? []) this.#put(key, value);
    return this.#content;
  }

  #put(key: string, value: AnyValue): void {
    const { attributeCountLimit, attributeValueLengthLimit } = this.#limits;
    const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
    // The SDK's way, but without the set that it makes for every value to find cycles in (0.15 us each).
    if (
      isPlain &&
      key !== '' &&
      attributeValueLengthLimit === Infinity &&
      this.#attributesCount < attributeCountLimit
    ) {
      if (!Object.hasOwn(this.#attributes, key)) this.#attributesCount += 1;
      this.#attributes[key] = value;
      return;
    }
    const [attributes, limits, currentAttributesCount] = [this.#attributes, this.#limits, this.#attributesCount];
    const decision = maybeAddAttribute({ key, value, attributes, limits, currentAttributesCount });
    if (decision === AddAttributeDecision.ADD_NEW) this.#attributesCount += 1;
    if (decision !== AddAttributeDecision.DROP_LIMIT_REACHED) return;
    this.#droppedAttributesCount += 1;
    if (this.#droppedAttributesCount === 1) diag.warn('Dropping extra attributes.');
  }
}

function hasDoubles({ attributes }: SharedFields, own: OwnFields): boolean {
  if (own.length > maxOwnFields * 2) return true;
  for (let at = 0; at < own.length; at += 2) {
    const key = own[at];
    if (Object.hasOwn(attributes, String(key)) || isAmong(own, at, key)) return true;
  }
  return false;
}

function isAmong(own: OwnFields, before: number, key: OwnFields[number] | undefined): boolean {
  for (let at = 0; at < before; at += 2) if (own[at] === key) return true;
  return false;
}

/** A handful: levels by name. */
const severityTexts = new Map<string, string>();

/** @param opening - `{"level":"info"`. */
function severityTextOf(opening: string): string {
  const known = severityTexts.get(opening);
  if (known !== undefined) return known;
  const text = textOf(fieldsOf(`${opening}}`)['level'])?.toUpperCase() ?? '';
  if (severityTexts.size < 100) severityTexts.set(opening, text);
  return text;
}
