/** What is in force, in one line for stderr. Names every field that it shows, so that nothing secret comes along by chance. */
import { dirname, isAbsolute, relative } from 'node:path';

import type { Config, HostRule, LoggerSettings, OtlpSettings, TokenSettings, TrustRule } from './config.ts';
import { writtenHosts, writtenNetworks } from './networks.ts';
import { shownText, withoutCredentials } from './shown-value.ts';

type SignalConfig = Pick<Config['traces'], 'exporters' | 'otlp'>;

/** @returns One line without its line break. Endpoints stand without user, password and query; headers never appear. */
export function startupLine(config: Config): string {
  if (config.isDisabled) return 'reqlens: disabled by OTEL_SDK_DISABLED';
  const { traces, logs, metrics, requestId, clients, http, usage } = config;
  const ratio = traces.sampler.endsWith('traceidratio') ? `(${traces.samplerRatio})` : '';
  const fields = {
    service: shownText(config.serviceName ?? 'unknown_service:node'),
    traces: signalText(traces),
    logs: signalText(logs),
    metrics: signalText(metrics),
    sampler: `${traces.sampler}${ratio}`,
    propagators: config.propagators.join(',') || 'none',
    'request-id-header': requestId.headerName,
    'trust-request-id': trustText(requestId.trustRequestId),
    'trust-traceparent': trustText(requestId.trustTraceparent),
    'trusted-proxies': trustText(clients.trustedProxies),
    'forwarded-header': clients.forwardedHeader,
    'send-request-id-to': hostText(requestId.sendTo),
    'http-server': http.server,
    'http-client': http.client,
    'privileged-roles': shownText(usage.privilegedRoles.join(',') || 'none'),
    tokens: tokensText(usage.tokens),
    'usage-store': usage.store.redisUrl === undefined ? 'memory' : withoutCredentials(usage.store.redisUrl),
    'usage-path': usage.path ?? 'none',
    'log-dir': shownText(shortPath(logs.directory)),
    loggers: logs.loggers.map((logger) => loggerText(logger, logs.directory)).join(','),
  };
  return `reqlens: started ${Object.entries(fields)
    .map(([name, text]) => `${name}=${text}`)
    .join(' ')}`;
}

function signalText({ exporters, otlp }: SignalConfig): string {
  return exporters.map((name) => (name === 'otlp' ? otlpText(otlp) : name)).join(',') || 'none';
}

function otlpText({ protocol, endpoint }: OtlpSettings): string {
  return `otlp:${protocol}:${withoutCredentials(endpoint)}`;
}

function trustText(rule: TrustRule): string {
  return rule.kind === 'peers' ? writtenNetworks(rule.networks) : rule.kind;
}

function hostText(rule: HostRule): string {
  return rule.kind === 'listed' ? writtenHosts(rule.networks, rule.names) : rule.kind;
}

/** What they are verified by; a secret is only named. */
function tokensText({ secret, jwksUrl }: TokenSettings): string {
  const means = [
    ...(secret === undefined ? [] : ['secret']),
    ...(jwksUrl === undefined ? [] : [withoutCredentials(jwksUrl)]),
  ];
  return means.join(',') || 'none';
}

/** From the working directory when it lies in there. */
function shortPath(path: string): string {
  const short = relative(process.cwd(), path);
  return short === '' || short.startsWith('..') || isAbsolute(short) ? path : short;
}

/** `name:level`, the file only where it is not in the directory of all, and what is out of the ordinary. */
function loggerText({ name, level, file, hasConsole, hasOtlp }: LoggerSettings, directory: string): string {
  const isElsewhere = file !== undefined && dirname(file.path) !== directory;
  const place = isElsewhere ? `:${shownText(shortPath(file.path))}` : '';
  const without = [
    ...(file === undefined ? ['no-file'] : []),
    ...(hasConsole ? [] : ['no-console']),
    ...(hasOtlp ? [] : ['no-otlp']),
  ];
  return `${name}:${level}${place}${without.map((word) => `:${word}`).join('')}`;
}
