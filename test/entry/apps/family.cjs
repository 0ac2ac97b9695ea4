// Starts children of every kind from another directory, and prints for each whether the preload runs in it too.
const { fork, spawnSync } = require('node:child_process');
const cluster = require('node:cluster');
const events = require('node:events');
const os = require('node:os');
const { Worker, isMainThread, workerData } = require('node:worker_threads');

const isPreloaded = Symbol.for('reqlens.started') in globalThis;
const kind = isMainThread ? process.argv[2] : workerData;
const output = { cwd: os.tmpdir(), encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] };

if (kind !== undefined) {
  require('node:fs').writeSync(1, `${kind}: ${isPreloaded}\n`);
  if (cluster.isWorker) cluster.worker.disconnect();
} else {
  void family();
}

async function family() {
  await events.once(fork(__filename, ['fork'], { cwd: os.tmpdir() }), 'exit');
  print(spawnSync(process.execPath, [...process.execArgv, __filename, 'spawn with execArgv'], output));
  if (process.env.NODE_OPTIONS) print(spawnSync(process.execPath, [__filename, 'spawn'], output));
  process.chdir(os.tmpdir());
  cluster.setupPrimary({ exec: __filename, args: ['cluster'] });
  await events.once(cluster.fork(), 'exit');
  const environments = { worker: {}, 'worker with env': { env: { ...process.env } } };
  // With options that belong to the whole process this is an error of Node's, with us and without.
  if (process.env.NO_EXEC_ARGV === undefined) environments['worker with execArgv'] = { execArgv: process.execArgv };
  for (const [name, options] of Object.entries(environments)) {
    await events.once(new Worker(__filename, { ...options, workerData: name }), 'exit');
  }
  class Sub extends Worker {}
  const sub = new Sub(__filename, { workerData: 'subclass of Worker' });
  if (!(sub instanceof Worker) || !(sub instanceof Sub)) console.log('a worker is not what it was');
  await events.once(sub, 'exit');
  process.env = { ...process.env };
  await events.once(fork(__filename, ['process.env replaced']), 'exit');
}

function print({ stdout }) {
  process.stdout.write(stdout);
}
