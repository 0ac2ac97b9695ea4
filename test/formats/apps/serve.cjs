/**
 * What every format's application does: it answers /inner, and for / it calls /inner by its own `request` and by fetch, logs once,
 * and ends. Written as a function so that each format brings its own way of importing.
 */
exports.serve = ({ createServer, request, getLogger }) => {
  const log = getLogger('webhooks');
  const server = createServer(async (incoming, response) => {
    if (incoming.url === '/inner') {
      response.end(JSON.stringify(incoming.headers));
      return;
    }
    const inner = `http://127.0.0.1:${server.address().port}/inner`;
    await (await fetch(inner)).text();
    await new Promise((resolve, reject) => {
      const call = request(inner, { agent: false }, (answer) => answer.resume().on('end', resolve));
      call.on('error', reject).end();
    });
    log.info('called');
    response.on('close', () => {
      server.close();
      server.closeAllConnections();
    });
    response.end();
  });
  server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
};
