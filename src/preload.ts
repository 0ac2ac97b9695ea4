/** What the preload does on a Node that we support: reads the environment, says what is wrong, starts telemetry. */
import { problemLine } from './config/problem-lines.ts';
import { readConfig } from './config/read-config.ts';
import { startupLine } from './config/startup-line.ts';
import { speaksForProcess } from './export/self-report.ts';
// The whole public modules, before the application asks for them: Node 22 cannot `require` from a .cts file an ES module of which
// only parts are loaded ("request for './errors.js' is from a module not been linked").
/* oxlint-disable import/no-unassigned-import -- loading them is all that is wanted */
import './frameworks/fastify.ts';
import './frameworks/hono.ts';
import './frameworks/koa.ts';
/* oxlint-enable import/no-unassigned-import */
import { startTelemetry } from './index.ts';
import { keepPreloadForChildren } from './inherited-preload.ts';
import { say } from './standard-streams/say.ts';

/**
 * May throw: `register.cts` guards it, whatever it is that fails.
 *
 * @param path - The file of `reqlens/register`; undefined when a bundler has made it a part of the application.
 */
export function preload(environment: NodeJS.ProcessEnv, path: string | undefined): void {
  if (path !== undefined) keepPreloadForChildren(path, environment);
  const { config, problems } = readConfig(environment);
  const lines = [...problems.map(problemLine), ...(config.hasStartupLine ? [startupLine(config)] : [])];
  if (speaksForProcess()) for (const line of lines) say(line);
  startTelemetry(config);
}
