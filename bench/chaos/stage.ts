/** Who takes part: two processes of the shop and their bare twin, a collector behind a proxy with moods, a Redis, a disk. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { missingRedis, startTcpRedis } from '../../test/access/redis.ts';
import type { TcpRedis } from '../../test/access/redis.ts';
import { Disk } from './disk.ts';
import { ReceiverProxy } from './receiver-proxy.ts';
import { ownerOf } from './socket-owner.ts';
import { StartedProcess } from './started-process.ts';
import type { Life } from './started-process.ts';

const scheduleDelayMs = 1000;
const exportTimeoutMs = 2000;
const diskMb = 256;
const checkout = fileURLToPath(new URL('../..', import.meta.url));

export interface Resources {
  readonly descriptors: number;
  readonly heapMb: number;
}

export class Stage {
  readonly disk = new Disk(diskMb);
  readonly proxy: ReceiverProxy;
  readonly collector: StartedProcess;
  /** Where the collector keeps what it has. */
  readonly collectorDir: string = mkdtempSync(join(tmpdir(), 'reqlens-chaos-collector-'));
  readonly redis: TcpRedis | undefined;
  readonly shops: readonly StartedProcess[];
  /** Of each shop; undefined while it is down. */
  readonly urls: (string | undefined)[] = [];
  readonly #twin: StartedProcess;
  #twinUrl = '';
  #collectorUrl = '';
  #viewerUrl = '';
  readonly #secret = randomBytes(36).toString('base64url');

  private constructor(redis: TcpRedis | undefined) {
    this.redis = redis;
    const nodeArgs = ['--expose-gc'];
    const script = 'bench/chaos/app.mjs';
    this.proxy = new ReceiverProxy({
      target: () => this.#collectorUrl,
      ownerOf: (socket) =>
        ownerOf(
          socket,
          this.lives.filter(({ endedMs }) => endedMs === undefined).map(({ pid }) => pid),
        ),
    });
    this.collector = new StartedProcess({
      name: 'collector',
      script: 'bench/chaos/collector.mjs',
      nodeArgs: [],
      env: () => ({ CHAOS_DATA_DIR: this.collectorDir }),
    });
    this.shops = [0, 1].map(
      (index) =>
        new StartedProcess({
          name: `shop ${index}`,
          script,
          nodeArgs: [...nodeArgs, '--import', './register.js'],
          env: () => this.#shopEnv(),
        }),
    );
    this.#twin = new StartedProcess({
      name: 'bare twin',
      script,
      nodeArgs,
      env: () => ({ PORT: '0', CHAOS_BARE: '1' }),
    });
  }

  /** @param note - Told what this machine does not have. */
  static async set(note: (line: string) => void): Promise<Stage> {
    const noRedis = missingRedis();
    if (noRedis !== undefined) note(`without Redis: ${noRedis}`);
    const stage = new Stage(noRedis === undefined ? await startTcpRedis() : undefined);
    if (!stage.disk.canBeFull) note('the disk is never full: a tmpfs could not be mounted (root on Linux can)');
    await stage.startCollector();
    await stage.proxy.start();
    await Promise.all(stage.shops.map(async (_, index) => stage.startShop(index)));
    stage.#twinUrl = await addressOf(stage.#twin);
    return stage;
  }

  /** Where the shops keep what waits. */
  get spoolDir(): string {
    return join(this.disk.path, 'spool');
  }

  get twinUrl(): string {
    return this.#twinUrl;
  }

  /** All that there were of the shops' processes. */
  get lives(): Life[] {
    return this.shops.flatMap(({ lives }) => lives);
  }

  /** Of one who may see what requests use. */
  token(): string {
    return execFileSync(process.execPath, ['dist/src/cli/main.js', 'token', '--ttl', '2h'], {
      cwd: checkout,
      env: { ...process.env, REQLENS_JWT_SECRET: this.#secret },
      encoding: 'utf8',
    }).trim();
  }

  readonly startCollector = async (): Promise<void> => {
    const { url, viewer } = await this.collector.start();
    this.#collectorUrl = String(url);
    this.#viewerUrl = String(viewer);
  };

  async startShop(index: number): Promise<void> {
    const shop = this.shops[index];
    this.urls[index] = shop && (await addressOf(shop));
  }

  async endShop(index: number, signal: NodeJS.Signals): Promise<void> {
    this.urls[index] = undefined;
    await this.shops[index]?.end(signal);
  }

  /** What the collector has. */
  async stats(): Promise<{ readonly spans: number; readonly logRecords: number }> {
    const response = await fetch(`${this.#viewerUrl}/api/stats`);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- our own collector's answer
    return (await response.json()) as { spans: number; logRecords: number };
  }

  /** Of both shops together, after a garbage collection. */
  async resources(): Promise<Resources> {
    const each = await Promise.all(
      this.shops.map(async (shop) => ({
        heapMb: Number((await shop.ask({ memory: true }))['heapBytes']) / 2 ** 20,
        descriptors: process.platform === 'linux' ? shop.descriptors() : 0,
      })),
    );
    return {
      descriptors: each.reduce((sum, { descriptors }) => sum + descriptors, 0),
      heapMb: each.reduce((sum, { heapMb }) => sum + heapMb, 0),
    };
  }

  /** Where log files are, and those that were taken away. */
  logFolders(): string[] {
    return readdirSync(this.disk.path)
      .filter((name) => name.startsWith('logs'))
      .map((name) => join(this.disk.path, name));
  }

  /** Everything has ended, but the files are there. */
  async end(): Promise<void> {
    await this.collector.end('SIGTERM');
    await this.#twin.end('SIGTERM');
    await this.proxy.stop();
    await this.redis?.remove();
  }

  /** Only after `end`. */
  remove(): void {
    this.disk.remove();
    rmSync(this.collectorDir, { recursive: true, force: true });
  }

  #shopEnv(): Readonly<Record<string, string>> {
    return {
      PORT: '0',
      OTEL_SERVICE_NAME: 'shop',
      OTEL_EXPORTER_OTLP_ENDPOINT: this.proxy.url,
      OTEL_EXPORTER_OTLP_TIMEOUT: String(exportTimeoutMs),
      OTEL_BSP_SCHEDULE_DELAY: String(scheduleDelayMs),
      OTEL_BLRP_SCHEDULE_DELAY: String(scheduleDelayMs),
      REQLENS_LOG_DIR: this.disk.logs,
      REQLENS_SPOOL_DIR: this.spoolDir,
      REQLENS_LOGGERS: 'orders:size=256KB:roll=hourly:backups=unlimited:console=false:sync=true',
      REQLENS_JWT_SECRET: this.#secret,
      REQLENS_USAGE_PATH: '/_usage',
      ...(this.redis === undefined ? {} : { REQLENS_USAGE_STORE: this.redis.url }),
    };
  }
}

async function addressOf(app: StartedProcess): Promise<string> {
  return `http://127.0.0.1:${String((await app.start())['port'])}`;
}
