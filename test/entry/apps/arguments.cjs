// Prints what children would inherit; with CHILD_NODE it starts such a child in another directory instead.
const { spawnSync } = require('node:child_process');
const os = require('node:os');

const { CHILD_NODE, NODE_OPTIONS } = process.env;
if (CHILD_NODE === undefined) {
  console.log(JSON.stringify({ execArgv: process.execArgv, nodeOptions: NODE_OPTIONS }));
} else {
  const { status } = spawnSync(CHILD_NODE, ['-p', '"child " + process.version'], {
    cwd: os.tmpdir(),
    stdio: 'inherit',
  });
  process.exitCode = status;
}
