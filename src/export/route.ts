/** Turns the configured way to a receiver into what a request needs. */
import { readFileSync } from 'node:fs';

import type { OtlpSettings } from '../config/config.ts';
import { secretsOf } from './receiver-words.ts';
import type { Route, Signal } from './sent.ts';

/** Full method names of https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto/collector. */
const grpcPaths: Readonly<Record<Signal, string>> = {
  trace: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
};

/** @throws The system error of a certificate file that cannot be read; the configuration checked it a moment ago. */
export function routeFor(settings: OtlpSettings, signal: Signal): Route {
  const isGrpc = settings.protocol === 'grpc';
  const isGzip = settings.compression === 'gzip';
  return {
    signal,
    url: isGrpc ? new URL(grpcPaths[signal], settings.endpoint).href : settings.endpoint,
    isGrpc,
    isGzip,
    headers: {
      ...settings.headers,
      'user-agent': 'reqlens (OTel-OTLP-Exporter-JavaScript)',
      ...(isGrpc ? grpcHeaders(isGzip) : httpHeaders(settings.protocol, isGzip)),
    },
    secrets: secretsOf(settings.headers, [
      settings.endpoint,
      ...(settings.proxy === undefined ? [] : [settings.proxy]),
    ]),
    ...(settings.proxy === undefined ? {} : { proxy: settings.proxy }),
    tls: tlsFiles(settings),
  };
}

function httpHeaders(protocol: OtlpSettings['protocol'], isGzip: boolean): Record<string, string> {
  const contentType = protocol === 'http/json' ? 'application/json' : 'application/x-protobuf';
  return { 'content-type': contentType, ...(isGzip ? { 'content-encoding': 'gzip' } : {}) };
}

function grpcHeaders(isGzip: boolean): Record<string, string> {
  return { 'content-type': 'application/grpc+proto', te: 'trailers', ...(isGzip ? { 'grpc-encoding': 'gzip' } : {}) };
}

function tlsFiles({ certificate, clientKey, clientCertificate }: OtlpSettings): Route['tls'] {
  return {
    ...(certificate === undefined ? {} : { ca: readFileSync(certificate, 'utf8') }),
    ...(clientKey === undefined ? {} : { key: readFileSync(clientKey, 'utf8') }),
    ...(clientCertificate === undefined ? {} : { cert: readFileSync(clientCertificate, 'utf8') }),
  };
}
