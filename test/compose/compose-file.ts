/** What is wrong with docker-compose.yml beside the Collector's configuration, found without a Docker engine. Pure. */
import { exporterEndpoints, listeningPorts } from './collector-config.ts';
import { asTree, textsOf, treeAt, type Tree } from './tree.ts';

/** What an image gives us, as its Dockerfile of that tag says. */
interface ImageFacts {
  /** Whether anything in it could run a health check. */
  readonly hasShell: boolean;
  /** Ports that something in it listens on by default, on all interfaces. */
  readonly ports: readonly number[];
}

const images: Readonly<Record<string, ImageFacts>> = {
  // opentelemetry-collector-releases, distributions/otelcol-contrib/Dockerfile: FROM scratch, the binary alone; its ports are ours to configure.
  'otel/opentelemetry-collector-contrib': { hasShell: false, ports: [] },
  // jaeger v2.20.0, cmd/jaeger/Dockerfile on alpine 3.24.1 (scripts/build/docker/base), JAEGER_LISTEN_HOST=0.0.0.0; cmd/jaeger/internal/all-in-one.yaml.
  'jaegertracing/jaeger': { hasShell: true, ports: [4317, 4318, 5778, 5779, 9411, 13133, 14250, 14268, 16686] },
  // docker-otel-lgtm v0.31.0, docker/Dockerfile on ubi9-micro with bash and curl; docker/otelcol-config.yaml.
  'grafana/otel-lgtm': { hasShell: true, ports: [3000, 3200, 4040, 4317, 4318, 9090] },
};

/** Both files as parsed (YAML merge keys applied), the Collector's with every overlay that the profile in question adds. */
export interface Setup {
  readonly compose: Tree;
  readonly collector: Tree;
}

/** @returns One sentence per mistake, each naming the service; empty when the file is sound. */
export function composeProblems({ compose, collector }: Setup): string[] {
  const services = Object.entries(treeAt(compose, 'services')).map(([name, service]) => ({
    name,
    service: asTree(service),
  }));
  return [
    ...('version' in compose ? ['version: is obsolete and ignored, leave it out'] : []),
    ...services.flatMap(({ name, service }) => serviceProblems(name, service, treeAt(compose, 'services'))),
    ...volumeProblems(compose),
    ...endpointProblems(compose, collector),
    ...portProblems(compose, collector),
    ...queueProblems(compose, collector),
    ...memoryProblems(compose, collector),
  ];
}

/** `repository` and `tag` of an image reference of Docker Hub. */
function imageOf(service: Tree): { readonly repository: string; readonly tag: string } {
  const [repository = '', tag = ''] = String(service['image']).split(':');
  return { repository, tag };
}

function serviceProblems(name: string, service: Tree, services: Tree): string[] {
  const { repository, tag } = imageOf(service);
  const facts = images[repository];
  if (facts === undefined) return [`${name}: nothing is known of the image ${repository}`];
  return [
    ...(/^\d+\.\d+\.\d+$/.test(tag) ? [] : [`${name}: the image tag must be a full version, found "${tag}"`]),
    ...('restart' in service ? [] : [`${name}: has no restart policy`]),
    ...('healthcheck' in service && !facts.hasShell
      ? [`${name}: ${repository} has no shell, its health check can never pass`]
      : []),
    ...textsOf(service['ports'])
      .filter((port) => !port.startsWith('127.0.0.1:'))
      .map((port) => `${name}: port ${port} is not published on 127.0.0.1 alone`),
    ...textsOf(service['volumes'])
      .filter((mount) => mount.startsWith('.') && !mount.endsWith(':ro'))
      .map((mount) => `${name}: ${mount} must be mounted read-only`),
    ...dependencyProblems(name, service, services),
  ];
}

function dependencyProblems(name: string, service: Tree, services: Tree): string[] {
  return Object.entries(treeAt(service, 'depends_on')).flatMap(([other, rule]) => {
    const target = treeAt(services, other);
    const condition = asTree(rule)['condition'];
    if (!(other in services)) return [`${name}: depends on ${other}, which is not a service`];
    if (condition === 'service_healthy' && !('healthcheck' in target))
      return [`${name}: waits for ${other} to be healthy, which has no health check`];
    if (condition === 'service_completed_successfully' && target['restart'] !== 'no')
      return [`${name}: waits for ${other} to end, which restarts`];
    return [];
  });
}

