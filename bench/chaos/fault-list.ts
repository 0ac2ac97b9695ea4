/** Everything that goes wrong. */
import type { TcpRedis } from '../../test/access/redis.ts';
import type { Random } from '../../test/support/random.ts';
import type { Fault } from './faults.ts';
import { moods } from './receiver-proxy.ts';
import type { Stage } from './stage.ts';

const mostClockMs = 6 * 3_600_000;

export function faultsOf(stage: Stage, random: Random): Fault[] {
  return [
    ...collectorFaults(stage),
    ...(stage.redis === undefined ? [] : redisFaults(stage.redis)),
    ...diskFaults(stage),
    ...stage.shops.flatMap((_, index) => shopFaults(stage, index, random)),
  ];
}

function collectorFaults({ proxy, collector, startCollector }: Stage): Fault[] {
  return [
    ...moods.map((mood) => ({
      name: `collector ${/^\d/.test(mood) ? `answers ${mood}` : mood}`,
      kind: 'collector',
      begin: async () => proxy.setMood(mood),
      end: async () => proxy.setMood('well'),
    })),
    {
      name: 'collector is killed',
      kind: 'collector process',
      begin: async () => collector.end('SIGKILL'),
      end: startCollector,
    },
  ];
}

function redisFaults({ kill, start, freeze }: TcpRedis): Fault[] {
  const startAnew = async (): Promise<void> => {
    await kill();
    await start();
  };
  return [
    { name: 'Redis is killed', kind: 'redis', begin: kill, end: start },
    { name: 'Redis freezes', kind: 'redis', begin: freeze, end: startAnew },
  ];
}

function diskFaults({ disk }: Stage): Fault[] {
  const full: Fault = { name: 'disk is full', kind: 'disk', begin: () => disk.fill(), end: () => disk.empty() };
  const taken: Fault = {
    name: 'log directory is taken away',
    kind: 'directory',
    begin: () => disk.moveLogs(),
    end: () => undefined,
  };
  return disk.canBeFull ? [full, taken] : [taken];
}

function shopFaults(stage: Stage, index: number, random: Random): Fault[] {
  const shop = stage.shops[index];
  if (shop === undefined) return [];
  const { name } = shop.plan;
  return [
    {
      name: `clock of ${name} is wrong`,
      kind: `clock ${index}`,
      notBeside: [`process ${index}`],
      begin: () => shop.tell({ clockMs: (random.integer(2) * 2 - 1) * random.integer(mostClockMs) }),
      end: () => shop.tell({ clockMs: 0 }),
    },
    {
      name: `nobody reads the pipes of ${name}`,
      kind: `pipes ${index}`,
      notBeside: [`process ${index}`],
      begin: () => shop.stopListening(),
      end: () => shop.listenAgain(),
    },
    {
      name: `${name} is killed by SIGKILL`,
      kind: `process ${index}`,
      // Lines that wait for a disk and for a reader are nowhere but in the process.
      notBeside: ['disk'],
      begin: async () => stage.endShop(index, 'SIGKILL'),
      end: async () => stage.startShop(index),
    },
    {
      name: `${name} is ended by SIGTERM`,
      kind: `process ${index}`,
      begin: async () => stage.endShop(index, 'SIGTERM'),
      end: async () => stage.startShop(index),
    },
  ];
}
