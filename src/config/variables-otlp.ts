/** OTEL_EXPORTER_OTLP_*: each for all signals and for one (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
import type { Variable, VariableDefault, VariableText } from './variables.ts';

interface OtlpOption {
  readonly suffix: string;
  readonly text: Pick<VariableText, 'meaning' | 'type' | 'isSecret'>;
  readonly fallback: VariableDefault;
}

const options: readonly OtlpOption[] = [
  {
    suffix: 'ENDPOINT',
    text: {
      meaning: 'Base address of the receiver; over HTTP `v1/traces`, `v1/logs` and `v1/metrics` are added to its path.',
      type: 'URL (http or https)',
    },
    fallback: { whenUnset: '`http://localhost:4318`, for gRPC `http://localhost:4317`' },
  },
  {
    suffix: 'PROTOCOL',
    text: { meaning: 'How the data is encoded and carried.', type: '`http/protobuf`, `http/json` or `grpc`' },
    fallback: { default: 'http/protobuf' },
  },
  {
    suffix: 'HEADERS',
    text: {
      meaning: 'Headers sent with every request, e.g. `authorization=Bearer%20abc`.',
      type: 'list of name=value, percent-encoded',
      isSecret: true,
    },
    fallback: { whenUnset: 'none' },
  },
  {
    suffix: 'TIMEOUT',
    text: {
      meaning:
        'The longest that one try of a request may take, from connecting to the end of the answer. What is not taken by then waits and is sent again. 0: no limit.',
      type: 'milliseconds',
    },
    fallback: { default: '10000' },
  },
  {
    suffix: 'COMPRESSION',
    text: { meaning: 'Whether requests are compressed.', type: '`gzip` or `none`' },
    fallback: { default: 'none' },
  },
  {
    suffix: 'CERTIFICATE',
    text: { meaning: 'Certificates that the receiver is checked against.', type: 'path of a readable PEM file' },
    fallback: { whenUnset: "Node's own" },
  },
  {
    suffix: 'CLIENT_KEY',
    text: { meaning: 'Key of the client certificate.', type: 'path of a readable PEM file', isSecret: true },
    fallback: { whenUnset: 'none' },
  },
  {
    suffix: 'CLIENT_CERTIFICATE',
    text: { meaning: 'Certificate that the receiver checks us against.', type: 'path of a readable PEM file' },
    fallback: { whenUnset: 'none' },
  },
  {
    suffix: 'INSECURE',
    text: {
      meaning: 'For gRPC endpoints without a scheme: plain text instead of TLS. Only `true` is true.',
      type: 'boolean',
    },
    fallback: { default: 'false' },
  },
];

/** In the order of the documents: all signals first, then traces, logs and metrics. */
export const otlpVariables: readonly Variable[] = [
  ...options.map(forAllSignals),
  ...['TRACES', 'LOGS', 'METRICS'].flatMap((signal) => options.map((option) => forOneSignal(option, signal))),
];

function forAllSignals({ suffix, text, fallback }: OtlpOption): Variable {
  return { name: `OTEL_EXPORTER_OTLP_${suffix}`, section: 'OTLP', ...text, ...fallback };
}

function forOneSignal({ suffix, text }: OtlpOption, signal: string): Variable {
  const base = `OTEL_EXPORTER_OTLP_${suffix}`;
  const isEndpoint = suffix === 'ENDPOINT';
  const only = `For ${signal.toLowerCase()} only`;
  return {
    ...text,
    name: `OTEL_EXPORTER_OTLP_${signal}_${suffix}`,
    section: 'OTLP',
    meaning: isEndpoint
      ? `${only}: the whole address, path included; nothing is added.`
      : `${only}${overrides(suffix, base)}`,
    whenUnset: isEndpoint ? `\`${base}\` + \`v1/${signal.toLowerCase()}\`` : `\`${base}\``,
  };
}

function overrides(suffix: string, base: string): string {
  return suffix === 'HEADERS' ? `: added to those of \`${base}\`, same names win.` : `, instead of \`${base}\`.`;
}
