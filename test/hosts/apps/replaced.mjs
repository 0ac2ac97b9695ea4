/**
 * Loaded before the preload: remembers every function that Node's modules show, and their prototypes. At the end of the process it
 * prints the names of those that are not what they were.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const names =
  'http https http2 net tls dgram dns fs events stream async_hooks timers child_process worker_threads zlib crypto perf_hooks url util vm v8 os path diagnostics_channel cluster readline buffer string_decoder querystring module console';
const roots = [
  ...names.split(' ').map((name) => [name, require(`node:${name}`)]),
  ['process', process],
  ['', globalThis],
];

function* functionsOf(path, object, depth) {
  for (const key of Reflect.ownKeys(object)) {
    const descriptor = Object.getOwnPropertyDescriptor(object, key);
    const { value } = descriptor;
    if (key === 'constructor') continue;
    const name = `${path}${path === '' ? '' : '.'}${String(key)}`;
    for (const each of Object.values(descriptor)) if (typeof each === 'function') yield [name, each];
    const isRoom = typeof value === 'function' || key === 'promises' || key === 'prototype';
    if (isRoom && depth < 3 && value !== undefined) yield* functionsOf(name, value, depth + 1);
  }
}

function all() {
  return new Map(roots.flatMap(([name, object]) => [...functionsOf(name, object, 0)]));
}

const before = all();
process.on('exit', () => {
  const after = all();
  const replaced = [...after].filter(([name, value]) => before.get(name) !== value).map(([name]) => name);
  console.log(JSON.stringify(replaced));
});
