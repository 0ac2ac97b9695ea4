/** The licences of the packages that went into dist/vendor: their terms ask that the text goes along. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

/**
 * @param modules - Paths of bundled files.
 * @returns Name, version and licence text of each package, once.
 * @throws Error for a package without a text, or with a licence that nobody has looked at.
 */
export function licencesOf(modules: readonly string[]): string {
  const roots = new Set(modules.filter((path) => path.includes('/node_modules/')).map(rootOf));
  const licences = [...roots].map(licenceOf).toSorted((one, other) => one.title.localeCompare(other.title, 'en'));
  const byText = Map.groupBy(licences, ({ text }) => text);
  const parts = Array.from(byText, ([text, same]) => {
    const titles = new Set(same.map(({ title }) => title));
    return `${[...titles].join('\n')}\n\n${text}\n`;
  });
  return parts.join(`\n${'-'.repeat(120)}\n\n`);
}

const accepted: ReadonlySet<string> = new Set(['Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);

interface Licence {
  readonly title: string;
  readonly text: string;
}

function licenceOf(root: string): Licence {
  const { name, version, license }: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (!accepted.has(license)) throw new Error(`${name} has the licence ${license}: may it be bundled?`);
  const [file] = globSync('{LICENSE,LICENCE,license,licence}*', { cwd: root }).toSorted();
  if (file === undefined) throw new Error(`${name} has no licence text to take along`);
  const notices = globSync('NOTICE*', { cwd: root });
  const text = [file, ...notices].map((path) => readFileSync(join(root, path), 'utf8').trim()).join('\n\n');
  return { title: `${name} ${version} (${license})`, text };
}

/** The folder of the package: after the last `node_modules`. */
function rootOf(path: string): string {
  const [root] = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? [];
  if (root === undefined) throw new Error(`${path} was expected to be in a package`);
  return root;
}
