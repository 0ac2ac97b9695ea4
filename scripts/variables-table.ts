/**
 * Writes the tables of environment variables into README.md (short) and docs/configuration.md (full), between two marks.
 * `--check` changes nothing and exits 1 when a file differs; `--root DIR` is for tests. A file that is missing is left out.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { variables } from '../src/config/variables.ts';
import type { VariableDefault, VariableText } from '../src/config/variables.ts';

type Row = Omit<VariableText, 'section'> & VariableDefault & { readonly section: string };

const start = '<!-- variables:start -->';
const end = '<!-- variables:end -->';
const project = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: { check: { type: 'boolean', default: false }, root: { type: 'string', default: project } },
});
const rows: readonly Row[] = [...variables, ...(await collectorRows())];
const pages: readonly (readonly [string, string])[] = [
  ['README.md', shortTable(rows)],
  ['docs/configuration.md', fullTables(rows)],
];
const differing = pages.filter(([path, tables]) => isDifferent(join(values.root, path), tables)).map(([path]) => path);

if (!values.check) {
  for (const path of differing) process.stdout.write(`written: ${path}\n`);
} else if (differing.length > 0) {
  process.stderr.write(
    `The tables of variables in ${differing.join(' and ')} differ from src/config/variables.ts and collector/settings.ts.\n` +
      'Run `node scripts/variables-table.ts` and commit the result.\n',
  );
  process.exitCode = 1;
}

/** The collector is another house with its own table; it is described on the same pages. */
async function collectorRows(): Promise<Row[]> {
  const path = join(project, 'collector', 'settings.ts');
  if (!existsSync(path)) return [];
  const exported: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
  const table = Object.values(exported).find((value) => Array.isArray(value) && value.every(isRow));
  if (!Array.isArray(table)) {
    throw new TypeError(
      'cannot find a table in collector/settings.ts: it must export an array of { name, meaning, type } with default or whenUnset',
    );
  }
  return table.filter(isRow).map((row) => ({ ...row, section: 'Embedded collector' }));
}

function isRow(value: unknown): value is Row {
  if (typeof value !== 'object' || value === null) return false;
  const texts = { default: '', ...value };
  return ['name', 'meaning', 'type', 'default'].every((key) => typeof Reflect.get(texts, key) === 'string');
}

/** What one signal alone can have is left to the full tables: it would triple the length and say nothing new. */
function shortTable(all: readonly Row[]): string {
  const short = all.filter(({ name }) => !/^OTEL_EXPORTER_OTLP_(?:TRACES|LOGS|METRICS)_/.test(name));
  return tableOf(
    ['Name', 'Default', 'Meaning'],
    short.map((row) => [`\`${row.name}\``, shownDefault(row), row.meaning]),
  );
}

function fullTables(all: readonly Row[]): string {
  const sections = [...new Set(all.map(({ section }) => section))];
  return sections
    .map((section) => `### ${section}\n\n${fullTable(all.filter((row) => row.section === section))}`)
    .join('\n\n');
}

function fullTable(section: readonly Row[]): string {
  const cells = section.map((row) => [`\`${row.name}\``, row.type, shownDefault(row), row.meaning]);
  return tableOf(['Name', 'Value', 'Default', 'Meaning'], cells);
}

function shownDefault(row: Row): string {
  return 'default' in row ? `\`${row.default}\`` : row.whenUnset;
}

function tableOf(head: readonly string[], body: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...body].map(
    (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`,
  );
  return lines.join('\n');
}

/** Writes the page too, unless this is only a check. */
function isDifferent(path: string, tables: string): boolean {
  if (!existsSync(path)) return false;
  const text = readFileSync(path, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from === -1 || to < from)
    throw new Error(`cannot find the place for the table in ${path}: ${start} and ${end} must be in it`);
  const wanted = `${text.slice(0, from + start.length)}\n\n${tables}\n\n${text.slice(to)}`;
  if (wanted === text) return false;
  if (!values.check) writeFileSync(path, wanted);
  return true;
}
