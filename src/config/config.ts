/** What the environment says, parsed: the only form in which the other rooms see it. */

/** Who is believed. `peers`: those whose address lies in one of the networks. */
export type PeerRule =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'peers'; readonly networks: readonly Network[] };

/** Whose inbound ids are believed. `proxy`: what comes from a trusted proxy is its own word, whoever the client is. */
export type TrustRule = PeerRule | { readonly kind: 'proxy' };

/** How the client of a request is found. */
export interface ClientSettings {
  /** `REQLENS_TRUSTED_PROXIES`: hops that are believed about whom they forward for. Default: loopback and private networks. */
  readonly trustedProxies: PeerRule;
  /** `REQLENS_FORWARDED_HEADER`: `auto` (Forwarded and X-Forwarded-For), `none`, or the lower-case name of a header; one that is not `forwarded` is written as X-Forwarded-For is. */
  readonly forwardedHeader: string;
}

/** One block of addresses, e.g. 10.0.0.0/8 or fd00::/8. */
export interface Network {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** Which hosts get our request id with an outgoing request. `listed`: an address in a network, or a name (`*.` stands for any subdomain). */
export type HostRule =
  | { readonly kind: 'always' }
  | { readonly kind: 'never' }
  | { readonly kind: 'listed'; readonly networks: readonly Network[]; readonly names: readonly string[] };

/** One signal's way to an OTLP receiver (https://opentelemetry.io/docs/specs/otel/protocol/exporter/). */
export interface OtlpSettings {
  /** Where requests of this signal go. For HTTP the whole URL with its path; for gRPC scheme, host and port. */
  readonly endpoint: string;
  readonly protocol: 'http/protobuf' | 'http/json' | 'grpc';
  /** Lower-case names; sent with every request. Values are secrets: never log them. */
  readonly headers: Readonly<Record<string, string>>;
  /** For one try of a request, from connecting to the end of the answer. */
  readonly timeoutMs: number;
  readonly compression: 'gzip' | 'none';
  /** Paths of PEM files; absent means Node's defaults. */
  readonly certificate?: string;
  readonly clientKey?: string;
  readonly clientCertificate?: string;
  /** Address of the HTTP proxy on the way, as Node has proxies; may hold credentials: never log it. */
  readonly proxy?: string;
}

/** A batch processor's bounds, by the names of the specification (OTEL_BSP_*, OTEL_BLRP_*). */
export interface BatchSettings {
  readonly scheduleDelayMs: number;
  readonly exportTimeoutMs: number;
  /** More than this many waiting items are dropped and counted. */
  readonly maxQueueSize: number;
  readonly maxExportBatchSize: number;
}

/** Where batches wait on disk that no receiver takes. */
export interface SpoolSettings {
  /** Absolute. */
  readonly directory: string;
  /** Of all processes together. */
  readonly maxBytes: number;
  readonly maxAgeMs: number;
}

export type ExporterName = 'otlp' | 'console';
export type SamplerName =
  | 'always_on'
  | 'always_off'
  | 'traceidratio'
  | 'parentbased_always_on'
  | 'parentbased_always_off'
  | 'parentbased_traceidratio';
export type PropagatorName = 'tracecontext' | 'baggage' | 'b3' | 'b3multi';
export type DiagLevel = 'none' | 'error' | 'warn' | 'info' | 'debug' | 'verbose' | 'all';
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

export type LogFormat = 'json' | 'text';

/** One log file: where it is, when it rolls, and which of its backups are kept. */
export interface LogFileSettings {
  /** Absolute. */
  readonly path: string;
  /** A line that would take the file beyond this starts a new one. 0: no limit. */
  readonly maxBytes: number;
  /** A new file at the first line of each hour or day (UTC, as the lines' times are); undefined: by size alone. */
  readonly rollEvery: 'hour' | 'day' | undefined;
  readonly keep: LogKeepLimits;
  /** Backups are compressed by gzip, in the background. */
  readonly compresses: boolean;
  /** Permissions of new files, e.g. 0o640. */
  readonly mode: number;
  /** Each line is handed to the operating system before the logger call returns. */
  readonly isSync: boolean;
  /** Whose code rolls the file. `pino-roll` is loaded from the application. */
  readonly driver: 'reqlens' | 'pino-roll';
}

/** Which backups stay; the current file is not counted. `undefined`: no limit of that kind. */
export interface LogKeepLimits {
  /** 0 keeps none. */
  readonly count: number | undefined;
  readonly ageMs: number | undefined;
  /** All backups together. */
  readonly bytes: number | undefined;
}

/** One named logger. */
export interface LoggerSettings {
  readonly name: string;
  /** The least severe level that is written; `REQLENS_LOG_LEVEL_<NAME>` is in it already. */
  readonly level: LogLevel;
  /** Undefined: no file. */
  readonly file: LogFileSettings | undefined;
  /** Of the file and of the console. */
  readonly format: LogFormat;
  readonly hasConsole: boolean;
  /** Lines go to the collector too, when there is a logs exporter. */
  readonly hasOtlp: boolean;
  /** Its lines are also written by the nearest configured ancestor (`a` of `a.b`), else by the logger `root` when that is configured. */
  readonly propagates: boolean;
}

/** Who may see what a request used, and where that is kept. */
export interface UsageSettings {
  /** `REQLENS_PRIVILEGED_ROLES`: one of them is enough; compared letter by letter. Empty: nobody, and nothing is measured. */
  readonly privilegedRoles: readonly string[];
  readonly tokens: TokenSettings;
  readonly store: UsageStoreSettings;
  /** `REQLENS_USAGE_PATH`: begins with `/`, does not end with it. Undefined: nothing can be read over HTTP. */
  readonly path: string | undefined;
  /** `REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE`: so many requests are measured for callers who turn out not to be privileged. */
  readonly unprivilegedPerMinute: number;
}

/** Which signed tokens are believed. Without a secret and without keys: none. */
export interface TokenSettings {
  /** `REQLENS_JWT_SECRET`, at least 32 bytes. Never log it. */
  readonly secret: string | undefined;
  /** `REQLENS_JWKS_URL`. Its query may be a secret. */
  readonly jwksUrl: string | undefined;
  /** `REQLENS_JWT_ISSUER`; undefined: any. */
  readonly issuer: string | undefined;
  /** `REQLENS_JWT_AUDIENCE`: one of them must be the token's. */
  readonly audience: readonly string[];
  /** `REQLENS_JWT_ROLES_CLAIM`, step by step from the token's payload, e.g. `['realm_access', 'roles']`. */
  readonly rolesClaim: readonly string[];
}

export interface UsageStoreSettings {
  /** `REQLENS_USAGE_STORE`; undefined: this process's memory alone. May hold a password: never log it. */
  readonly redisUrl: string | undefined;
  /** `REQLENS_USAGE_TTL`. */
  readonly ttlMs: number;
  /** `REQLENS_USAGE_MAX_ENTRIES`, in this process's memory. */
  readonly maxEntries: number;
}

/** Counts and lengths; `undefined` means no limit of ours. */
export interface AttributeLimits {
  readonly attributeCount: number;
  readonly attributeValueLength: number | undefined;
}

export interface Config {
  /** `OTEL_SDK_DISABLED`: nothing is hooked, nothing is sent; named loggers still write. */
  readonly isDisabled: boolean;
  /** `OTEL_SERVICE_NAME`, else `service.name` of `OTEL_RESOURCE_ATTRIBUTES`, else undefined (the caller falls back to `unknown_service:node`). */
  readonly serviceName: string | undefined;
  /** `OTEL_RESOURCE_ATTRIBUTES`, percent-decoded, without `service.name`. */
  readonly resourceAttributes: Readonly<Record<string, string>>;
  /** `OTEL_LOG_LEVEL`: how much OpenTelemetry's diagnostics, and ours about our functions and hooks, say on stderr. */
  readonly diagLevel: DiagLevel;
  readonly propagators: readonly PropagatorName[];

