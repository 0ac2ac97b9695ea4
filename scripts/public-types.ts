/** Takes the types of the public entries along, and fails when users would need the types of a package that is bundled. */
import { cpSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** Their types are in `dependencies`, or Node's own. */
const known = /^(?:node:.*|pino)$/;

/** @param declarations - What tsc has made of the sources; what is marked `@internal` is left out of it (`stripInternal`). */
export function takeTypes(declarations: string, directory: string): void {
  const entries = ['index', 'frameworks/fastify', 'frameworks/koa', 'frameworks/hono'];
  const source = join(declarations, 'src');
  const reached = new Set(entries.map((entry) => join(source, `${entry}.d.ts`)));
  // A set is walked in the order of insertion, what is added meanwhile included.
  for (const path of reached) for (const next of importedBy(path)) reached.add(next);
  for (const path of reached) {
    const target = join(directory, relative(source, path));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(path, target);
  }
}

function importedBy(path: string): string[] {
  const names = Array.from(readFileSync(path, 'utf8').matchAll(/\bfrom '([^']+)'/g), ([, name = '']) => name);
  const foreign = names.find((name) => !name.startsWith('.') && !known.test(name));
  if (foreign !== undefined) {
    throw new Error(`the types in ${path} would need those of ${foreign}: what is not public must be marked @internal`);
  }
  return names
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(path), name.replace(/\.ts$/, '.d.ts')));
}
