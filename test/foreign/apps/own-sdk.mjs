/** An application that brings an OpenTelemetry SDK of its own, as many do that were instrumented before. */
import { createServer } from 'node:http';

import { trace } from '@opentelemetry/api';
import { TracerProvider } from '@opentelemetry/sdk-trace';

const isRegistered = trace.setGlobalTracerProvider(new TracerProvider());
process.stderr.write(`application registered: ${isRegistered}\n`);

const server = createServer((_, response) => {
  trace.getTracer('app').startActiveSpan('child', (span) => span.end());
  response.on('close', () => server.close());
  response.end('ok');
});
server.listen(0, '127.0.0.1', () => console.log(`listening ${server.address().port}`));
