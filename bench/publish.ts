/** Where results go: a JSON file for machines (not in git), and a section of a page in docs/ between its two markers. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

const pages = fileURLToPath(new URL('../docs/', import.meta.url));
const results = fileURLToPath(new URL('results/', import.meta.url));

/** How busy the machine is before we make it so: a run beside other work measures the other work too. Processes, mean of the last minute. */
export function loadBefore(): string {
  return `load average before the run ${(loadavg()[0] ?? 0).toFixed(1)}`;
}

/** One line: processor, cores, memory, kernel, Node, day. */
export function machineLine(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const day = new Date().toISOString().slice(0, 10);
  return `${model}, ${processors.length} cores, ${memory}, ${process.platform} ${release()}, Node ${process.version}, ${day}`;
}

/** @returns The path of the file. */
export function saveResults(name: string, value: unknown): string {
  mkdirSync(results, { recursive: true });
  const path = `${results}${name}.json`;
  writeFileSync(path, `${JSON.stringify(value, undefined, 2)}\n`);
  return path;
}

/** @param page - In docs/. @throws Error when the page has no `<!-- name:start -->` and `<!-- name:end -->`, in this order. */
export function publishSection(name: string, markdown: string, page = 'benchmarks.md'): void {
  const path = `${pages}${page}`;
  const text = readFileSync(path, 'utf8');
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`cannot publish ${name}: docs/${page} must have ${start} and ${end}`);
  writeFileSync(path, `${text.slice(0, from + start.length)}\n${markdown}\n${text.slice(to)}`);
}
