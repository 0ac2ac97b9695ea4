/** The decisions about files that need no disk: names, limits, periods, pieces. */
import { describe, expect, test } from 'vitest';

import { backupName, numberAfter, parseBackupName } from '../../src/files/backup-name.ts';
import type { Backup } from '../../src/files/backups.ts';
import { fittingBytes, landedBytes } from '../../src/files/piece.ts';
import { abandonedReservations, backupsToDelete } from '../../src/files/retention.ts';
import { isFromEarlierPeriod } from '../../src/files/roll-period.ts';

describe('names of backups', () => {
  test('the number stands before the extension, or at the end when there is none', () => {
    expect(backupName('publish_sync.log', 7)).toBe('publish_sync.7.log');
    expect(backupName('app', 12)).toBe('app.12');
    expect(backupName('a.b.log', 1)).toBe('a.b.1.log');
  });

  test('what backupName and compression make is read back', () => {
    expect(parseBackupName('app.log', 'app.1.log')).toEqual({ number: 1, isCompressed: false });
    expect(parseBackupName('app.log', 'app.10.log.gz')).toEqual({ number: 10, isCompressed: true });
    expect(parseBackupName('app', 'app.9999999')).toEqual({ number: 9_999_999, isCompressed: false });
    expect(parseBackupName('app', 'app.3.gz')).toEqual({ number: 3, isCompressed: true });
    expect(parseBackupName('app.log', 'app.100000000.log')).toEqual({ number: 100_000_000, isCompressed: false });
  });

  for (const name of [
    'app.log',
    'app.0.log',
    'app.01.log',
    'app.-1.log',
    'app.1e3.log',
    'app..log',
    'app.1.log.bak',
    'app.1.log.gz.part',
    'app.1.log.zst',
    'app.1.2.log',
    'app.1.txt',
    'app.log.1',
    'apps.1.log',
    'my-app.1.log',
    'app-1.log',
    'app.20261123.log',
    'app.2026112314.log',
    'app.log.rotating.77',
    ' app.1.log',
    'APP.1.log',
    'app.١.log',
  ]) {
    test(`${JSON.stringify(name)} is not a backup of app.log`, () => {
      expect(parseBackupName('app.log', name)).toBeUndefined();
    });
  }

  test('numbers skip those of eight digits, which are dates', () => {
    expect(numberAfter(0)).toBe(1);
    expect(numberAfter(9_999_999)).toBe(100_000_000);
  });
});

function backups(...given: readonly Partial<Backup>[]): Backup[] {
  return given.map((each, index) => {
    const number = given.length - index;
    return { path: `app.${number}.log`, number, isCompressed: false, bytes: 100, mtimeMs: 0, ...each };
  });
}

const noLimit = { count: undefined, ageMs: undefined, bytes: undefined };

function deleted(given: readonly Backup[], keep: Partial<typeof noLimit> | object, nowMs = 0): string[] {
  return backupsToDelete(given, { ...noLimit, ...keep }, nowMs).map(({ path }) => path);
}

describe('backups to delete', () => {
  test('without limits none', () => {
    expect(deleted(backups({}, {}, {}), {}, 1e15)).toEqual([]);
  });

  test('by count, the oldest; 0 keeps none', () => {
    expect(deleted(backups({}, {}, {}), { count: 2 })).toEqual(['app.1.log']);
    expect(deleted(backups({}, {}, {}), { count: 3 })).toEqual([]);
    expect(deleted(backups({}, {}), { count: 0 })).toEqual(['app.2.log', 'app.1.log']);
  });

  test('both forms of one that is being compressed count once, and go together', () => {
    const given = backups({}, { number: 1 }, { number: 1, isCompressed: true, path: 'app.1.log.gz', bytes: 10 });
    expect(deleted(given.with(0, { ...given[0]!, number: 2, path: 'app.2.log' }), { count: 2 })).toEqual([]);
    expect(deleted(given.with(0, { ...given[0]!, number: 2, path: 'app.2.log' }), { count: 1 })).toHaveLength(2);
  });

  test('by age of the last line, not younger ones', () => {
    const given = backups({ mtimeMs: 900 }, { mtimeMs: 500 }, { mtimeMs: 499 });
    expect(deleted(given, { ageMs: 500 }, 1000)).toEqual(['app.1.log']);
  });

  test('by bytes of all together: what does not fit, and all that is older', () => {
    expect(deleted(backups({ bytes: 60 }, { bytes: 40 }, { bytes: 1 }), { bytes: 100 })).toEqual(['app.1.log']);
    expect(deleted(backups({ bytes: 60 }, { bytes: 41 }, { bytes: 1 }), { bytes: 100 })).toEqual([
      'app.2.log',
      'app.1.log',
    ]);
  });

  test('a reserved name neither counts nor goes', () => {
    expect(deleted(backups({ bytes: 0 }, {}, {}), { count: 1 })).toEqual(['app.1.log']);
  });

  test('a reserved name goes after a minute, but never the highest number', () => {
    const given = backups({ bytes: 0 }, { bytes: 0 }, { bytes: 0, mtimeMs: 50_000 }, {});
    expect(abandonedReservations(given, 60_001).map(({ path }) => path)).toEqual(['app.3.log']);
  });
});

