/** The preload: reads the environment, starts telemetry, says what is wrong. Never throws into the application. */
import { problemLine } from './src/config/problem-lines.ts';
import { readConfig } from './src/config/read-config.ts';
import { startupLine } from './src/config/startup-line.ts';
import { speaksForProcess } from './src/export/self-report.ts';
// The whole public modules, before the application asks for them: Node 22 cannot `require` from a .cts file an ES module of which
// only parts are loaded ("request for './errors.js' is from a module not been linked").
/* oxlint-disable import/no-unassigned-import -- loading them is all that is wanted */
import './src/frameworks/fastify.ts';
import './src/frameworks/hono.ts';
import './src/frameworks/koa.ts';
/* oxlint-enable import/no-unassigned-import */
import { startTelemetry } from './src/index.ts';
import { say } from './src/standard-streams/say.ts';

/** One start per thread, even when the preload is named on the command line and in NODE_OPTIONS. */
const startedKey = Symbol.for('reqlens.started');

function main(): void {
  if (startedKey in globalThis) return;
  Object.defineProperty(globalThis, startedKey, { value: true });
  if (!isSupported(process.versions.node)) {
    say(
      `reqlens: Node.js 22.15 or newer is needed, this is ${process.versions.node}; the application runs without telemetry`,
    );
    return;
  }
  try {
    const { config, problems } = readConfig(process.env);
    const lines = [...problems.map(problemLine), ...(config.hasStartupLine ? [startupLine(config)] : [])];
    if (speaksForProcess()) lines.forEach((line) => say(line));
    startTelemetry(config);
  } catch (error) {
    const reason = error instanceof Error ? error.stack : String(error);
    say(`reqlens: telemetry could not start, the application runs without it: ${reason}`);
  }
}

/** As `engines` in package.json has it; npm only warns about that. */
function isSupported(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 15);
}

main();
