/** What waits for the collector: in memory, in batches, on disk. */
import type { Variable } from './variables.ts';

const section = 'Waiting';

/** As the parser has it. */
function megabytes(min: number, max: number): string {
  return `MB (of 1024 KB), ${min} to ${max}, with a fraction if wanted`;
}

/** In the order in which the documents list them. */
export const waitingVariables: readonly Variable[] = [
  {
    name: 'REQLENS_SPOOL_DIR',
    section,
    meaning:
      'Where batches wait that the collector does not take; made when the first one has to. `off`: they wait in memory.',
    type: 'path of a directory, from the working directory, or `off`',
    whenUnset: '`spool` in `REQLENS_LOG_DIR`',
  },
  {
    name: 'REQLENS_SPOOL_MAX_MB',
    section,
    meaning: 'The most that waits there, of all processes together; beyond it the oldest are dropped.',
    type: megabytes(1, 1_048_576),
    default: '256',
  },
  {
    name: 'REQLENS_SPOOL_MAX_AGE',
    section,
    meaning: 'What has waited there for longer is dropped.',
    type: 'number with `s`, `m`, `h`, `d` or `w`, e.g. `24h`',
    default: '24h',
  },
  {
    name: 'REQLENS_QUEUE_MAX_MB',
    section,
    meaning: 'The most memory that spans, log records and batches take while they wait, all together.',
    type: megabytes(1, 65_536),
    default: '64',
  },
  {
    name: 'REQLENS_EXPORT_MAX_BATCH_MB',
    section,
    meaning:
      'The largest request, before compression, unless a single item is larger. 4 is what receivers of gRPC take unless they are told otherwise.',
    type: megabytes(0.01, 1024),
    default: '4',
  },
];
