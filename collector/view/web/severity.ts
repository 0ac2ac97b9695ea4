/** OpenTelemetry severity numbers in words. Pure: no DOM. */
import type { LogRow } from './contract.ts';

const names = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;

/** `is-trace` to `is-fatal`; `is-unknown` for 0 and what is out of range (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
export function severityClass(severityNumber: number): string {
  return `is-${names[Math.ceil(severityNumber / 4) - 1] ?? 'unknown'}`;
}

/** The sender's own word, else the one for the number, upper case; `–` when there is neither. */
export function severityName(log: Pick<LogRow, 'severityNumber' | 'severityText'>): string {
  const text = log.severityText.trim() || (names[Math.ceil(log.severityNumber / 4) - 1] ?? '–');
  return text.toUpperCase();
}
