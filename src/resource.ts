/** Who sends the telemetry: the service, this process, and this distribution. */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';

import type { Config } from './config/config.ts';
import { version } from './version.ts';

/**
 * What the environment says wins over what we find out. The command line is left out: it may hold secrets.
 * Names by https://opentelemetry.io/docs/specs/semconv/resource/.
 */
export function serviceResource({
  serviceName,
  resourceAttributes,
}: Pick<Config, 'serviceName' | 'resourceAttributes'>): Resource {
  const found = resourceFromAttributes({
    'service.name': 'unknown_service:node',
    'service.instance.id': randomUUID(),
    'telemetry.distro.name': 'reqlens',
    'telemetry.distro.version': version,
    'host.name': hostname(),
    'process.pid': process.pid,
    'process.runtime.name': 'nodejs',
    'process.runtime.version': process.versions.node,
  });
  const said = { ...resourceAttributes, ...(serviceName === undefined ? {} : { 'service.name': serviceName }) };
  return defaultResource().merge(found).merge(resourceFromAttributes(said));
}
