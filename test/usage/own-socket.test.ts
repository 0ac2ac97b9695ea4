/** Bytes of a request on its own connection: its share of a connection that serves many. */
import { connect } from 'node:net';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { startLab, until } from './support.ts';
import type { UsageLab } from './support.ts';

let lab: UsageLab;
beforeAll(async () => {
  lab = await startLab();
});
afterAll(async () => lab.close());

/** Sends requests over one connection, the next when the answer to the last has come; gives the answers. */
async function converse(requests: readonly string[]): Promise<string[]> {
  const socket = connect(Number(new URL(lab.app.url).port), '127.0.0.1').setEncoding('latin1');
  const answers: string[] = [];
  for (const request of requests) {
    let answer = '';
    const whole = new Promise<void>((resolve) => {
      socket.on('data', (text: string) => {
        answer += text;
        const [head = '', body = ''] = answer.split('\r\n\r\n');
        const length = /content-length: (\d+)/i.exec(head)?.[1];
        if (length !== undefined && body.length === Number(length)) resolve();
      });
    });
    socket.write(request);
    await whole;
    socket.removeAllListeners('data');
    answers.push(answer);
  }
  socket.destroy();
  return answers;
}

const ended = (id: string): ReturnType<UsageLab['figures']> =>
  until(
    () => lab.figures(id),
    ({ method }) => method !== undefined,
  );

test('the second request of a kept-alive connection has its own bytes, not those before and after it', async () => {
  const untracked = 'GET /untracked/await HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const body = 'x'.repeat(5000);
  const tracked = `POST /tracked/echo?id=second HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5000\r\n\r\n${body}`;
  const answers = await converse([untracked, tracked, untracked]);
  expect(await ended('second')).toMatchObject({
    socketReadBytes: tracked.length,
    socketWrittenBytes: answers[1]?.length,
    isComplete: true,
  });
});

test('a chunked body counts without its framing', async () => {
  const head = 'POST /tracked/echo?id=chunked HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
  await converse([`${head}5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`]);
  expect(await ended('chunked')).toMatchObject({ socketReadBytes: head.length + 'hello world'.length });
});

test('pipelined requests do not count the responses before them', async () => {
  const socket = connect(Number(new URL(lab.app.url).port), '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (text: string) => (answer += text));
  socket.write(
    'GET /untracked/idle HTTP/1.1\r\nHost: localhost\r\n\r\nGET /tracked/echo?id=piped HTTP/1.1\r\nHost: localhost\r\n\r\n',
  );
  const { socketWrittenBytes } = await ended('piped');
  await until(
    async () => answer,
    (text) => text.endsWith('read 0'),
  );
  socket.destroy();
  expect(socketWrittenBytes).toBe(answer.length - answer.lastIndexOf('HTTP/1.1 200'));
});
