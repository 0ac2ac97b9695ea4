/** Finds names in the environment that look like variables of ours and are none. Pure. */
import type { ConfigProblem } from './config.ts';
import type { Environment } from './environment-reader.ts';
import { shownText } from './shown-value.ts';
import { variables } from './variables.ts';

const knownNames = variables.map(({ name }) => name);

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
    .filter((name) => env[name]?.trim() && !knownNames.includes(name))
    .toSorted()
    .flatMap((name) => problemOf(name) ?? []);
}

function problemOf(name: string): ConfigProblem | undefined {
  const upper = name.toUpperCase();
  const isOurs = upper.startsWith('REQLENS_') && !ownedByOthers.test(upper);
  const isOtel = upper.startsWith('OTEL_') && !widerSpecification.test(upper);
  if (!isOurs && !isOtel) return undefined;
  const meant = nearest(upper, isOurs ? 3 : 2);
  if (meant === undefined && !isOurs) return undefined;
  const expected = meant ? `did you mean ${meant}?` : 'docs/configuration.md lists the names';
  return { variable: shownText(name), expected, consequence: 'it is ignored' };
}

function nearest(name: string, limit: number): string | undefined {
  const ranked = knownNames
    .map((candidate) => ({ candidate, distance: editDistance(name, candidate) }))
    .toSorted((a, b) => a.distance - b.distance);
  const best = ranked[0];
  return best && best.distance <= limit ? best.candidate : undefined;
}

/** Insertions, deletions, changes and swaps of neighbours that turn one text into the other (optimal string alignment). */
export function editDistance(from: string, to: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= to.length; column += 1) {
      const isSame = from[row - 1] === to[column - 1];
      const isSwap = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(beforeLast, column - 2) + 1 : Infinity,
      );
    }
    beforeLast = last;
    last = current;
  }
  return at(last, to.length);
}

/** Beyond the edge of the table nothing is near. */
function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}
