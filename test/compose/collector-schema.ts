/**
 * Which keys each Collector component of ours documents, for the versions that docker-compose.yml pins.
 * Read from the `config.schema.yaml`, `config.go` and README of the tags named beside each; nothing here is guessed.
 */

/** What a key may hold. `open` stands for a map that the schema describes but that we do not use. */
export type Shape = 'text' | 'number' | 'boolean' | 'duration' | 'texts' | 'open' | { readonly [key: string]: Shape };

/** The four sections of a Collector configuration that define components. */
export type Section = 'extensions' | 'receivers' | 'processors' | 'exporters';

/** go.opentelemetry.io/collector v0.159.0, config/configtls/config.schema.yaml, client_config. */
const tlsClient: Shape = {
  insecure: 'boolean',
  insecure_skip_verify: 'boolean',
  server_name_override: 'text',
  ca_file: 'text',
  cert_file: 'text',
  key_file: 'text',
  min_version: 'text',
  max_version: 'text',
  reload_interval: 'duration',
};

/** Collector v0.159.0, config/confighttp/config.schema.yaml, server_config and cors_config. */
const httpServer = {
  endpoint: 'text',
  cors: { allowed_origins: 'texts', allowed_headers: 'texts', exposed_headers: 'texts', max_age: 'number' },
  compression_algorithms: 'texts',
  idle_timeout: 'duration',
  include_metadata: 'boolean',
  keep_alives_enabled: 'boolean',
  max_request_body_size: 'number',
  read_header_timeout: 'duration',
  read_timeout: 'duration',
  response_headers: 'open',
  tls: 'open',
  write_timeout: 'duration',
} as const satisfies Shape;

/** Collector v0.159.0, config/configgrpc/config.schema.yaml, server_config with confignet.addr_config. */
const grpcServer: Shape = {
  endpoint: 'text',
  transport: 'text',
  include_metadata: 'boolean',
  keepalive: 'open',
  max_concurrent_streams: 'number',
  max_recv_msg_size_mib: 'number',
  read_buffer_size: 'number',
  tls: 'open',
  write_buffer_size: 'number',
};

/** Collector v0.159.0, exporter/exporterhelper/internal/queuebatch/config.schema.yaml. */
const sendingQueue: Shape = {
  enabled: 'boolean',
  num_consumers: 'number',
  wait_for_result: 'boolean',
  block_on_overflow: 'boolean',
  sizer: 'text',
  queue_size: 'number',
  storage: 'text',
  batch: {
    flush_timeout: 'duration',
    min_size: 'number',
    max_size: 'number',
    sizer: 'text',
    partition: { metadata_keys: 'texts' },
  },
};

/** Collector v0.159.0, config/configretry/config.schema.yaml, back_off_config. */
const retryOnFailure: Shape = {
  enabled: 'boolean',
  initial_interval: 'duration',
  max_elapsed_time: 'duration',
  max_interval: 'duration',
  multiplier: 'number',
  randomization_factor: 'number',
};

/** By section and component type (the part of an id before the slash). All are in the contrib image: otelcol-contrib/manifest.yaml of 0.159.0. */
export const documented: Readonly<Record<Section, Readonly<Record<string, Shape>>>> = {
  extensions: {
    // collector-contrib, extension/healthcheckextension/README.md: confighttp's server settings and three of its own.
    health_check: { ...httpServer, path: 'text', response_body: 'open' },
    // collector-contrib, extension/storage/filestorage/README.md.
    file_storage: {
      directory: 'text',
      timeout: 'duration',
      fsync: 'boolean',
      create_directory: 'boolean',
      directory_permissions: 'text',
      compaction: {
        on_start: 'boolean',
        on_rebound: 'boolean',
        directory: 'text',
        max_transaction_size: 'number',
        cleanup_on_start: 'boolean',
        rebound_needed_threshold_mib: 'number',
        rebound_trigger_threshold_mib: 'number',
        check_interval: 'duration',
      },
    },
  },
  receivers: {
    // Collector v0.159.0, receiver/otlpreceiver/config.schema.yaml.
    otlp: {
      protocols: {
        grpc: grpcServer,
        http: { ...httpServer, traces_url_path: 'text', metrics_url_path: 'text', logs_url_path: 'text' },
      },
    },
  },
  processors: {
    // Collector v0.159.0, internal/memorylimiter/config.schema.yaml.
    memory_limiter: {
      check_interval: 'duration',
      limit_mib: 'number',
      limit_percentage: 'number',
      spike_limit_mib: 'number',
      spike_limit_percentage: 'number',
      max_gc_interval_when_hard_limited: 'duration',
      max_gc_interval_when_soft_limited: 'duration',
      min_gc_interval_when_hard_limited: 'duration',
      min_gc_interval_when_soft_limited: 'duration',
    },
  },
  exporters: {
    // Collector v0.159.0, exporter/otlpexporter: metadata.yaml (type otlp_grpc) and config.schema.yaml with configgrpc.client_config.
    otlp_grpc: {
      endpoint: 'text',
      authority: 'text',
      balancer_name: 'text',
      compression: 'text',
      headers: 'open',
      keepalive: 'open',
      read_buffer_size: 'number',
      wait_for_ready: 'boolean',
      write_buffer_size: 'number',
      timeout: 'duration',
      tls: tlsClient,
      retry_on_failure: retryOnFailure,
      sending_queue: sendingQueue,
    },
    // Collector v0.159.0, exporter/debugexporter/config.schema.yaml.
    debug: {
      verbosity: 'text',
      sampling_initial: 'number',
      sampling_thereafter: 'number',
      use_internal_logger: 'boolean',
      output_paths: 'texts',
      sending_queue: sendingQueue,
    },
  },
};

/** Collector v0.159.0, service: telemetry as in the contrib image's own config.yaml (go.opentelemetry.io/contrib/otelconf v0.3.0). */
export const documentedService: Shape = {
  extensions: 'texts',
  pipelines: 'open',
  telemetry: {
    logs: { level: 'text', encoding: 'text' },
    metrics: {
      level: 'text',
      readers: 'open',
    },
  },
};

/** Names that the same versions still accept and warn about: metadata.yaml `deprecated_type`, and the advice against `batch` in new configurations. */
export const deprecated: Readonly<Record<Section, Readonly<Record<string, string>>>> = {
  extensions: {},
  receivers: {},
  processors: { batch: 'sending_queue.batch of the exporter' },
  exporters: { otlp: 'otlp_grpc', otlphttp: 'otlp_http', jaeger: 'otlp_grpc to a Jaeger 2', logging: 'debug' },
};
