/** Reads YAML that may hold anything, in time that grows with its length alone. */
import { createRequire } from 'node:module';

import type * as Yaml from 'yaml';

/** Each alias may stand for all that was written before it; a file that has so many was made to be too much. */
const mostAliases = 1000;
/** Values that aliases and merged maps come to when they are written out. */
const mostMerged = 100_000;
/**
 * Loaded only for such a file: it takes 40 ms (Node 24). Tags make no objects of ours. The package's own check that keys are unique
 * compares each with each: a map of 60,000 keys held a start for minutes.
 *
 * @throws Error with what is wrong with it.
 */
export function parseYaml(text: string): unknown {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a package by its own types
  const yaml = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const document = yaml.parseDocument(text, { merge: true, uniqueKeys: false, logLevel: 'error' });
  const [mistake] = document.errors;
  if (mistake !== undefined) throw mistake;
  checkNodes(yaml, document);
  return document.toJS({ maxAliasCount: 100 });
}

/** @throws Error when a key stands twice in a map, as the package has it, or aliases come to too much. */
function checkNodes(yaml: typeof Yaml, document: Yaml.Document.Parsed): void {
  let aliases = 0;
  let merged = 0;
  const sizes = new Map<string, number>();
  yaml.visit(document, {
    Map: (_key, { items, anchor }) => {
      checkKeys(yaml, items);
      if (anchor !== undefined) sizes.set(anchor, items.length);
    },
    Alias: (_key, { source }) => {
      aliases += 1;
      merged += sizes.get(source) ?? 0;
      if (aliases > mostAliases || merged > mostMerged) throw new Error('too many aliases');
    },
  });
}

function checkKeys(yaml: typeof Yaml, items: readonly Yaml.Pair[]): void {
  const seen = new Set<unknown>();
  for (const { key } of items) {
    const value = yaml.isScalar(key) ? key.value : undefined;
    if (value === undefined || value === '<<') continue;
    if (seen.has(value)) throw new Error('map keys must be unique');
    seen.add(value);
  }
}
