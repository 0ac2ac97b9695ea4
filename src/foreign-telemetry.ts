/** Notices other OpenTelemetry in the process that would make ours, or itself, silently useless. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { ProxyTracerProvider, trace } from '@opentelemetry/api';

import { reportOnce } from './export/self-report.ts';

/** Says each finding once. Never throws. */
export function sayForeignTelemetry(): void {
  if (hasForeignProvider()) {
    const message =
      'another OpenTelemetry SDK was registered before reqlens, so spans go there and ids will not match; preload reqlens first, or remove the other SDK';
    reportOnce('foreign provider', message);
  }
  const copy = foreignApi();
  if (copy !== undefined) {
    const message = `the application has its own @opentelemetry/api ${copy.theirs}, reqlens has ${copy.ours}: ${copy.consequence}`;
    reportOnce('foreign api', message);
  }
}

/** The API answers with an empty proxy until somebody registers. */
function hasForeignProvider(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate().constructor.name !== 'NoopTracerProvider';
}

interface ForeignApi {
  readonly theirs: string;
  readonly ours: string;
  readonly consequence: string;
}

/**
 * Copies of the API share one global; a copy newer than the one that registered (ours), or of another major, finds nothing in it
 * (https://github.com/open-telemetry/opentelemetry-js/tree/main/api, internal/semver).
 */
function foreignApi(): ForeignApi | undefined {
  const ours = apiVersionSeenFrom(import.meta.url);
  const theirs = apiVersionSeenFrom(join(process.cwd(), 'index.js'));
  if (ours === undefined || theirs === undefined || theirs === ours) return undefined;
  const [ourMajor = 0, ourMinor = 0] = ours.split('.').map(Number);
  const [theirMajor = 0, theirMinor = 0] = theirs.split('.').map(Number);
  if (theirMajor === ourMajor && theirMinor <= ourMinor) return undefined;
  return { theirs, ours, consequence: 'what the application records through it is lost; install one version for both' };
}

function apiVersionSeenFrom(place: string): string | undefined {
  try {
    const entry = createRequire(place).resolve('@opentelemetry/api');
    const root = entry.slice(0, entry.lastIndexOf('@opentelemetry') + '@opentelemetry/api'.length);
    const manifest: unknown = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return isManifest(manifest) ? manifest.version : undefined;
  } catch {
    // The application has none: then there is nothing to clash with.
    return undefined;
  }
}

function isManifest(manifest: unknown): manifest is { readonly version: string } {
  return (
    typeof manifest === 'object' && manifest !== null && 'version' in manifest && typeof manifest.version === 'string'
  );
}
