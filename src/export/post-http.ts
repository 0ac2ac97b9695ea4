/** A request over OTLP/HTTP. */
import http from 'node:http';
import https from 'node:https';

import { agentFor } from './agents.ts';
import { asDead, closedEarly, onceAgain, tooLate, whenLate } from './attempt.ts';
import type { Attempt } from './attempt.ts';
import { boundConnecting } from './connect-time.ts';
import { httpOutcome, maxAnswerBytes } from './http-outcome.ts';
import type { HttpAnswer } from './http-outcome.ts';

import { throughProxy } from './proxy.ts';
import { clearTimeout, setTimeout } from '../real-timers.ts';
import { cleanWords } from './receiver-words.ts';
import type { Sent } from './sent.ts';

/**
 * OTLP says nothing of redirects. These two keep method and body; to the receiver itself they are followed, because it may see what it
 * gets anyway. Elsewhere the body and the configured headers would go to somebody whom nobody has chosen.
 */
const followed = new Set([307, 308]);
const mostRedirects = 3;
/** The status says what became of the batch; what follows it is not worth waiting for longer than this. */
const answerBodyMs = 2000;

export async function postHttp(attempt: Attempt): Promise<Sent> {
  const { route } = attempt;
  let url = new URL(route.url);
  for (let redirects = 0; ; redirects += 1) {
    const target = url;
    // oxlint-disable-next-line no-await-in-loop -- one redirect after the other
    const answer = await onceAgain(async (isFresh) => exchange(attempt, target, isFresh));
    const next = redirectIn(answer, url);
    if (next === undefined) return httpOutcome(answer, route);
    if (!followed.has(answer.status) || next.origin !== url.origin || redirects === mostRedirects) {
      const where = cleanWords(`${next.origin}${next.pathname}`, route.secrets);
      const reason = `HTTP status ${answer.status}: it redirects to ${where}, which is not followed`;
      return { status: 'refused', reason, isTooLarge: false };
    }
    url = withCredentialsOf(url, next);
  }
}

function redirectIn({ status, headers: { location } }: HttpAnswer, from: URL): URL | undefined {
  if (status < 300 || status >= 400 || location === undefined) return undefined;
  return URL.parse(location, from.href) ?? undefined;
}

/** They are the origin's, and it seldom repeats them in an address that it gives. */
function withCredentialsOf({ username, password }: URL, next: URL): URL {
  if (next.username === '' && next.password === '') Object.assign(next, { username, password });
  return next;
}

/** @throws The system's error, `tooLate`, or DeadConnection. */
async function exchange(attempt: Attempt, url: URL, isFresh: boolean): Promise<HttpAnswer> {
  const { route, content, timeoutMs, isDetached } = attempt;
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>();
  const proxied = route.proxy !== undefined && url.protocol === 'http:' ? throughProxy(url, route.proxy) : undefined;
  const options: http.RequestOptions = {
    method: 'POST',
    agent: agentFor(route, isFresh),
    timeout: timeoutMs,
    ...route.tls,
    ...proxied,
    headers: { ...route.headers, ...proxied?.headers, 'content-length': content.byteLength },
  };
  const isTls = (proxied ?? url).protocol === 'https:';
  const request = isTls ? https.request(url, options) : http.request(url, options);
  // One deadline for connecting, sending and the whole answer: `timeout` alone starts again with every byte.
  const callOff = whenLate(attempt, () => request.destroy(tooLate(timeoutMs)));
  request.on('socket', (socket) => {
    boundConnecting(socket);
    if (isDetached) socket.unref();
  });
  let isAnswered = false;
  // Once the head of an answer is there, the status stands; the end of its body is heard of below.
  const fail = (error: Error): void => {
    if (!isAnswered) reject(asDead(error, request.reusedSocket));
  };
  request.on('error', fail);
  request.on('close', () => fail(closedEarly()));
  request.on('response', (response) => {
    isAnswered = true;
    void answerOf(response).then(resolve);
  });
  request.end(content);
  try {
    return await promise;
  } finally {
    callOff();
  }
}

/** However the body ends, the status stands: sending again what was taken would double it. */
async function answerOf(response: http.IncomingMessage): Promise<HttpAnswer> {
  const { promise, resolve } = Promise.withResolvers<HttpAnswer>();
  const chunks: Buffer[] = [];
  let received = 0;
  const enough = setTimeout(() => response.destroy(), answerBodyMs).unref();
  response.on('data', (chunk: Buffer) => {
    received += chunk.byteLength;
    if (received > maxAnswerBytes) response.destroy();
    else chunks.push(chunk);
  });
  // Cut off by us or by the receiver; 'close' follows.
  response.on('error', () => undefined);
  response.on('close', () => {
    clearTimeout(enough);
    resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) });
  });
  return promise;
}
