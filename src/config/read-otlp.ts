/** OTEL_EXPORTER_OTLP_*, for all signals and for one (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
import type { OtlpSettings } from './config.ts';
import type { EnvironmentReader } from './environment-reader.ts';
import { parseHeaderList } from './key-value-list.ts';
import { readProxy } from './read-proxy.ts';
import { withoutCredentials } from './shown-value.ts';

export type Signal = 'TRACES' | 'LOGS' | 'METRICS';
type Protocol = OtlpSettings['protocol'];

interface GrpcRule {
  readonly signal: Signal;
  readonly isInsecure: boolean;
}

const all = 'OTEL_EXPORTER_OTLP';
const protocols: readonly Protocol[] = ['http/protobuf', 'http/json', 'grpc'];

/** @returns What one signal's exporter needs; a signal's own variable wins over the one for all signals. */
export function readOtlp(reader: EnvironmentReader, signal: Signal): OtlpSettings {
  const own = `${all}_${signal}`;
  const generalProtocol = reader.oneOf(`${all}_PROTOCOL`, { values: protocols, fallback: 'http/protobuf' });
  const protocol = reader.oneOf(`${own}_PROTOCOL`, { values: protocols, fallback: generalProtocol });
  const compressions: readonly OtlpSettings['compression'][] = ['gzip', 'none'];
  const compression = reader.oneOf(`${all}_COMPRESSION`, { values: compressions, fallback: 'none' });
  const isInsecure = readInsecure(reader, own);
  const endpoint = protocol === 'grpc' ? grpcEndpoint(reader, { signal, isInsecure }) : httpEndpoint(reader, signal);
  const proxy = readProxy(reader, endpoint);
  return {
    endpoint,
    protocol,
    headers: readHeaders(reader, own),
    timeoutMs: reader.timeout(`${own}_TIMEOUT`, reader.timeout(`${all}_TIMEOUT`, 10_000)),
    compression: reader.oneOf(`${own}_COMPRESSION`, { values: compressions, fallback: compression }),
    ...readCertificates(reader, own),
    ...(proxy === undefined ? {} : { proxy }),
  };
}

/** A signal's own address is taken as it is; the general one gets `v1/<signal>` after its path. */
function httpEndpoint(reader: EnvironmentReader, signal: Signal): string {
  const base = reader.url(`${all}_ENDPOINT`, { allowsBareHost: undefined, fallback: 'http://localhost:4318' });
  const url = new URL(base ?? 'http://localhost:4318');
  let path = url.pathname;
  while (path.endsWith('/')) path = path.slice(0, -1);
  url.pathname = `${path}/v1/${signal.toLowerCase()}`;
  const fallback = withoutCredentials(url.href);
  return (reader.url(`${all}_${signal}_ENDPOINT`, { allowsBareHost: undefined, fallback }) ?? url).href;
}

/** Scheme, host and port; `host:port` alone is TLS unless ..._INSECURE says otherwise. */
function grpcEndpoint(reader: EnvironmentReader, { signal, isInsecure }: GrpcRule): string {
  const allowsBareHost = isInsecure ? 'http' : 'https';
  const base = reader.url(`${all}_ENDPOINT`, { allowsBareHost, fallback: 'http://localhost:4317' });
  const url = base ?? new URL('http://localhost:4317');
  const own = reader.url(`${all}_${signal}_ENDPOINT`, { allowsBareHost, fallback: url.origin });
  return (own ?? url).origin;
}

/** Read for HTTP too, where it has no effect, so that a mistake in it is reported whatever the protocol. */
function readInsecure(reader: EnvironmentReader, own: string): boolean {
  const general = reader.specificationBoolean(`${all}_INSECURE`);
  return reader.text(`${own}_INSECURE`) === undefined ? general : reader.specificationBoolean(`${own}_INSECURE`);
}

function readHeaders(reader: EnvironmentReader, own: string): Readonly<Record<string, string>> {
  return Object.fromEntries([
    ...reader.keyValueList(`${all}_HEADERS`, parseHeaderList),
    ...reader.keyValueList(`${own}_HEADERS`, parseHeaderList),
  ]);
}

function readCertificates(
  reader: EnvironmentReader,
  own: string,
): Pick<OtlpSettings, 'certificate' | 'clientKey' | 'clientCertificate'> {
  const path = (suffix: string): string | undefined =>
    reader.readableFile(`${own}_${suffix}`) ?? reader.readableFile(`${all}_${suffix}`);
  const certificate = path('CERTIFICATE');
  const clientKey = path('CLIENT_KEY');
  const clientCertificate = path('CLIENT_CERTIFICATE');
  return {
    ...(certificate === undefined ? {} : { certificate }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
  };
}
