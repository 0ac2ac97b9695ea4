/** Finds the instrumentations that a package exports, and makes them so that they do something. */
import diagnosticsChannel from 'node:diagnostics_channel';

/** What every instrumentation has (`@opentelemetry/instrumentation`, InstrumentationBase). */
export interface Instrumentation {
  readonly enable: () => void;
  readonly disable: () => void;
  /** The modules it patches when they are loaded. */
  readonly getModuleDefinitions?: () => readonly ModuleDefinition[];
}

export interface ModuleDefinition {
  readonly name: string;
  readonly supportedVersions?: readonly string[];
  /** Set when a file of the library is loaded, whether it is accepted or not. */
  moduleVersion?: string | undefined;
  /** Set when the library is accepted, and patched by this definition. */
  readonly moduleExports?: unknown;
  readonly files?: readonly { readonly moduleExports?: unknown }[];
}

type InstrumentationClass = new (options?: object) => Instrumentation;

/** Instrumentations that do nothing of themselves unless they are asked to. */
const options: ReadonlyMap<string, object> = new Map([['@fastify/otel', { registerOnInitialization: true }]]);

/** @throws Error with the reason why there is nothing to use. */
export function makeInstrumentations(name: string, exported: unknown): Instrumentation[] {
  // A class can be the export itself, its property, and its default at once.
  const classes = [...new Set([exported, ...Object.values(Object(exported))])].filter(isInstrumentationClass);
  if (classes.length === 0) throw new Error('it exports no class whose name ends in Instrumentation');
  return classes.map((each) => made(each, options.get(name)));
}

function isInstrumentationClass(exported: unknown): exported is InstrumentationClass {
  return (
    typeof exported === 'function' &&
    exported.name.endsWith('Instrumentation') &&
    typeof Object(exported.prototype).enable === 'function'
  );
}

function made(Class: InstrumentationClass, given: object | undefined): Instrumentation {
  const { result, hasSubscribed } = watchingChannels(() => new Class(given));
  const patches = result.getModuleDefinitions?.() ?? [];
  // Metrics of the runtime come from no module and no channel.
  const hasMetrics = Object.hasOwn(Object(Class.prototype), '_updateMetricInstruments');
  if (patches.length > 0 || hasSubscribed || hasMetrics) return result;
  throw new Error(`${Class.name} as it is made here patches no module and listens to no channel`);
}

/** Instrumentations listen to channels from their start, if they do at all. */
function watchingChannels<Result>(action: () => Result): { readonly result: Result; readonly hasSubscribed: boolean } {
  const { subscribe } = diagnosticsChannel;
  let hasSubscribed = false;
  diagnosticsChannel.subscribe = (...args) => {
    hasSubscribed = true;
    subscribe(...args);
  };
  try {
    return { result: action(), hasSubscribed };
  } finally {
    diagnosticsChannel.subscribe = subscribe;
  }
}