  readonly traces: {
    /** Empty: spans are made (ids stay right) but go nowhere. */
    readonly exporters: readonly ExporterName[];
    readonly otlp: OtlpSettings;
    readonly batch: BatchSettings;
    readonly sampler: SamplerName;
    /** 0-1, `OTEL_TRACES_SAMPLER_ARG`; used by the ratio samplers only. */
    readonly samplerRatio: number;
    /** `REQLENS_REDACT_QUERY`: parameters of addresses whose values are not recorded; in any case, `-` and `_` do not count. */
    readonly redactQuery: readonly string[];
    readonly limits: AttributeLimits & {
      readonly eventCount: number;
      readonly linkCount: number;
      readonly attributePerEventCount: number;
      readonly attributePerLinkCount: number;
    };
  };
  readonly logs: {
    readonly exporters: readonly ExporterName[];
    readonly otlp: OtlpSettings;
    readonly batch: BatchSettings;
    readonly limits: AttributeLimits;
    /** `REQLENS_LOG_LEVEL`: the least severe level that named loggers write, unless they have their own. */
    readonly level: LogLevel;
    /** `REQLENS_LOG_LEVEL_<NAME>`, by the part after the last underscore of the prefix, e.g. `WORDPRESS_API`; for loggers without settings too. */
    readonly levels: Readonly<Record<string, LogLevel>>;
    /** The three that exist by default, and those of `REQLENS_LOGGERS_FILE` and `REQLENS_LOGGERS`, each name once. */
    readonly loggers: readonly LoggerSettings[];
    /** `REQLENS_LOGGERS_FILE`: absolute path, even when the file cannot be read yet; its levels are followed while the process runs. */
    readonly loggersFile: string | undefined;
    /** Names whose level `REQLENS_LOGGERS` sets: as with `levels`, a change of `loggersFile` leaves it as it is. */
    readonly fixedLevels: readonly string[];
    /** `REQLENS_LOG_DIR`, absolute. */
    readonly directory: string;
    /** `REQLENS_LOG_FORMAT`, for loggers without settings. */
    readonly format: LogFormat;
    /** `REQLENS_LOG_REDACT`: keys (`password`, at any depth, in any case) and paths from the line's root (`user.email`, `items.*.card`). */
    readonly redact: readonly string[];
    /** `REQLENS_LOG_MAX_LINE`: longer lines have their values cut. Characters of the line as JSON. */
    readonly maxLineLength: number;
    /** `REQLENS_BRIDGE_PINO`: lines of the application's own pino loggers go to the collector too. */
    readonly bridgesPino: boolean;
    /** `REQLENS_BRIDGE_CONSOLE`: what the application prints by `console.*` goes to the collector too. */
    readonly bridgesConsole: boolean;
  };
  readonly metrics: {
    readonly exporters: readonly ExporterName[];
    readonly otlp: OtlpSettings;
    readonly exportIntervalMs: number;
    readonly exportTimeoutMs: number;
    readonly temporality: 'cumulative' | 'delta' | 'lowmemory';
  };

