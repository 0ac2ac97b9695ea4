// The stock way to send pino's lines: the SDK as it comes, with the instrumentations of the request and of pino. Everything else by OTEL_* variables.
'use strict';
const { NodeSDK } = require('@opentelemetry/sdk-node');
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http');
const { PinoInstrumentation } = require('@opentelemetry/instrumentation-pino');

new NodeSDK({ instrumentations: [new HttpInstrumentation(), new PinoInstrumentation()] }).start();
