/** Walking parsed YAML whose shape nobody has promised. */

/** A YAML map as the `yaml` package gives it. */
export type Tree = { readonly [key: string]: unknown };

/** The map below `path`; empty when there is none. */
export function treeAt(tree: Tree, ...path: readonly string[]): Tree {
  let here = tree;
  for (const key of path) here = asTree(here[key]);
  return here;
}

/** The value when it is a map, else an empty one. */
export function asTree(value: unknown): Tree {
  return isTree(value) ? value : {};
}

/** The strings of a list; empty for anything else. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];
}

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
