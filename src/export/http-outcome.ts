/** What an answer over HTTP means (https://opentelemetry.io/docs/specs/otlp/#otlphttp-response). Pure. */
import type { IncomingHttpHeaders } from 'node:http';
import { gunzipSync } from 'node:zlib';

import { protobufFields } from './protobuf-fields.ts';
import { cleanWords } from './receiver-words.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Rejected, Route, Sent } from './sent.ts';

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As much of it as came in time and was kept. */
  readonly body: Buffer;
}

/** Answers bigger than this are no Export response; the rest is not read. */
export const maxAnswerBytes: number = 64 * 1024;

const retryable = new Set([429, 502, 503, 504]);
/** The OpenTelemetry Collector has 400 for a body beyond its limit, nginx and most others 413. */
const tooLargeWords = /too large|larger than|exceeds.{0,40}(?:size|limit|max)/i;
/** Limits of another kind, which a half exceeds as well as the whole: of how often something comes, or how much of it an item has. */
const otherLimitWords =
  /\b(?:rates?|quotas?|throttl\w*|labels?|attributes?|series|streams?|daily|monthly|per (?:second|minute|hour|day|month))\b|\/ ?s(?:ec)?\b/i;

export function httpOutcome(answer: HttpAnswer, route: Route): Sent {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return sentOf(isWebPage(answer) ? webPage : rejectedIn(answer, route));
  const words = wordsOf(answer, route);
  const reason = `HTTP status ${status}${words === '' ? '' : `: ${words}`}`;
  if (!retryable.has(status)) return { status: 'refused', reason, isTooLarge: isTooLarge(status, words) };
  const afterMs = retryAfterMs(headers['retry-after'], headers.date);
  return { status: 'retry', reason, afterMs, isUnreachable: false };
}

function isTooLarge(status: number, words: string): boolean {
  return status === 413 || (status === 400 && saysTooLarge(words));
}

export function saysTooLarge(words: string): boolean {
  return tooLargeWords.test(words) && !otherLimitWords.test(words);
}

/** A login page, the page of an ingress without a backend, an application that answers everything: taken for a collector it is a silent loss. */
const webPage: Rejected = {
  count: 0,
  message:
    'its answer is a web page (text/html), which no collector sends: check the address, the telemetry is probably lost',
};

/** All taken, without a word: most answers. */
export function sentOf(rejected: Rejected | undefined): Sent {
  if (rejected === undefined || (rejected.count === 0 && rejected.message === '')) return { status: 'sent' };
  return { status: 'sent', rejected };
}

function rejectedIn(answer: HttpAnswer, route: Route): Rejected | undefined {
  const body = unpacked(answer);
  if (body.length === 0) return undefined;
  const partial = isJson(answer) ? partialInJson(body) : isProtobuf(answer) ? partialInProtobuf(body) : undefined;
  return partial && { count: Math.max(0, partial.count), message: cleanWords(partial.message, route.secrets) };
}

/** Export…ServiceResponse: field 1 is the partial success, with the count in its field 1 and the message in 2, whatever the signal. */
export function partialInProtobuf(body: Uint8Array): Rejected | undefined {
  const partial = protobufFields(body).messages(1)[0];
  if (partial === undefined) return undefined;
  const fields = protobufFields(partial);
  return { count: fields.number(1), message: fields.text(2) };
}

/** By JSON's rules for protobuf a 64-bit integer is a text, a reader takes both, and both ways to write a name. */
function partialInJson(body: Buffer): Rejected | undefined {
  const partial = member(parsed(body), 'partialSuccess', 'partial_success');
  if (typeof partial !== 'object' || partial === null) return undefined;
  const rejected = Object.entries(partial).find(([name]) => name.startsWith('rejected'))?.[1];
  const count = Number(rejected ?? 0);
  const message = member(partial, 'errorMessage', 'error_message');
  return { count: Number.isFinite(count) ? Math.ceil(count) : 0, message: typeof message === 'string' ? message : '' };
}

/** `Status.message` where there is one, else the text itself. */
function wordsOf(answer: HttpAnswer, { secrets }: Route): string {
  const body = unpacked(answer);
  if (isProtobuf(answer)) return cleanWords(protobufFields(body).text(2), secrets);
  const text = body.toString('utf8');
  if (!isJson(answer) && !text.startsWith('{')) return isText(answer) ? cleanWords(text, secrets) : '';
  const json = parsed(body);
  const error = member(json, 'error', 'error');
  const message = [member(json, 'message', 'message'), member(error, 'message', 'message'), error].find(
    (each) => typeof each === 'string',
  );
  return cleanWords(typeof message === 'string' ? message : text === '{}' ? '' : text, secrets);
}

/** Nobody was asked for gzip; some send it all the same. */
function unpacked({ headers, body }: HttpAnswer): Buffer {
  if (headers['content-encoding'] !== 'gzip') return body;
  try {
    return gunzipSync(body, { maxOutputLength: maxAnswerBytes });
  } catch {
    // Cut, damaged or too long: the status alone has to do.
    return Buffer.alloc(0);
  }
}

function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // Its content type promised JSON; the status alone has to do.
    return undefined;
  }
}

function member(value: unknown, name: string, otherName: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = Object.entries(value).find(([key]) => key === name || key === otherName);
  return entry?.[1];
}

function isJson({ headers }: HttpAnswer): boolean {
  return headers['content-type']?.includes('json') === true;
}

function isProtobuf({ headers }: HttpAnswer): boolean {
  return headers['content-type']?.includes('protobuf') === true;
}

function isWebPage({ headers }: HttpAnswer): boolean {
  return headers['content-type']?.startsWith('text/html') === true;
}

/** Without a content type most say it in plain words. */
function isText({ headers }: HttpAnswer): boolean {
  const type = headers['content-type'];
  return type === undefined || type.startsWith('text/');
}