function volumeProblems(compose: Tree): string[] {
  const declared = Object.keys(treeAt(compose, 'volumes'));
  const used = Object.values(treeAt(compose, 'services'))
    .flatMap((service) => textsOf(asTree(service)['volumes']))
    .map((mount) => mount.split(':')[0] ?? '')
    .filter((source) => !source.startsWith('.'));
  return [
    ...used.filter((volume) => !declared.includes(volume)).map((volume) => `the volume ${volume} is not declared`),
    ...declared.filter((volume) => !used.includes(volume)).map((volume) => `the volume ${volume} is never mounted`),
  ];
}

function endpointProblems(compose: Tree, collector: Tree): string[] {
  return exporterEndpoints(collector).flatMap(({ id, endpoint }) => {
    const [host = '', port = ''] = endpoint.split(':');
    const service = treeAt(compose, 'services', host);
    const facts = images[imageOf(service).repository];
    if (facts === undefined) return [`exporters.${id}: ${endpoint} names no service of docker-compose.yml`];
    return facts.ports.includes(Number(port)) ? [] : [`exporters.${id}: ${host} does not listen on ${port}`];
  });
}

/** What is published must be listened on, and the OTLP ports must be published under the numbers that applications expect. */
function portProblems(compose: Tree, collector: Tree): string[] {
  const listening = listeningPorts(collector);
  const mappings = textsOf(treeAt(compose, 'services', 'collector')['ports']).map((port) =>
    port.split(':').map(Number).slice(-2),
  );
  return [
    ...mappings
      .filter(([, inside]) => !listening.includes(inside ?? 0))
      .map(([, inside]) => `collector: publishes ${inside}, where nothing listens`),
    ...[4317, 4318]
      .filter((port) => !mappings.some(([outside, inside]) => outside === port && inside === port))
      .map((port) => `collector: does not publish the OTLP port ${port}`),
  ];
}

/** The queue must lie on a named volume that a root-owned one-shot service has given to the Collector's user first. */
function queueProblems(compose: Tree, collector: Tree): string[] {
  const directory = treeAt(collector, 'extensions', 'file_storage')['directory'];
  const service = treeAt(compose, 'services', 'collector');
  const volume = textsOf(service['volumes'])
    .map((mount) => mount.split(':'))
    .find(([source, target]) => target === directory && !source?.startsWith('.'))?.[0];
  if (volume === undefined) return [`collector: the queue directory ${String(directory)} is not on a named volume`];
  const owners = Object.keys(treeAt(service, 'depends_on')).filter((name) => {
    const owner = treeAt(compose, 'services', name);
    const chown = textsOf(owner['entrypoint']);
    return (
      chown[0] === 'chown' && chown[1] === '10001:10001' && textsOf(owner['volumes']).includes(`${volume}:${chown[2]}`)
    );
  });
  return owners.length === 1 ? [] : [`collector: nobody gives the volume ${volume} to user 10001 before it starts`];
}

function memoryProblems(compose: Tree, collector: Tree): string[] {
  const limitMib = Number(treeAt(collector, 'processors', 'memory_limiter')['limit_mib']);
  const service = treeAt(compose, 'services', 'collector');
  const goLimit = treeAt(service, 'environment')['GOMEMLIMIT'];
  const containerMib = Number.parseInt(String(service['mem_limit']), 10);
  return [
    ...(goLimit === `${limitMib * 0.8}MiB`
      ? []
      : [`collector: GOMEMLIMIT must be 80 % of limit_mib (${limitMib * 0.8}MiB), found ${String(goLimit)}`]),
    // The memory limiter's documentation: the process needs about 50 MiB more than its heap.
    ...(containerMib >= limitMib + 50 ? [] : [`collector: mem_limit leaves less than 50 MiB above limit_mib`]),
  ];
}
