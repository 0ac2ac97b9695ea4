/** The sampler that `OTEL_TRACES_SAMPLER` names (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/). */
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  SamplingDecision,
  TraceIdRatioBasedSampler,
} from '@opentelemetry/sdk-trace';
import type { Sampler, SamplingResult } from '@opentelemetry/sdk-trace';

import type { SamplerName } from '../config/config.ts';
import { requestScope } from '../identity/request-scope.ts';

/** @param ratio - 0-1; used by the two ratio samplers. None of these looks at a span's attributes. */
export function samplerFor(name: SamplerName, ratio: number): Sampler {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(ratio);
    case 'parentbased_always_on':
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case 'parentbased_always_off':
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case 'parentbased_traceidratio':
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
    default:
      return name satisfies never;
  }
}

/** What a span must be at least, whatever the configured sampler says of it. */
export type LeastSampling = SamplingDecision.RECORD | SamplingDecision.RECORD_AND_SAMPLED;

/**
 * Another sampler, which can be overruled for one span: a tracked request's is recorded, because whether it is wanted may be known only
 * at its end. As with `RequestIdGenerator`, no other code runs between the order and the span, so one slot is enough.
 */
export class OverruledSampler implements Sampler {
  readonly #inner: Sampler;
  #least: SamplingDecision = SamplingDecision.NOT_RECORD;

  constructor(inner: Sampler) {
    this.#inner = inner;
  }

  /** The next span is at least that. Call right before it is started, and `clear()` right after. */
  overrule(least: LeastSampling): void {
    this.#least = least;
  }

  clear(): void {
    this.#least = SamplingDecision.NOT_RECORD;
  }

  shouldSample(...question: Parameters<Sampler['shouldSample']>): SamplingResult {
    const result = this.#inner.shouldSample(...question);
    if (result.decision === SamplingDecision.RECORD_AND_SAMPLED) return result;
    const [parent] = question;
    const least = requestScope(parent)?.isSampled === true ? SamplingDecision.RECORD_AND_SAMPLED : this.#least;
    return result.decision >= least ? result : { ...result, decision: least };
  }

  toString(): string {
    return this.#inner.toString();
  }
}
