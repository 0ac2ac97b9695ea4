/** What is measured: the ways to put telemetry in front of an application, each as its own documentation says. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

export interface Variant {
  /** Short, stable: the key in the results. */
  readonly name: string;
  /** For people, with versions. */
  readonly label: string;
  /** What comes before the application on Node's command line. */
  readonly nodeArgs: readonly string[];
  /** Beside the variables that all variants get. */
  readonly env: Readonly<Record<string, string>>;
  /** Spans (for dd-trace traces) that one request makes. */
  readonly spansPerRequest: number;
  /** Why it cannot be measured here; undefined when it can. */
  readonly missing: string | undefined;
}

const require = createRequire(import.meta.url);
const register = fileURLToPath(new URL('../register.js', import.meta.url));
const unsampled = { OTEL_TRACES_SAMPLER: 'always_off' };

/** In the order of the table. A variant that cannot be measured stays in the list and says why. */
export function allVariants(): readonly Variant[] {
  const stock = peer('stock', ['@opentelemetry/sdk-node', '@opentelemetry/instrumentation-http'], '--require');
  return [
    { name: 'bare', label: 'bare `node:http`', nodeArgs: [], env: {}, spansPerRequest: 0, missing: undefined },
    reqlens(),
    { ...reqlens(), name: 'reqlens-unsampled', label: 'reqlens, unsampled', env: unsampled, spansPerRequest: 0 },
    stock,
    { ...stock, name: 'stock-unsampled', label: 'stock, unsampled', env: unsampled, spansPerRequest: 0 },
    peer('auto-instrumentations', ['@opentelemetry/auto-instrumentations-node'], '--require', '/register'),
    peer('edot', ['@elastic/opentelemetry-node'], '--import'),
    peer('dd-trace', ['dd-trace'], '--require', '/init'),
  ];
}

/** The same for every variant; nothing of our own environment goes to a child. `sinkUrl` answers for all of them. */
export function environmentFor(variant: Variant, sinkUrl: string): Readonly<Record<string, string>> {
  return {
    OTEL_SERVICE_NAME: 'bench',
    OTEL_EXPORTER_OTLP_ENDPOINT: sinkUrl,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    // The default is 5 s: only shortens the wait for the last batch of a window, a full batch goes out at once anyway.
    OTEL_BSP_SCHEDULE_DELAY: '1000',
    // Without the cloud detectors, which would ask the network.
    OTEL_NODE_RESOURCE_DETECTORS: 'env,host,os,process',
    DD_TRACE_AGENT_URL: sinkUrl,
    DD_SERVICE: 'bench',
    ...variant.env,
  };
}

function reqlens(): Variant {
  const isBuilt = existsSync(fileURLToPath(new URL('../dist/register.cjs', import.meta.url)));
  const version = readVersion(fileURLToPath(new URL('../package.json', import.meta.url)));
  return {
    name: 'reqlens',
    label: `reqlens ${version}`,
    nodeArgs: ['--import', register],
    env: {},
    spansPerRequest: 1,
    missing: isBuilt ? undefined : 'dist/register.cjs is not there: npm run build',
  };
}

/** @param flag - How its documentation loads it. `entry` is appended to the package's name; stock has no entry of its own. */
function peer(name: string, packages: readonly string[], ...[flag, entry]: readonly [string, string?]): Variant {
  const versions = packages.map((each) => [each, installedVersion(each)] as const);
  const absent = versions.filter(([, version]) => version === undefined).map(([each]) => each);
  const main = `${packages[0]}${entry ?? ''}`;
  const preload = name === 'stock' ? fileURLToPath(new URL('http-overhead/stock.cjs', import.meta.url)) : main;
  return {
    name,
    label: versions.map(([each, version]) => `${each} ${version ?? ''}`.trim()).join(' + '),
    nodeArgs: [flag, preload],
    env: {},
    spansPerRequest: 1,
    missing: absent.length > 0 ? `not installed: ${absent.join(', ')} (npm ci --prefix bench)` : undefined,
  };
}

/** Looked up as a file: several packages do not export their package.json. Undefined when it is not installed. */
export function installedVersion(name: string): string | undefined {
  const places = require.resolve.paths(name) ?? [];
  const path = places.map((place) => `${place}/${name}/package.json`).find((candidate) => existsSync(candidate));
  return path === undefined ? undefined : readVersion(path);
}

/** @param path - Of a package.json. */
export function readVersion(path: string): string {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a package.json has a version
  return (JSON.parse(readFileSync(path, 'utf8')) as { readonly version: string }).version;
}
