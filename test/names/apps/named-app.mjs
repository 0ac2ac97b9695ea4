/** Uses names that every object has, wherever an application may choose one. Ends after a request for /bye. */
import { createServer } from 'node:http';

import { metrics, trace } from '@opentelemetry/api';
import { getLogger, runTask, setCaller, setLogLevel } from 'reqlens';

const names = process.argv.slice(2);
const own = Object.fromEntries(names.map((name) => [name, `of ${name}`]));
const counter = metrics.getMeter('names').createCounter('names');

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost');
  if (pathname === '/bye') server.close();
  if (pathname === '/caller') {
    const name = searchParams.get('name');
    setCaller({ id: name, account: name, roles: [name] });
  }
  if (pathname === '/all') {
    for (const name of names) {
      const log = getLogger(name);
      log.debug(own, 'at debug');
      setLogLevel(name, 'error');
      log.warn('not written');
      log.child(own).error(`of ${name}`);
      await runTask(name, () => trace.getTracer(name).startSpan(name, { attributes: own }).end());
    }
    counter.add(1, own);
  }
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`listening ${server.address().port}\n`));
