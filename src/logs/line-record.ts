/**
 * A named logger's line as an OpenTelemetry log record. The line is read again only when somebody looks into the record: at the time
 * of the log call nothing but the record itself is made.
 */
import { diag, isSpanContextValid } from '@opentelemetry/api';
import type { Attributes, AnyValue, HrTime, SeverityNumber, SpanContext } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { AddAttributeDecision, maybeAddAttribute } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import type { LogRecordLimits } from '@opentelemetry/sdk-logs';

import { attributesOf, fieldsOf, textOf } from './line-attributes.ts';
import type { LogLine } from './line-writer.ts';
import { severityNumberFor } from './severity.ts';

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
  readonly #json: string;
  readonly #limits: Required<LogRecordLimits>;
  readonly #attributes: Attributes = {};
  #attributesCount = 0;
  #droppedAttributesCount = 0;
  #content: Content | undefined;
  /** Set before anybody looked. */
  #early: [key: string, value: AnyValue][] | undefined;

  constructor({ resource, scope, limits }: LineOrigin, { json, level, timeMs }: LogLine) {
    this.resource = resource;
    this.instrumentationScope = scope;
    this.#limits = limits;
    this.#json = json;
    this.severityNumber = severityNumberFor(level);
    // Not the SDK's own conversion, which is off by up to 200 ns.
    const seconds = Math.floor(timeMs / 1000);
    const nanoseconds = (timeMs - seconds * 1000) * 1_000_000;
    this.hrTime = [seconds, nanoseconds];
    this.hrTimeObserved = [seconds, nanoseconds];
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

  #read(): Content {
    if (this.#content !== undefined) return this.#content;
    const fields = fieldsOf(this.#json);
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
    if (this.#droppedAttributesCount === 1) diag.warn('logs: a log record has more attributes than it may have');
  }
}

/** The ids that our writer has put into the line; nothing of the application's can have their names. */
function spanContextOf({
  trace_id,
  span_id,
  trace_flags,
}: Readonly<Record<string, AnyValue>>): SpanContext | undefined {
  const [traceId, spanId, flags] = [textOf(trace_id), textOf(span_id), textOf(trace_flags)];
  if (traceId === undefined || spanId === undefined) return undefined;
  const spanContext = { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) };
  return isSpanContextValid(spanContext) ? spanContext : undefined;
}
