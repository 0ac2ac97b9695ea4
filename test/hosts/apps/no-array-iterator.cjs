/** A server in a process that has taken the iterator from arrays, as some security hardening and Node's own tests do. */
const { spawn } = require('node:child_process');
const { appendFileSync, readFileSync } = require('node:fs');
const { createServer } = require('node:http');
const { devNull } = require('node:os');

const client = `
const http = require('node:http');
const ask = (left) => http.get({ port: process.argv[1] }, (response) => {
  console.log(response.statusCode);
  response.resume().on('end', () => left > 1 && ask(left - 1));
});
ask(3);
`;

const server = createServer((request, response) => response.end('fine'));
server.listen(0, '127.0.0.1', () => {
  const { env, execPath } = process;
  const args = ['-e', client, String(server.address().port)];
  const asking = spawn(execPath, args, { stdio: 'inherit', env: { PATH: env.PATH } });
  Reflect.deleteProperty(Object.getPrototypeOf([][Symbol.iterator]()), 'next');
  Reflect.deleteProperty(Array.prototype, Symbol.iterator);
  console.log(readFileSync(__filename).length > 0);
  appendFileSync(devNull, 'text');
  asking.on('exit', (code) => {
    process.exitCode = code === 0 ? 7 : 1;
    server.close();
  });
});
process.on('exit', (code) => console.log('exit', code));
