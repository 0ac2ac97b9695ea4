/**
 * Keeps secrets out of spans, whoever made them: attributes with the names that log lines keep out (`REQLENS_LOG_REDACT`), and what is
 * secret in addresses (`REQLENS_REDACT_QUERY`, user names with passwords). Runs at the end of a span, before anybody is given it.
 */
import type { Span, SpanProcessor } from '@opentelemetry/sdk-trace';

import { SecretAttributes } from '../identity/secret-attributes.ts';
import type { SecretRules } from '../identity/secret-attributes.ts';

export class SecretSpanProcessor implements SpanProcessor {
  readonly #secrets: SecretAttributes;

  constructor(rules: SecretRules) {
    this.#secrets = new SecretAttributes(rules);
  }

  onStart(): void {
    // Attributes may be set until the end.
  }

  /** The objects are the SDK's own copies, so that nothing of the application's is changed. */
  onEnding(span: Span): void {
    this.#secrets.clean(span.attributes);
    for (const { attributes } of span.events) if (attributes !== undefined) this.#secrets.clean(attributes);
    for (const { attributes } of span.links) if (attributes !== undefined) this.#secrets.clean(attributes);
    const { message } = span.status;
    if (message !== undefined && message.includes('://')) span.status.message = this.#secrets.text(message);
  }

  onEnd(): void {
    // Everything was done before.
  }

  async forceFlush(): Promise<void> {
    // Holds nothing.
  }

  async shutdown(): Promise<void> {
    // Holds nothing.
  }
}
