/** What the spool has to tell; who says it, and how often, is not its affair. */
export type SpoolNews =
  /** Batches wait in memory for the time being. */
  | { readonly kind: 'unusable'; readonly directory: string; readonly reason: string }
  /** What is in it cannot be looked for or read for the time being. */
  | { readonly kind: 'unreadable'; readonly directory: string; readonly reason: string }
  | {
      readonly kind: 'dropped';
      /** `age`: REQLENS_SPOOL_MAX_AGE; `size`: REQLENS_SPOOL_MAX_MB. */
      readonly why: 'age' | 'size';
      readonly signal: string;
      readonly batchCount: number;
      readonly itemCount: number;
    }
  /** A file that this version cannot read: it stays for others, and goes by age. */
  | { readonly kind: 'left'; readonly name: string; readonly reason: string }
  /** A file that is not what one of us wrote, or not all of it; it is removed. */
  | {
      readonly kind: 'damaged';
      readonly name: string;
      readonly reason: string;
      /** Undefined for a file that was never finished: nobody knows what would have been in it. */
      readonly signal?: string;
      readonly itemCount: number;
    };
