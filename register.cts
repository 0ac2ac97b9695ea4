/**
 * The preload: `node --import reqlens/register`, or `--require`. It imports nothing, so that it always runs: it says when Node is too
 * old, loads the rest guarded, and never throws into the application. CommonJS, because Node can load it whatever its version, and
 * because tools that trace files (Next.js) follow `require`.
 */
(function register(): void {
  // One start per thread, even when the preload is named on the command line and in NODE_OPTIONS.
  const started = Symbol.for('reqlens.started');
  if (started in globalThis) return;
  // A bundler may have made an ES module of it, which has no such name.
  const path = typeof __filename === 'string' ? __filename : undefined;
  Object.defineProperty(globalThis, started, { value: path });
  if (!isSupported(process.versions.node)) {
    say(`Node.js 22.15 or newer is needed, this is ${process.versions.node}; the application runs without telemetry`);
    return;
  }
  try {
    if (isLoaderThread()) return;
    const {
      preload,
    }: { preload: (environment: NodeJS.ProcessEnv, path: string | undefined) => void } = require('./preload.js');
    // The whole public modules, before the application asks for them: Node 22 cannot `require` from a .cts file an ES module of which only
    // parts are loaded ("request for './reqlens.js' is from a module not been linked"). One by one: of a name that is put together, bundlers
    // and tools that trace files take everything that lies beside us, the collector too.
    /* oxlint-disable import/no-unassigned-import -- loading them is all that is wanted */
    require('./index.js');
    require('./fastify.js');
    require('./hono.js');
    require('./koa.js');
    /* oxlint-enable import/no-unassigned-import */
    preload(process.env, path);
  } catch (error) {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    say(`telemetry could not start, the application runs without it: ${reason}`);
  }

  /** In an ES module that a bundler made of this file there is no `require`; on a Node that is too old there is nothing else. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as `require`
  function nodesOwn(name: string): any {
    return typeof process.getBuiltinModule === 'function' ? process.getBuiltinModule(name) : require(name);
  }

  /** Node's own, where it loads what `--require` names once more; nothing of the application runs there. */
  function isLoaderThread(): boolean {
    const { isInternalThread }: { isInternalThread?: boolean } = nodesOwn('node:worker_threads');
    return isInternalThread === true;
  }

  /** As `engines` in package.json has it; npm only warns about that. */
  function isSupported(version: string): boolean {
    const [major = 0, minor = 0] = version.split('.').map(Number);
    return major > 22 || (major === 22 && minor >= 15);
  }

  /** Not by `process.stderr`: when nobody reads it, that fails by an event which ends the application. */
  function say(message: string): void {
    try {
      const { writeSync }: { writeSync: (descriptor: number, text: string) => void } = nodesOwn('node:fs');
      writeSync(2, `reqlens: ${message.replace(/[\r\n]+\s*/g, ' ')}\n`);
    } catch {
      // There is nowhere left to say it.
    }
  }
})();
