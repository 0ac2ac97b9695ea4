/** pino's levels as OpenTelemetry severities (https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber). */
import { SeverityNumber } from '@opentelemetry/api';

/** Levels in between (pino allows any number) belong to the next lower name. */
export function severityNumberFor(pinoLevel: number): SeverityNumber {
  if (pinoLevel < 20) return SeverityNumber.TRACE;
  if (pinoLevel < 30) return SeverityNumber.DEBUG;
  if (pinoLevel < 40) return SeverityNumber.INFO;
  if (pinoLevel < 50) return SeverityNumber.WARN;
  return pinoLevel < 60 ? SeverityNumber.ERROR : SeverityNumber.FATAL;
}
