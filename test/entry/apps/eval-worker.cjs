// Prints whether the preload runs in workers whose code is a text.
const events = require('node:events');
const { Worker } = require('node:worker_threads');

const isPreloaded = "Symbol.for('reqlens.started') in globalThis";
const programs = {
  CommonJS: `require('node:fs').writeSync(1, 'CommonJS: ' + (${isPreloaded}) + '\\n');`,
  'ES module': `import fs from 'node:fs'; fs.writeSync(1, 'ES module: ' + (${isPreloaded}) + '\\n');`,
};

void start();

async function start() {
  for (const program of Object.values(programs)) await events.once(new Worker(program, { eval: true }), 'exit');
}