function file(mtime: string, birth?: string): { readonly mtimeMs: number; readonly birthtimeMs: number } {
  return { mtimeMs: Date.parse(mtime), birthtimeMs: birth === undefined ? 0 : Date.parse(birth) };
}

describe('periods', () => {
  test('days and hours are those of UTC', () => {
    const written = file('2026-11-23T23:59:59.900Z');
    expect(isFromEarlierPeriod(written, 'day', Date.parse('2026-11-23T23:59:59.999Z'))).toBe(false);
    expect(isFromEarlierPeriod(written, 'day', Date.parse('2026-11-24T00:00:00.000Z'))).toBe(true);
    expect(isFromEarlierPeriod(file('2026-11-23T22:59:59.900Z'), 'hour', Date.parse('2026-11-23T23:00:00.000Z'))).toBe(
      true,
    );
    expect(isFromEarlierPeriod(file('2026-11-23T22:59:59.900Z'), 'day', Date.parse('2026-11-23T23:00:00.000Z'))).toBe(
      false,
    );
  });

  test('a file of yesterday that got a late line after midnight is rolled all the same', () => {
    const late = file('2026-11-24T00:00:00.004Z', '2026-11-23T08:00:00.000Z');
    expect(isFromEarlierPeriod(late, 'day', Date.parse('2026-11-24T00:00:00.005Z'))).toBe(true);
  });

  test('a file made just after midnight, which the kernel dates a tick back, is not rolled again', () => {
    const fresh = file('2026-11-23T23:59:59.996Z', '2026-11-23T23:59:59.996Z');
    expect(isFromEarlierPeriod(fresh, 'day', Date.parse('2026-11-24T00:00:00.001Z'))).toBe(false);
  });

  test('a clock that was set back rolls nothing', () => {
    expect(isFromEarlierPeriod(file('2026-11-24T00:00:01.000Z'), 'day', Date.parse('2026-11-23T12:00:00.000Z'))).toBe(
      false,
    );
  });
});

describe('pieces', () => {
  const lines = Buffer.from('aaaa\nbb\ncccccc\n');
  const fits = (fileBytes: number, limitBytes: number, writeBytes = Infinity): number =>
    fittingBytes(lines, { fileBytes, limitBytes, writeBytes });

  test('what fits is cut at a line break, to the byte', () => {
    expect([fits(0, 15), fits(0, 14), fits(0, 8), fits(0, 7), fits(10, 15), fits(10, 25)]).toEqual([
      15, 8, 8, 5, 5, 15,
    ]);
  });

  test('when not even the first line fits the file is full, unless it is empty', () => {
    expect([fits(11, 15), fits(15, 15), fits(99, 15), fits(0, 4), fits(1, 4)]).toEqual([0, 0, 0, 5, 0]);
  });

  test('a write limit cuts too, but never into a line', () => {
    expect([fits(0, 99, 9), fits(0, 99, 3), fits(0, Infinity, Infinity)]).toEqual([8, 5, 15]);
  });

  test('after a short write a line counts when it lacks only its break', () => {
    const landed = Array.from({ length: 15 }, (_, bytes) => landedBytes(lines, bytes));
    expect(landed).toEqual([0, 0, 0, 0, 5, 5, 5, 8, 8, 8, 8, 8, 8, 8, 15]);
  });
});
