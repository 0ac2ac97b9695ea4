/**
 * Makes what users load of the compiled sources: a few files with the packages that we need inside, so that nothing that is installed
 * beside us takes their place, and because start-up is module loading (docs/decisions/bundled.md).
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

import { rolldown } from 'rolldown';
import type { InputOptions, OutputChunk, Plugin } from 'rolldown';

import { licencesOf } from './bundled-licences.ts';

/** Left to npm: loaded when they are asked for, without peers, and `npm audit` shall see them. */
const external = ['jose', 'yaml'];

/** What stock instrumentations need and nothing else does: apart from the rest, because it is loaded later or never. */
const instrumentation =
  /@opentelemetry\/instrumentation|node_modules\/(import-in-the-middle|require-in-the-middle|module-details-from-path|debug|ms)\/|supports-color/;

/** @param compiled - The sources, compiled one by one. */
export async function bundle(compiled: string, directory: string): Promise<void> {
  const frameworks = ['fastify', 'hono', 'koa'].map((name) => [name, join(compiled, `src/frameworks/${name}.js`)]);
  const stock = stockPackages(compiled);
  const application: InputOptions = {
    input: {
      index: join(compiled, 'src/index.js'),
      preload: join(compiled, 'src/preload.js'),
      ...Object.fromEntries([...frameworks, ...stock.map((name) => [fileOf(name), entryPrefix + name])]),
    },
    plugins: [stockEntries],
  };
  const chunks = [
    ...(await write(application, directory, stock.length > 0 ? instrumentation : /^$/)),
    // A thread of its own, which starts at the exit and must do so quickly; a process of its own.
    ...(await write({ input: { 'exit-thread': join(compiled, 'src/export/exit-thread.js') } }, directory)),
    ...(await write(
      { input: { main: join(compiled, 'src/cli/main.js') }, plugins: [collector] },
      join(directory, 'cli'),
    )),
  ];
  const own = (id: string): boolean => id.startsWith(compiled) || !id.includes('/node_modules/');
  const modules = chunks.flatMap(({ moduleIds }) => moduleIds).filter((id) => !own(id));
  writeFileSync(join(directory, 'LICENSES-BUNDLED'), licencesOf(modules));
}

/** `createRequire(import.meta.url)('@opentelemetry/name')`: loaded when a setting asks for it, and then at once. */
const loadedLater = /\bcreateRequire\(import\.meta\.url\)\('(@opentelemetry\/[^']+)'\)/g;
const entryPrefix = 'later:';
const fileOf = (name: string): string => name.replace(/^.*\//, '');

function stockPackages(compiled: string): string[] {
  const sources = globSync('src/**/*.js', { cwd: compiled }).map((path) => readFileSync(join(compiled, path), 'utf8'));
  return [...new Set(sources.flatMap((source) => Array.from(source.matchAll(loadedLater), ([, name = '']) => name)))];
}

const stockEntries: Plugin = {
  name: 'packages that are loaded later',
  resolveId: (source) => (source.startsWith(entryPrefix) ? source : undefined),
  load: (id) => (id.startsWith(entryPrefix) ? `export * from '${id.slice(entryPrefix.length)}';` : undefined),
  transform: (code) => {
    const rewritten = code.replaceAll(loadedLater, (call, name: string) => call.replace(name, `./${fileOf(name)}.js`));
    return rewritten === code ? undefined : rewritten;
  },
};

/** The collector shares nothing with src/ and has pages of its own beside it: it stays as it is compiled. */
const collector: Plugin = {
  name: 'the collector',
  resolveId: (source) =>
    source.includes('collector/main') ? { id: '../collector/main.js', external: true } : undefined,
};

/**
 * Node's own modules, asked for without an `import`. That would read everything in them: of `node:http` the parts that load undici (a tenth of the
 * CPU time of our start), of `node:util` the one that makes `process.stderr`, a stream which the application did not ask for and would see
 * among its handles. What we take is also what was there before anybody replaced it.
 */
const builtinsWithoutFacade: Plugin = {
  name: "Node's modules without their facades for ES modules",
  renderChunk: (code) => {
    const rewritten = code.replaceAll(
      /^import (?:(?<whole>[\w$]+)(?:, )?)?(?:\* as (?<space>[\w$]+)|\{(?<parts>[^}]*)\})? from "(?<name>[\w:/]+)";$/gm,
      (statement, ...found) => {
        // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the groups come last
        const { whole, space, parts, name = '' } = found.at(-1) as Readonly<Record<string, string | undefined>>;
        if (!isBuiltin(name)) return statement;
        const module = `globalThis.process.getBuiltinModule(${JSON.stringify(name)})`;
        const names = [whole, space, parts === undefined ? undefined : `{${parts.replaceAll(' as ', ': ')}}`];
        return names.flatMap((each) => (each === undefined ? [] : [`const ${each} = ${module};`])).join(' ');
      },
    );
    return rewritten === code ? undefined : rewritten;
  },
};

/**
 * The `require` of bundled CommonJS. A bundler of the application's that makes CommonJS of ES modules (esbuild) leaves `import.meta` empty, and without
 * a place `createRequire` ends the application before any code of ours is guarded. Whatever is asked for is Node's or named by its place.
 */
const requireAnywhere: Plugin = {
  name: 'require without import.meta.url',
  renderChunk: (code) => {
    const rewritten = code.replace(
      /(?<=^var __require = .*createRequire\(import\.meta\.url)(?=\))/m,
      ' ?? globalThis.process.execPath',
    );
    return rewritten === code ? undefined : rewritten;
  },
};

/** Optional for `debug`, and not among its dependencies: what a developer has installed must not come in. */
const absent: Plugin = {
  name: 'absent packages',
  resolveId: (source) => (source === 'supports-color' ? `\0${source}` : undefined),
  load: (id) => (id === '\0supports-color' ? 'export {};' : undefined),
};

/**
 * @param apart - Modules that do not go into the one file with all that several files need.
 * @throws Error when something would be loaded that is neither Node's nor named above.
 */
async function write(options: InputOptions, directory: string, apart?: RegExp): Promise<OutputChunk[]> {
  const plugins = [options.plugins ?? [], absent, builtinsWithoutFacade, requireAnywhere];
  const preserveEntrySignatures = 'allow-extension';
  const bundled = await rolldown({ ...options, plugins, external, platform: 'node', preserveEntrySignatures });
  const groups = [{ name: 'reqlens', test: (id: string) => apart?.test(id) === false }];
  const { output } = await bundled.write({
    dir: directory,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // The reasons are in the repositories, the licences in a file of their own.
    comments: false,
    ...(apart === undefined ? {} : { codeSplitting: { groups, includeDependenciesRecursively: false } }),
  });
  await bundled.close();
  const chunks = output.filter((each) => each.type === 'chunk');
  const known = new Set([...chunks.map(({ fileName }) => fileName), ...external, '../collector/main.js']);
  const imported = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  const unknown = imported.find((name) => !known.has(name) && !isBuiltin(name));
  if (unknown !== undefined) throw new Error(`the bundle would load ${unknown}: it must be bundled or a dependency`);
  return chunks;
}
