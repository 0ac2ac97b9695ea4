/** Notices other OpenTelemetry in the process that would make ours, or itself, silently useless. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isAbsolute, join } from 'node:path';

import { ProxyTracerProvider, trace } from '@opentelemetry/api';

import { reportOnce } from './export/self-report.ts';

/** Says it once. Never throws. Call it before anything is registered. */
export function sayForeignProvider(): void {
  if (!hasForeignProvider()) return;
  const message =
    'another OpenTelemetry SDK was registered before reqlens, so spans go there and ids will not match; preload reqlens first, or remove the other SDK';
  reportOnce('foreign provider', message);
}

/**
 * What the API says of each thing that a second SDK may not register is one thing: an SDK was started after us. Its stacks say no more.
 *
 * @returns Whether the message was such a one. It has been said then, but for that of a second logger of the API's own, by which nothing is lost.
 */
export function isSecondRegistration(message: string): boolean {
  if (message.startsWith('Current logger will ')) return true;
  if (!/@opentelemetry\/api: (?:Attempted duplicate registration|Registration of version)/.test(message)) return false;
  const first = 'another OpenTelemetry SDK was started after reqlens, and OpenTelemetry keeps the first';
  const lost =
    'what is recorded goes out by reqlens, and the exporters, processors and samplers of the other SDK get nothing';
  const ways =
    'either remove that SDK and set OTEL_EXPORTER_OTLP_ENDPOINT, or start the application without reqlens/register';
  reportOnce('second-sdk', `${first}: ${lost}; ${ways}`);
  return true;
}

/** The API answers with an empty proxy until somebody registers. */
function hasForeignProvider(): boolean {
  const provider = trace.getTracerProvider();
  // Not by a class's name: a bundler may have given it another one.
  return (
    !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== new ProxyTracerProvider().getDelegate()
  );
}

/**
 * Copies of the API share one global object for each major version. In it a copy newer than the version that it names finds nothing
 * (https://github.com/open-telemetry/opentelemetry-js/tree/main/api, internal/semver), so it must name the newest in the process.
 *
 * @param known - Versions that are in the process; the first is ours.
 * @returns The newest of our major version, among these and those that the application would load.
 */
export function newestApi(known: readonly [string, ...(string | undefined)[]]): string {
  const [ours] = known;
  const [script = ''] = process.argv.slice(1);
  const places = [join(process.cwd(), 'index.js'), ...(isAbsolute(script) ? [script] : [])];
  let newest = ours;
  for (const theirs of [...known, ...places.map(apiVersionSeenFrom)]) {
    if (theirs === undefined || theirs.includes('-')) continue;
    if (majorOf(theirs) !== majorOf(ours)) sayOtherMajor(theirs, ours);
    else if (minorOf(theirs) > minorOf(newest)) newest = theirs;
  }
  return newest;
}

const majorOf = (version: string): number => Number(version.split('.')[0]);
const minorOf = (version: string): number => Number(version.split('.')[1]);

function sayOtherMajor(theirs: string, ours: string): void {
  const consequence = 'what the application records through it is lost; install one version for both';
  const message = `the application has its own @opentelemetry/api ${theirs}, reqlens has ${ours}: ${consequence}`;
  reportOnce('foreign api', message);
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
