// Makes calls by node:http and by fetch when it is asked to, and answers with the CPU time of this process, in microseconds.
'use strict';
const http = require('node:http');

const agent = new http.Agent({ keepAlive: true, maxSockets: 10 });

const ways = {
  http: (url) =>
    new Promise((resolve, reject) => {
      const request = http.get(url, { agent }, (response) => response.on('end', resolve).resume());
      request.on('error', reject);
    }),
  fetch: async (url) => (await fetch(url)).arrayBuffer(),
};

process.on('message', async ({ way, url, requests }) => {
  const before = process.cpuUsage();
  let left = requests;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      await ways[way](url);
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  // What waits in the queue of spans goes out meanwhile: sending is part of the price.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const { user, system } = process.cpuUsage(before);
  process.send({ cpuUs: user + system });
});
process.send({});
