/** What a stranger sends beside the ids of his trace is not read: of a broken baggage that takes milliseconds. */
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { propagation } from '@opentelemetry/api';
import { expect, onTestFinished, test } from 'vitest';

import { requestIdentifier } from '../../src/http/request-identity.ts';
import { findBy } from '../identity/find-client.ts';

const headers = {
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'v=1',
  baggage: 'a=1',
};

test.each([
  ['never', [headers.traceparent, undefined, undefined]],
  ['always', Object.values(headers)],
])('with REQLENS_TRUST_TRACEPARENT=%s a propagator gets %j', (trust, expected) => {
  const read: unknown[] = [];
  propagation.setGlobalPropagator({
    inject: () => undefined,
    fields: () => Object.keys(headers),
    extract: (context, carrier, getter) => {
      for (const name of Object.keys(headers)) read.push(getter.get(carrier, name));
      return context;
    },
  });
  onTestFinished(() => propagation.disable());
  const findClient = findBy({ REQLENS_TRUST_TRACEPARENT: trust });
  const identify = requestIdentifier({ headerName: 'x-request-id', findClient, onRejected: () => undefined });
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  identify(request);
  expect(read).toEqual(expected);
});
