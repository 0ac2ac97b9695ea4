/** The one table of everything the environment can set; parser, complaints and the documents' tables are made from it. */
import { otelVariables } from './variables-otel.ts';
import { reqlensVariables } from './variables-reqlens.ts';

/** One environment variable, as the documents describe it. */
export type Variable = VariableText & VariableDefault;

export interface VariableText {
  readonly name: string;
  /** Heading under which docs/configuration.md lists it. */
  readonly section: Section;
  /** What it does, one or two sentences of Markdown without a line break. */
  readonly meaning: string;
  /** Form and unit of the value, e.g. `milliseconds`, `list of tracecontext, baggage`. */
  readonly type: string;
  /** The value is never shown: not in complaints, not in the start-up line. */
  readonly isSecret?: boolean;
}

/** What holds when the variable is unset or blank. */
export type VariableDefault =
  /** Setting the variable to exactly this text changes nothing. */
  | { readonly default: string }
  /** The same in words, where no text stands for it. */
  | { readonly whenUnset: string };

export type Section =
  | 'General'
  | 'Exporters'
  | 'OTLP'
  | 'Sampling'
  | 'Batches'
  | 'Metrics'
  | 'Limits'
  | 'Request id'
  | 'HTTP server'
  | 'HTTP client'
  | 'Usage'
  | 'Logs'
  | 'Waiting'
  | 'Process';

/** Every variable that reqlens itself reads, ours first. The collector's own are in collector/settings.ts. */
export const variables: readonly Variable[] = [...reqlensVariables, ...otelVariables];
