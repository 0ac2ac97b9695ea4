/** Makes the SDK's own spans for attributes that we made ourselves, without the checks meant for attributes of strangers. */
import { ROOT_CONTEXT, SpanKind, trace, TraceFlags } from '@opentelemetry/api';
import type { Attributes, Context, Link, Span, SpanContext } from '@opentelemetry/api';
import type { InstrumentationScope } from '@opentelemetry/core';
import { AlwaysOnSampler, TracerProvider } from '@opentelemetry/sdk-trace';
import type { TracerProviderOptions } from '@opentelemetry/sdk-trace';

export interface NewSpan {
  readonly name: string;
  readonly kind: SpanKind;
  readonly spanContext: SpanContext;
  /** Clean already: strings, finite numbers, arrays of strings; no undefined. The span takes the object over. */
  readonly attributes: Attributes;
  readonly links: readonly Link[];
  /** Where the parent is, if there is one. */
  readonly parent: Context;
}

/** What the SDK's span is constructed from (sdk-trace 3.1, Span.ts). */
type SpanConstructor = new (options: Readonly<Record<string, unknown>>) => Span;

/** The class of the SDK's spans, and what all spans of one tracer have in common. */
interface SpanMould {
  readonly SpanClass: SpanConstructor;
  readonly shared: Readonly<Record<string, unknown>>;
}

/** Our server spans have at most 18 attributes of ours, beside those of the caller; with tighter limits the SDK's own checks have work to do. */
const roomForAttributes = 32;

/**
 * `tracer.startSpan` cleans the attributes twice and asks the sampler, which has been asked already. The class behind it does
 * neither, but it is not exported; so it is taken from a span, and used only if a trial shows that it behaves as known.
 *
 * @param options - Of the TracerProvider in use: the same resource, processors and limits.
 * @returns Undefined when spans can't or must not be made this way; then `tracer.startSpan` makes them.
 */
export function spanMaker(
  options: TracerProviderOptions,
  scope: InstrumentationScope,
): ((span: NewSpan) => Span) | undefined {
  const { attributeCountLimit = Infinity, attributeValueLengthLimit = Infinity } = options.spanLimits ?? {};
  if (attributeCountLimit < roomForAttributes || attributeValueLengthLimit !== Infinity) return undefined;
  const mould = mouldFrom(options, scope);
  if (mould === undefined) return undefined;
  const { SpanClass, shared } = mould;
  return ({ name, kind, spanContext, attributes, links, parent }) => {
    const parentSpanContext = parent === ROOT_CONTEXT ? undefined : trace.getSpanContext(parent);
    return new SpanClass({ ...shared, context: parent, spanContext, name, kind, links, parentSpanContext, attributes });
  };
}

/** The span that is taken apart is never ended, so nobody gets to see it. */
function mouldFrom(options: TracerProviderOptions, scope: InstrumentationScope): SpanMould | undefined {
  const tracer = new TracerProvider({ ...options, sampler: new AlwaysOnSampler() }).getTracer(
    scope.name,
    scope.version,
  );
  const sample = tracer.startSpan('sample', { root: true });
  const shared = {
    resource: field(sample, 'resource'),
    scope: field(sample, 'instrumentationScope'),
    spanProcessor: field(sample, '_spanProcessor'),
    spanLimits: field(sample, '_spanLimits'),
  };
  if (Object.values(shared).includes(undefined)) return undefined;
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- tried out on the next line
  const mould: SpanMould = { SpanClass: quietAfterEnd(sample.constructor as SpanConstructor), shared };
  return isAsKnown(mould) ? mould : undefined;
}

/**
 * Frameworks name the route when the response is over (Next.js does, on every request): too late for a span that is on its way, and
 * nothing that its operator could mend. The SDK makes an error with a stack of each such call, and says it.
 */
function quietAfterEnd(SpanClass: SpanConstructor): SpanConstructor {
  return class ServerSpan extends SpanClass {
    // oxlint-disable-next-line no-underscore-dangle -- the SDK's name
    _isSpanEnded(): boolean {
      return !this.isRecording();
    }
  };
}

function isAsKnown({ SpanClass, shared }: SpanMould): boolean {
  const spanContext = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: TraceFlags.SAMPLED };
  const attributes = { trial: true };
  try {
    const span = new SpanClass({
      ...shared,
      context: ROOT_CONTEXT,
      spanContext,
      name: 'trial',
      kind: SpanKind.SERVER,
      links: [],
      attributes,
    });
    span.setAttribute('more', 1);
    return (
      span.spanContext() === spanContext &&
      span.isRecording() &&
      field(span, 'attributes') === attributes &&
      Object.keys(attributes).join() === 'trial,more' &&
      field(span, 'name') === 'trial' &&
      field(span, 'kind') === SpanKind.SERVER
    );
  } catch {
    // Another version of the SDK: its own way of making spans will do.
    return false;
  }
}

function field(object: object, name: string): unknown {
  return Reflect.get(object, name);
}
