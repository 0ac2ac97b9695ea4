// An application that does nothing: its first line says how long the way to it was.
'use strict';
const atMs = performance.now();
const { user, system } = process.cpuUsage();
process.stdout.write(JSON.stringify({ atMs, cpuMs: (user + system) / 1000 }));