  /** What waits for a receiver. */
  readonly waiting: {
    /** `REQLENS_SPOOL_DIR`, `_MAX_MB`, `_MAX_AGE`; undefined: nothing is on disk. */
    readonly spool: SpoolSettings | undefined;
    /** `REQLENS_QUEUE_MAX_MB`: memory for everything that waits, of all signals together. */
    readonly queueBytes: number;
    /** `REQLENS_EXPORT_MAX_BATCH_MB`: of one request, not compressed. */
    readonly batchBytes: number;
  };

  readonly requestId: {
    /** Lower case. `REQLENS_REQUEST_ID_HEADER`, default `x-request-id`. */
    readonly headerName: string;
    /** `REQLENS_TRUST_REQUEST_ID`. Default: loopback and private networks. */
    readonly trustRequestId: TrustRule;
    /** `REQLENS_TRUST_TRACEPARENT`. Default: loopback and private networks. */
    readonly trustTraceparent: TrustRule;
    /** `REQLENS_SEND_REQUEST_ID_TO`. Default: loopback and private networks. */
    readonly sendTo: HostRule;
  };
  readonly clients: ClientSettings;
  readonly http: {
    /** `REQLENS_HTTP_SERVER`: whose server instrumentation runs. */
    readonly server: 'reqlens' | 'otel';
    /** `REQLENS_HTTP_CLIENT`: whose instrumentation of outgoing requests runs. */
    readonly client: 'reqlens' | 'otel';
    /** `REQLENS_SERVER_TIMING`: answer with `Server-Timing: traceparent;desc="..."`. */
    readonly hasServerTiming: boolean;
  };
  readonly usage: UsageSettings;
  /** `REQLENS_ACCOUNT_BAGGAGE`: the account goes along with outgoing requests to hosts that get the request id. */
  readonly sendsAccount: boolean;
  /** `REQLENS_INSTRUMENTATIONS`: packages to load from the application, in this order. Default none. */
  readonly instrumentations: readonly string[];
  /** `NODE_OPTIONS`, as it is; empty when there are none. */
  readonly nodeOptions: string;
  /** `REQLENS_SHUTDOWN_TIMEOUT`, the longest that an exit may be delayed. */
  readonly shutdownTimeoutMs: number;
  /** `REQLENS_STARTUP_LINE`: say on stderr at the start what is in force, secrets left out. */
  readonly hasStartupLine: boolean;
}

/** A value or a name in the environment that could not be used as it stands. */
export interface ConfigProblem {
  readonly variable: string;
  /** When the value stands in a file that the variable names: which file, and the path of keys in it, e.g. `loggers.webhooks.level`. Fit to be shown. */
  readonly inFile?: { readonly path: string; readonly key: string };
  /** What was found, cut to 80 characters, control characters escaped, `***` when the variable is a secret. Absent for an unknown name. */
  readonly value?: string;
  /** What would have been right, e.g. `a whole number from 0 to 600000 (milliseconds)`, or for a name what was perhaps meant. */
  readonly expected: string;
  /** What goes on instead, e.g. `1000 is used`. */
  readonly consequence: string;
}
