/** Finds names in the environment that look like variables of ours and are none. Pure. */
import type { ConfigProblem } from './config.ts';
import type { Environment } from './environment-reader.ts';
import { isLevelVariable, levelVariableFor, levelVariablePrefix } from './level-variable.ts';
import { nearestName } from './nearest-name.ts';
import { shownText } from './shown-value.ts';
import { variables } from './variables.ts';

/** The row of `REQLENS_LOG_LEVEL_<NAME>` stands for many names and is none itself. */
const knownNames = variables.map(({ name }) => name).filter((name) => !name.includes('<'));

/** REQLENS_ names that other parts read: the embedded collector, and our tests. */
const ownedByOthers = /^REQLENS_(?:COLLECTOR|TEST)_/;

/** OTEL_ names of the wider specification and of other languages' agents: they are set for whole machines and concern us not. */
const widerSpecification = new RegExp(
  `^OTEL_(?:${[
    'NODE_',
    'INSTRUMENTATION_',
    'SEMCONV_',
    'EXPORTER_(?:PROMETHEUS|ZIPKIN|JAEGER)_',
    'EXPORTER_OTLP_PROFILES_',
    'EXPORTER_OTLP_(?:SPAN|METRIC)_INSECURE$',
    'EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION$',
    'EXPERIMENTAL_',
    'METRICS_EXEMPLAR_FILTER$',
    'SPAN_ATTRIBUTE_PER_(?:EVENT|LINK)_COUNT_LIMIT$',
    'ENTITIES$',
    'PROFILES_EXPORTER$',
    'RESOURCE_(?:PROVIDERS|DETECTORS)_',
    '(?:BROWSER|COLLECTOR|CPP|DOTNET|ELIXIR|ERLANG|GO|INJECTOR|JAVA|JAVAAGENT|K8S|OPERATOR|PHP|PYTHON|RUBY|RUST|SWIFT)_',
  ].join('|')})`,
);

/**
 * Every unknown REQLENS_ name is reported; an OTEL_ name only when it is nearly one that we read and none that others
 * read. A blank variable changes nothing under any name and is passed over.
 */
export function unknownNames(env: Environment): readonly ConfigProblem[] {
  return Object.keys(env)
    .filter((name) => env[name]?.trim() && !knownNames.includes(name) && !isLevelVariable(name))
    .toSorted()
    .flatMap((name) => problemOf(name) ?? []);
}

function problemOf(name: string): ConfigProblem | undefined {
  const upper = name.toUpperCase();
  const isOurs = upper.startsWith('REQLENS_') && !ownedByOthers.test(upper);
  const isOtel = upper.startsWith('OTEL_') && !widerSpecification.test(upper);
  if (!isOurs && !isOtel) return undefined;
  const meant = meantLevelVariable(name) ?? nearestName(upper, knownNames, isOurs ? 3 : 2);
  if (meant === undefined && !isOurs) return undefined;
  const expected = meant ? `did you mean ${meant}?` : 'docs/configuration.md lists the names';
  return { variable: shownText(name), expected, consequence: 'it is ignored' };
}

/** The logger's name as it is, after the prefix, is an easy mistake. */
function meantLevelVariable(name: string): string | undefined {
  if (!name.toUpperCase().startsWith(levelVariablePrefix)) return undefined;
  const meant = levelVariableFor(name.slice(levelVariablePrefix.length));
  return isLevelVariable(meant) ? meant : undefined;
}
