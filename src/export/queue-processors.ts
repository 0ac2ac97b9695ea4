/** Lets the SDK hand finished spans and log records to our queues. */
import { TraceFlags } from '@opentelemetry/api';
import type { LogRecordProcessor, ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace';

import { logRecordUids } from './log-record-uid.ts';
import type { BatchQueue } from './batch-queue.ts';

/** Only sampled spans leave the process (https://opentelemetry.io/docs/specs/otel/trace/sdk/#batching-processor). */
export class QueueSpanProcessor implements SpanProcessor {
  readonly #queue: BatchQueue<ReadableSpan>;

  constructor(queue: BatchQueue<ReadableSpan>) {
    this.#queue = queue;
  }

  onStart(): void {
    // Only finished spans are of interest here.
  }

  onEnd(span: ReadableSpan): void {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) !== 0) this.#queue.add(span);
  }

  async forceFlush(): Promise<void> {
    await this.#queue.flush();
  }

  async shutdown(): Promise<void> {
    await this.#queue.flush();
  }
}

export class QueueLogRecordProcessor implements LogRecordProcessor {
  readonly #queue: BatchQueue<ReadableLogRecord>;
  readonly #nextUid = logRecordUids();

  constructor(queue: BatchQueue<ReadableLogRecord>) {
    this.#queue = queue;
  }

  onEmit(record: ReadWriteLogRecord): void {
    record.setAttribute('log.record.uid', this.#nextUid());
    this.#queue.add(record);
  }

  async forceFlush(): Promise<void> {
    await this.#queue.flush();
  }

  async shutdown(): Promise<void> {
    await this.#queue.flush();
  }
}
