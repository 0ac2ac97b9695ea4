/** From the results of an outage to the table of docs/reliability.md. Pure. */
import type { Outage } from './measure.ts';

export interface OutageRow {
  readonly label: string;
  /** Why it was not measured. */
  readonly missing: string | undefined;
  readonly measured: Outage | undefined;
}

export function outageTable(rows: readonly OutageRow[]): string {
  return [
    '| | requests | spans lost | doubled | log records lost | doubled | on disk after the outage | last item after the return | peak memory | latency, 99 % | exit | lines said |',
    '|---|---|---|---|---|---|---|---|---|---|---|---|',
    ...rows.map(rowOf),
  ].join('\n');
}

function rowOf({ label, missing, measured }: OutageRow): string {
  if (measured === undefined) return `| ${label} | not measured: ${missing ?? ''} | | | | | | | | | | |`;
  const { answered, failed, stored, spooledBytes, recoveredMs, peakBytes, p99Ms, exitMs, said } = measured;
  const cells = [
    `${number(answered)}${failed === 0 ? '' : `, ${number(failed)} failed`}`,
    ...lostAndDoubled(answered, stored.spans),
    ...lostAndDoubled(answered, stored.logRecords),
    megabytes(spooledBytes),
    `${(recoveredMs / 1000).toFixed(1)} s`,
    megabytes(peakBytes),
    `${p99Ms.toFixed(1)} ms`,
    `${exitMs.toFixed(0)} ms`,
    number(said.length),
  ];
  return `| ${label} | ${cells.join(' | ')} |`;
}

/** The difference alone: what was lost could hide behind what came twice, and ids see to it that nothing is stored twice. */
function lostAndDoubled(made: number, stored: number): [string, string] {
  return [number(Math.max(0, made - stored)), number(Math.max(0, stored - made))];
}

function number(value: number): string {
  return value.toLocaleString('en');
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MB`;
}
