// The stock way: the SDK as it comes, with the one instrumentation that sees incoming requests. Everything else by OTEL_* variables.
'use strict';
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');

new NodeSDK({ instrumentations: [new HttpInstrumentation()] }).start();
