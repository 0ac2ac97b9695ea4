/** What one tracked request has used so far. Mutable: it is written at every boundary, and by every counter. */

/**
 * What the request's AsyncLocalStorage holds. Node can keep a store for long after its request (nodejs/node#61882), so it is one
 * field, emptied at the end.
 */
export interface RecordHolder {
  record: UsageRecord | undefined;
}

/** Times in microseconds unless the name says otherwise. */
export class UsageRecord {
  readonly holder: RecordHolder = { record: this };
  /** The connection that the request came on: its bytes are counted apart. */
  readonly ownSocket: object | undefined;
  /** False from the end on: what still runs then is nobody's. */
  isLive = true;
  /** The request uses promises that cannot be marked (subclasses), so promise hooks stay on until its end. */
  needsPromiseHooks = false;

  cpuUserUs = 0;
  cpuSystemUs = 0;
  wallMs = 0;
  heapBytes = 0;
  externalBytes = 0;
  gcUs = 0;
  gcCount = 0;
  /** False when collections inside its pieces could not be seen. */
  canTellHeap = true;
  threadpoolJobs = 0;
  threadpoolUs = 0;
  /** False when it has used the threadpool and nothing tells for how long. */
  canTellThreadpoolTime = true;
  outgoingReadBytes = 0;
  outgoingWrittenBytes = 0;
  outgoingRequests = 0;
  fileReadBytes = 0;
  fileWrittenBytes = 0;

  constructor(ownSocket?: object) {
    this.ownSocket = ownSocket;
  }

  /** Nothing is added any more, and nothing holds the record but who asks for its figures. */
  close(): void {
    this.isLive = false;
    this.holder.record = undefined;
  }
}

/** Whose turn it is by the context of the running code; undefined for everybody who is not tracked. */
export type OwnerNow = () => UsageRecord | undefined;
