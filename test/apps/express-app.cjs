const express = require('express');

const app = express();
app.get('/users/:id', (request, response) => response.json({ id: request.params.id }));
const server = app.listen(0, '127.0.0.1', async () => {
  const response = await fetch(`http://127.0.0.1:${server.address().port}/users/7`);
  console.log('answer', await response.text());
  server.close();
  server.closeAllConnections();
});
