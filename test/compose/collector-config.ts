/** What is wrong with a Collector configuration, found without running it. Pure: parsed YAML in, sentences out. */
import { deprecated, documented, documentedService, type Section, type Shape } from './collector-schema.ts';
import { asTree, isTree, textsOf, treeAt, type Tree } from './tree.ts';

interface Definition {
  readonly section: Section;
  /** `type` or `type/name`, as pipelines refer to it. */
  readonly id: string;
  readonly settings: Tree;
}

const sections: readonly Section[] = ['extensions', 'receivers', 'processors', 'exporters'];

/** @returns One sentence per mistake, each naming where; empty when the configuration is sound. */
export function collectorProblems(config: Tree): string[] {
  const definitions = sections.flatMap((section) =>
    Object.entries(treeAt(config, section)).map(([id, settings]) => ({ section, id, settings: asTree(settings) })),
  );
  return [
    ...unknownKeys(config),
    ...definitions.flatMap(componentProblems),
    ...undefinedReferences(config, definitions),
    ...unusedDefinitions(config, definitions),
    ...limiterProblems(config),
    ...storageProblems(config),
  ];
}

/** As the Collector merges several `--config`: maps key by key, everything else (lists too) replaced by the later one. */
export function mergeConfigs(base: Tree, later: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(later)) {
    const before = merged[key];
    merged[key] = isTree(before) && isTree(value) ? mergeConfigs(before, value) : value;
  }
  return merged;
}

/** Where exporters send: `id` and `host:port`, in the order of the file. */
export function exporterEndpoints(config: Tree): { readonly id: string; readonly endpoint: string }[] {
  return Object.entries(treeAt(config, 'exporters')).flatMap(([id, settings]) => {
    const endpoint = asTree(settings)['endpoint'];
    return typeof endpoint === 'string' ? [{ id, endpoint }] : [];
  });
}

/** The ports that receivers, extensions and the metrics page listen on inside the container. */
export function listeningPorts(config: Tree): number[] {
  const found: number[] = [];
  const walk = (value: unknown): void => {
    if (Array.isArray(value)) for (const entry of value) walk(entry);
    if (!isTree(value)) return;
    const { endpoint, port } = value;
    if (typeof endpoint === 'string') found.push(Number(endpoint.split(':').at(-1)));
    if (typeof port === 'number') found.push(port);
    for (const entry of Object.values(value)) walk(entry);
  };
  walk([config['receivers'], config['extensions'], config['service']]);
  return found.toSorted((a, b) => a - b);
}

function unknownKeys(config: Tree): string[] {
  const known = new Set<string>([...sections, 'service']);
  const top = Object.keys(config).filter((key) => !known.has(key));
  return [
    ...top.map((key) => `${key} is no section of a Collector configuration`),
    ...shapeProblems(treeAt(config, 'service'), documentedService, 'service'),
  ];
}

function componentProblems({ section, id, settings }: Definition): string[] {
  const type = id.split('/', 1)[0] ?? '';
  const current = deprecated[section][type];
  if (current !== undefined) return [`${section}.${id}: ${type} is deprecated, use ${current}`];
  const shape = documented[section][type];
  if (shape === undefined) return [`${section}.${id}: no ${section.slice(0, -1)} of the type ${type} is known here`];
  return shapeProblems(settings, shape, `${section}.${id}`);
}

function shapeProblems(value: unknown, shape: Shape, where: string): string[] {
  if (typeof shape === 'string')
    return fits[shape](value) ? [] : [`${where}: expected ${shape}, found ${JSON.stringify(value)}`];
  if (!isTree(value)) return value === undefined ? [] : [`${where}: expected a map, found ${JSON.stringify(value)}`];
  return Object.entries(value).flatMap(([key, entry]) => {
    const inner = shape[key];
    return inner === undefined ? [`${where}.${key} is not documented`] : shapeProblems(entry, inner, `${where}.${key}`);
  });
}

const fits: Readonly<Record<Shape & string, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  number: (value) => typeof value === 'number',
  boolean: (value) => typeof value === 'boolean',
  duration: (value) => typeof value === 'string' && /^\d+(?:ms|s|m|h)$/.test(value),
  texts: (value) => Array.isArray(value) && value.every((entry) => typeof entry === 'string'),
  open: () => true,
};

/** `where` names the place, `section` says where the id must be defined. */
function references(config: Tree): { readonly where: string; readonly section: Section; readonly id: string }[] {
  const service = treeAt(config, 'service');
  const enabled = textsOf(service['extensions']).map((id) => ({
    where: 'service.extensions',
    section: 'extensions' as const,
    id,
  }));
  const pipelines = Object.entries(treeAt(service, 'pipelines')).flatMap(([name, pipeline]) =>
    (['receivers', 'processors', 'exporters'] as const).flatMap((section) =>
      textsOf(asTree(pipeline)[section]).map((id) => ({ where: `service.pipelines.${name}.${section}`, section, id })),
    ),
  );
  return [...enabled, ...pipelines];
}

function undefinedReferences(config: Tree, definitions: readonly Definition[]): string[] {
  return references(config)
    .filter(({ section, id }) => !definitions.some((known) => known.section === section && known.id === id))
    .map(({ where, section, id }) => `${where} names ${id}, which ${section} does not define`);
}

function unusedDefinitions(config: Tree, definitions: readonly Definition[]): string[] {
  const used = references(config);
  return definitions
    .filter(({ section, id }) => !used.some((reference) => reference.section === section && reference.id === id))
    .map(({ section, id }) => `${section}.${id} is defined and never used`);
}

function limiterProblems(config: Tree): string[] {
  return Object.entries(treeAt(config, 'service', 'pipelines'))
    .filter(([, pipeline]) => textsOf(asTree(pipeline)['processors'])[0] !== 'memory_limiter')
    .map(([name]) => `service.pipelines.${name}: memory_limiter must be its first processor`);
}

function storageProblems(config: Tree): string[] {
  const enabled = textsOf(treeAt(config, 'service')['extensions']);
  return exporterEndpoints(config).flatMap(({ id }) => {
    const storage = treeAt(config, 'exporters', id, 'sending_queue')['storage'];
    if (typeof storage !== 'string')
      return [`exporters.${id}: its sending_queue has no storage, so a restart would lose it`];
    return enabled.includes(storage) ? [] : [`exporters.${id}: storage ${storage} is not in service.extensions`];
  });
}
