/** Pools, queues and clients as applications use them: made before any request, shared by all of them. */
import { createRequire } from 'node:module';

/** One that was opened. */
interface Pool {
  /** Asks once, and is answered in the way that the library is used in. */
  readonly ask: Ask;
  readonly close: () => unknown;
}

export type Ask =
  | { readonly style: 'promise'; readonly once: () => Promise<unknown> }
  | { readonly style: 'callback'; readonly once: (done: () => void) => unknown };

export interface Servers {
  /** `redis://…`; undefined leaves its clients out. */
  readonly redis: string | undefined;
  /** `postgres://…` */
  readonly postgres: string | undefined;
}

export interface Library {
  /** As on npm. */
  readonly name: string;
  readonly what: string;
  readonly open: (servers: Servers) => Promise<Pool | undefined>;
}

const load = createRequire(import.meta.url);

/** As a driver does: one connection, first in, first out, answered from the connection's own callback. */
interface Job {
  readonly done: () => void;
}

export const libraries: readonly Library[] = [
  {
    name: 'redis',
    what: 'client, promises',
    open: async ({ redis }) => {
      if (redis === undefined) return undefined;
      const client = await load('redis').createClient({ url: redis }).connect();
      return promises(
        () => client.get('key'),
        () => client.destroy(),
      );
    },
  },
  {
    name: 'ioredis',
    what: 'client, promises',
    open: async ({ redis }) => {
      if (redis === undefined) return undefined;
      const client = new (load('ioredis').Redis)(redis);
      await client.ping();
      return promises(
        () => client.get('key'),
        () => client.disconnect(),
      );
    },
  },
  {
    name: 'ioredis',
    what: 'client, callbacks',
    open: async ({ redis }) => {
      if (redis === undefined) return undefined;
      const client = new (load('ioredis').Redis)(redis);
      await client.ping();
      return callbacks(
        (done) => client.get('key', done),
        () => client.disconnect(),
      );
    },
  },
  {
    name: 'pg',
    what: 'pool of 2, promises',
    open: async ({ postgres }) => {
      if (postgres === undefined) return undefined;
      const pool = new (load('pg').Pool)({ connectionString: postgres, max: 2 });
      await pool.query('SELECT 1');
      return promises(
        () => pool.query('SELECT 1'),
        () => pool.end(),
      );
    },
  },
  {
    name: 'pg',
    what: 'pool of 2, callbacks',
    open: async ({ postgres }) => {
      if (postgres === undefined) return undefined;
      const pool = new (load('pg').Pool)({ connectionString: postgres, max: 2 });
      await pool.query('SELECT 1');
      return callbacks(
        (done) => pool.query('SELECT 1', done),
        () => pool.end(),
      );
    },
  },
  {
    name: 'postgres',
    what: 'pool of 2, promises',
    open: async ({ postgres }) => {
      if (postgres === undefined) return undefined;
      const sql = load('postgres')(postgres, { max: 2 });
      await sql`SELECT 1`;
      return promises(
        () => sql`SELECT 1`,
        () => sql.end(),
      );
    },
  },
  {
    name: 'dataloader',
    what: 'batches of one tick, promises',
    open: async () => {
      const loader = new (load('dataloader'))(async (keys: readonly unknown[]) => keys, { cache: false });
      return promises(() => loader.load('key'));
    },
  },
  {
    name: 'generic-pool',
    what: 'pool of 2, promises',
    open: async () => {
      const pool = load('generic-pool').createPool({ create: async () => ({}), destroy: async () => {} }, { max: 2 });
      return promises(
        async () => {
          const resource = await pool.acquire();
          await later();
          await pool.release(resource);
        },
        () => pool.drain(),
      );
    },
  },
  {
    name: 'p-queue',
    what: '2 at a time, promises',
    open: async () => {
      const queue = new (load('p-queue').default)({ concurrency: 2 });
      return promises(() => queue.add(later));
    },
  },
  {
    name: 'p-limit',
    what: '2 at a time, promises',
    open: async () => {
      const limited = load('p-limit').default(2);
      return promises(() => limited(later));
    },
  },
  {
    name: 'async',
    what: '`queue` of 2, callbacks',
    open: async () => {
      const queue = load('async').queue((job: Job, done: () => void) => setTimeout(done, 1), 2);
      return callbacks((done) => queue.push({ done }, done));
    },
  },
  {
    name: 'fastq',
    what: 'queue of 2, callbacks',
    open: async () => {
      const queue = load('fastq')((_job: unknown, done: () => void) => setTimeout(done, 1), 2);
      return callbacks((done) => queue.push({}, done));
    },
  },
  {
    name: 'fastq',
    what: 'queue of 2, promises',
    open: async () => {
      const queue = load('fastq').promise(later, 2);
      return promises(() => queue.push({}));
    },
  },
  {
    name: 'bluebird',
    what: 'its own promises, settled by a shared timer',
    open: async () => {
      const Bluebird = load('bluebird');
      const { settleLater, close } = sharedTimer();
      // oxlint-disable-next-line promise/no-callback-in-promise -- its continuations are what is looked at
      return callbacks((done) => new Bluebird(settleLater).then(done), close);
    },
  },
];

function promises(once: () => Promise<unknown>, close: () => unknown = () => {}): Pool {
  return { ask: { style: 'promise', once }, close };
}

function callbacks(once: (done: () => void) => unknown, close: () => unknown = () => {}): Pool {
  return { ask: { style: 'callback', once }, close };
}

function later(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

/** Started before any request, so that what it calls runs in nobody's context. */
function sharedTimer(): { readonly settleLater: (resolve: () => void) => void; readonly close: () => void } {
  let waiting: (() => void)[] = [];
  const timer = setInterval(() => {
    const all = waiting;
    waiting = [];
    for (const each of all) each();
  }, 1);
  return { settleLater: (resolve) => void waiting.push(resolve), close: () => clearInterval(timer) };
}
