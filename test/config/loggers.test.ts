/** Named loggers by variables: defaults, REQLENS_LOG_*, REQLENS_LOGGERS, REQLENS_LOG_LEVEL_<NAME>. */
import { resolve } from 'node:path';

import { describe, expect, test } from 'vitest';

import type { LogFileSettings, LoggerSettings } from '../../src/config/config.ts';
import { levelVariableFor } from '../../src/config/level-variable.ts';
import { problemLine } from '../../src/config/problem-lines.ts';
import { readConfig } from '../../src/config/read-config.ts';

type Env = Readonly<Record<string, string>>;

const directory = resolve('logs/publish-sync-logs');
const keys = 'level, file, size, backups, age, total, roll, format, console, otlp, propagate, gzip, sync';
const nameForm = '1-64 letters, digits, "_", "." or "-", beginning with a letter or digit';
const levels = 'trace, debug, info, warn, error, fatal or silent';

function complaints(env: Env): string[] {
  return readConfig(env).problems.map(problemLine);
}

function logger(env: Env, name = 'publish_sync'): LoggerSettings | undefined {
  return readConfig(env).config.logs.loggers.find((each) => each.name === name);
}

/** Without a complaint. */
function fileOf(env: Env, name?: string): LogFileSettings | undefined {
  expect(complaints(env)).toEqual([]);
  return logger(env, name)?.file;
}

const builtIn = (name: string, file: string): LoggerSettings => ({
  name,
  level: 'info',
  file: {
    path: resolve(directory, file),
    maxBytes: 10_485_760,
    rollEvery: undefined,
    keep: { count: 10, ageMs: undefined, bytes: undefined },
    compresses: false,
    mode: 0o640,
    isSync: false,
    driver: 'reqlens',
  },
  format: 'json',
  hasConsole: true,
  hasOtlp: true,
  propagates: false,
});

test('three loggers exist by default, with the names, files, sizes and backups of the original system', () => {
  const { logs } = readConfig({}).config;
  expect(logs.loggers).toEqual([
    builtIn('publish_sync', 'publish_sync.log'),
    builtIn('wordpress_api', 'wordpress-api.log'),
    builtIn('webhooks', 'webhooks.log'),
  ]);
  expect(logs).toMatchObject({
    level: 'info',
    levels: {},
    loggersFile: undefined,
    fixedLevels: [],
    directory,
    format: 'json',
    maxLineLength: 1_048_576,
    bridgesPino: false,
    bridgesConsole: false,
  });
});

describe('variables for all loggers', () => {
  test.each([
    ['0', 0],
    ['unlimited', 0],
    ['1KB', 1024],
    ['2MB', 2_097_152],
  ])('REQLENS_LOG_MAX_SIZE=%s', (value, maxBytes) => {
    expect(fileOf({ REQLENS_LOG_MAX_SIZE: value })?.maxBytes).toBe(maxBytes);
  });

  test.each([
    ['REQLENS_LOG_BACKUPS', '0', { count: 0, ageMs: undefined, bytes: undefined }],
    ['REQLENS_LOG_BACKUPS', 'unlimited', { count: undefined, ageMs: undefined, bytes: undefined }],
    ['REQLENS_LOG_BACKUP_AGE', '12h', { count: 10, ageMs: 43_200_000, bytes: undefined }],
    ['REQLENS_LOG_BACKUP_AGE', 'none', { count: 10, ageMs: undefined, bytes: undefined }],
    ['REQLENS_LOG_BACKUP_BYTES', '1GB', { count: 10, ageMs: undefined, bytes: 1_073_741_824 }],
    ['REQLENS_LOG_BACKUP_BYTES', 'Unlimited', { count: 10, ageMs: undefined, bytes: undefined }],
  ])('%s=%s', (variable, value, keep) => {
    expect(fileOf({ [variable]: value })?.keep).toEqual(keep);
  });

  test.each([
    ['none', undefined],
    ['Hourly', 'hour'],
    ['daily', 'day'],
  ])('REQLENS_LOG_ROLL=%s', (value, rollEvery) => {
    expect(fileOf({ REQLENS_LOG_ROLL: value })?.rollEvery).toBe(rollEvery);
  });

  test.each([
    ['0600', 0o600],
    ['640', 0o640],
    ['0o664', 0o664],
    ['0777', 0o777],
  ])('REQLENS_LOG_FILE_MODE=%s', (value, mode) => {
    expect(fileOf({ REQLENS_LOG_FILE_MODE: value })?.mode).toBe(mode);
  });

  test('the others reach every logger', () => {
    const env = {
      REQLENS_LOG_DIR: '/var/log/shop',
      REQLENS_LOG_GZIP: 'true',
      REQLENS_LOG_SYNC: 'on',
      REQLENS_LOG_FILE_DRIVER: 'pino-roll',
      REQLENS_LOG_FORMAT: 'TEXT',
      REQLENS_LOG_CONSOLE: 'no',
      REQLENS_LOG_LEVEL: 'Warn',
      REQLENS_LOG_MAX_LINE: '2048',
      REQLENS_BRIDGE_PINO: 'yes',
      REQLENS_BRIDGE_CONSOLE: '1',
    };
    const { config, problems } = readConfig(env);
    expect(problems).toEqual([]);
    expect(config.logs).toMatchObject({
      directory: '/var/log/shop',
      level: 'warn',
      format: 'text',
      maxLineLength: 2048,
      bridgesPino: true,
      bridgesConsole: true,
    });
    for (const each of config.logs.loggers) {
      expect(each).toMatchObject({ level: 'warn', format: 'text', hasConsole: false, hasOtlp: true });
      expect(each.file).toMatchObject({ compresses: true, isSync: true, driver: 'pino-roll' });
      expect(each.file?.path.startsWith('/var/log/shop/')).toBe(true);
    }
  });

  test.each([
    ['REQLENS_LOG_MAX_SIZE', '10', 'a size from 1KB in bytes, KB, MB or GB, or 0 for no limit; 10MB is used'],
    ['REQLENS_LOG_BACKUPS', '-1', 'a whole number from 0 to 100000, or unlimited; 10 is used'],
    ['REQLENS_LOG_BACKUPS', 'none', 'a whole number from 0 to 100000, or unlimited; 10 is used'],
    ['REQLENS_LOG_BACKUP_AGE', '14', 'a number with s, m, h, d or w (e.g. 12h, 14d), or unlimited; unlimited is used'],
    ['REQLENS_LOG_BACKUP_BYTES', '0', 'a size from 1KB in bytes, KB, MB or GB, or unlimited; unlimited is used'],
    ['REQLENS_LOG_ROLL', 'weekly', 'none, hourly or daily; none is used'],
    ['REQLENS_LOG_GZIP', 'gz', 'true, 1, yes, on, false, 0, no or off; false is used'],
    ['REQLENS_LOG_SYNC', 'always', 'true, 1, yes, on, false, 0, no or off; false is used'],
    ['REQLENS_LOG_CONSOLE', 'stderr', 'true, 1, yes, on, false, 0, no or off; true is used'],
    ['REQLENS_LOG_FORMAT', 'xml', 'json or text; json is used'],
    ['REQLENS_LOG_FILE_DRIVER', 'winston', 'reqlens or pino-roll; reqlens is used'],
    ['REQLENS_LOG_MAX_LINE', '1023', 'a whole number from 1024 to 104857600 (characters); 1048576 is used'],
    ['REQLENS_LOG_LEVEL', 'warning', `${levels}; info is used`],
    ['REQLENS_BRIDGE_PINO', 'pino', 'true, 1, yes, on, false, 0, no or off; false is used'],
    ['REQLENS_BRIDGE_CONSOLE', '2', 'true, 1, yes, on, false, 0, no or off; false is used'],
  ])('%s=%s is reported, and its default goes on', (variable, value, tail) => {
    const { config, problems } = readConfig({ [variable]: value });
    expect(problems.map(problemLine)).toEqual([`reqlens: ${variable}="${value}" is not usable: expected ${tail}`]);
    expect(config).toEqual(readConfig({}).config);
  });

  test.each(['0400', '0240', '440', '888', '01640', '6', 'rw-r-----', '0x1a0'])(
    'REQLENS_LOG_FILE_MODE=%s is refused: the owner must read and write, and nobody needs more than permissions',
    (value) => {
      expect(complaints({ REQLENS_LOG_FILE_MODE: value })).toEqual([
        `reqlens: REQLENS_LOG_FILE_MODE="${value}" is not usable: expected octal permissions from 0600 to 0777 that let the owner read and write, e.g. 0640; 0640 is used`,
      ]);
      expect(logger({ REQLENS_LOG_FILE_MODE: value })?.file?.mode).toBe(0o640);
    },
  );
});

describe('REQLENS_LOGGERS', () => {
  test('entries are laid over the three, new ones come after them in order', () => {
    const REQLENS_LOGGERS = 'payments, wordpress_api:level=debug ,audit:file=/var/log/audit.log:console=false,';
    const { config, problems } = readConfig({ REQLENS_LOGGERS });
    expect(problems).toEqual([]);
    expect(config.logs.loggers).toEqual([
      builtIn('publish_sync', 'publish_sync.log'),
      { ...builtIn('wordpress_api', 'wordpress-api.log'), level: 'debug' },
      builtIn('webhooks', 'webhooks.log'),
      builtIn('payments', 'payments.log'),
      { ...builtIn('audit', '/var/log/audit.log'), hasConsole: false },
    ]);
    expect(config.logs.fixedLevels).toEqual(['wordpress_api']);
  });

  test('every key of an entry is read, in any case, with blanks around', () => {
    const REQLENS_LOGGERS =
      'a: Level = ERROR :file=sub/a.txt:size=1MB:backups=3:age=2d:total=5MB:roll=hourly:format=text:console=off:otlp=off:propagate=on:gzip=on:sync=on';
    expect(complaints({ REQLENS_LOGGERS })).toEqual([]);
    expect(logger({ REQLENS_LOGGERS }, 'a')).toEqual({
      name: 'a',
      level: 'error',
      file: {
        path: resolve(directory, 'sub/a.txt'),
        maxBytes: 1_048_576,
        rollEvery: 'hour',
        keep: { count: 3, ageMs: 172_800_000, bytes: 5_242_880 },
        compresses: true,
        mode: 0o640,
        isSync: true,
        driver: 'reqlens',
      },
      format: 'text',
      hasConsole: false,
      hasOtlp: false,
      propagates: true,
    });
  });

  test('an entry wins over the variables for all, and can lift a limit of theirs', () => {
    const env = {
      REQLENS_LOG_BACKUP_AGE: '1d',
      REQLENS_LOG_BACKUPS: '2',
      REQLENS_LOG_BACKUP_BYTES: '1MB',
      REQLENS_LOG_MAX_SIZE: '1KB',
      REQLENS_LOG_ROLL: 'daily',
      REQLENS_LOG_CONSOLE: 'false',
      REQLENS_LOGGERS: 'webhooks:age=none:backups=unlimited:total=none:size=0:roll=none:console=true',
    };
    const own = logger(env, 'webhooks');
    expect(own).toMatchObject({ hasConsole: true });
    expect(own?.file).toMatchObject({
      maxBytes: 0,
      rollEvery: undefined,
      keep: { count: undefined, ageMs: undefined, bytes: undefined },
    });
    expect(logger(env)?.file).toMatchObject({ maxBytes: 1024, rollEvery: 'day', keep: { count: 2 } });
  });

  test('the same name twice is one logger, key by key, the last one wins', () => {
    const REQLENS_LOGGERS = 'a:level=debug:size=1MB,b,a:level=warn';
    const names = readConfig({ REQLENS_LOGGERS }).config.logs.loggers.map(({ name }) => name);
    expect(names).toEqual(['publish_sync', 'wordpress_api', 'webhooks', 'a', 'b']);
    expect(logger({ REQLENS_LOGGERS }, 'a')).toMatchObject({ level: 'warn', file: { maxBytes: 1_048_576 } });
  });

  test('a blank value is unset, as of a variable', () => {
    const REQLENS_LOGGERS = 'webhooks:level=:file= ';
    expect(complaints({ REQLENS_LOGGERS })).toEqual([]);
    expect(logger({ REQLENS_LOGGERS }, 'webhooks')).toEqual(builtIn('webhooks', 'webhooks.log'));
  });

  test.each([
    [String.raw`a:file=C:\logs\a.log:level=debug`, String.raw`C:\logs\a.log`],
    ['a:level=debug:file=D:/logs/a.log', 'D:/logs/a.log'],
    ['a:file=a=b.log:level=debug', 'a=b.log'],
  ])('in %s a colon begins a setting only where key= follows', (REQLENS_LOGGERS, path) => {
    expect(complaints({ REQLENS_LOGGERS })).toEqual([]);
    const own = logger({ REQLENS_LOGGERS }, 'a');
    expect(own?.level).toBe('debug');
    expect(own?.file?.path).toBe(resolve(directory, path));
  });

  test('file=none means no file', () => {
    expect(logger({ REQLENS_LOGGERS: 'a:file=None' }, 'a')?.file).toBeUndefined();
  });

  test.each([
    ['-a', 'the entry is left out'],
    ['a b:level=debug', 'the entry is left out'],
    ['a:debug', 'the entry is left out'],
    ['../a', 'the entry is left out'],
    [':level=debug', 'the entry is left out'],
    ['é', 'the entry is left out'],
  ])('the entry "%s" is reported and never takes the others with it', (entry, consequence) => {
    const { config, problems } = readConfig({ REQLENS_LOGGERS: `b:level=warn,${entry},c` });
    expect(problems.map(problemLine)).toEqual([
      `reqlens: REQLENS_LOGGERS="${entry}" is not usable: expected name[:key=value]..., the name ${nameForm}; ${consequence}`,
    ]);
    expect(config.logs.loggers.slice(3).map(({ name, level }) => [name, level])).toEqual([
      ['b', 'warn'],
      ['c', 'info'],
    ]);
  });

  test('a name may have 64 characters, not 65', () => {
    expect(complaints({ REQLENS_LOGGERS: 'a'.repeat(64) })).toEqual([]);
    expect(complaints({ REQLENS_LOGGERS: 'a'.repeat(65) })).toHaveLength(1);
  });

  test.each([
    ['levle=debug', 'REQLENS_LOGGERS="a:levle=debug"', `one of the keys ${keys} (did you mean level?); it is ignored`],
    ['colour=red', 'REQLENS_LOGGERS="a:colour=red"', `one of the keys ${keys}; it is ignored`],
    ['level=lots', 'REQLENS_LOGGERS="a:level=lots"', `level to be ${levels}; info is used`],
    [
      'size=10',
      'REQLENS_LOGGERS="a:size=10"',
      'size to be a size from 1KB in bytes, KB, MB or GB, or 0 for no limit; 10MB is used',
    ],
    [
      'backups=few',
      'REQLENS_LOGGERS="a:backups=few"',
      'backups to be a whole number from 0 to 100000, or unlimited; 10 is used',
    ],
    [
      'file=logs/',
      'REQLENS_LOGGERS="a:file=logs/"',
      'file to be the name or path of a file within the directory of the log files, an absolute path, or none; a.log is used',
    ],
    [
      'file=..',
      'REQLENS_LOGGERS="a:file=.."',
      'file to be the name or path of a file within the directory of the log files, an absolute path, or none; a.log is used',
    ],
    [
      'file=../app.log',
      'REQLENS_LOGGERS="a:file=../app.log"',
      'file to be the name or path of a file within the directory of the log files, an absolute path, or none; a.log is used',
    ],
    [
      'file=sub/../../app.log',
      'REQLENS_LOGGERS="a:file=sub/../../app.log"',
      'file to be the name or path of a file within the directory of the log files, an absolute path, or none; a.log is used',
    ],
    ['otlp=maybe', 'REQLENS_LOGGERS="a:otlp=maybe"', 'otlp to be true, 1, yes, on, false, 0, no or off; true is used'],
    [
      'file=a.txt:debug',
      'REQLENS_LOGGERS="a:file=a.txt:debug"',
      'key=value after each ":"; a path with ":" in it can stand in REQLENS_LOGGERS_FILE; it is ignored',
    ],
  ])('%s is reported, and the other keys hold', (setting, shown, tail) => {
    const REQLENS_LOGGERS = `a:gzip=on:format=text:${setting}`;
    expect(complaints({ REQLENS_LOGGERS })).toEqual([`reqlens: ${shown} is not usable: expected ${tail}`]);
    expect(logger({ REQLENS_LOGGERS }, 'a')).toEqual({
      ...builtIn('a', 'a.log'),
      format: 'text',
      file: { ...builtIn('a', 'a.log').file, compresses: true },
    });
  });

  test('what is used instead of a bad value is the next best, and the complaint says which', () => {
    const env = {
      REQLENS_LOG_LEVEL: 'warn',
      REQLENS_LOGGERS: 'webhooks:level=debug,webhooks:level=lots,wordpress_api:file=/',
    };
    expect(complaints(env)).toEqual([
      'reqlens: REQLENS_LOGGERS="wordpress_api:file=/" is not usable: expected file to be the name or path of a file within the directory of the log files, an absolute path, or none; wordpress-api.log is used',
      `reqlens: REQLENS_LOGGERS="webhooks:level=lots" is not usable: expected level to be ${levels}; debug is used`,
    ]);
    expect(logger(env, 'webhooks')?.level).toBe('debug');
  });

  test('complaints cannot be forged into a second line', () => {
    const [line = ''] = complaints({ REQLENS_LOGGERS: 'a:level=x\nreqlens: "all is well"' });
    expect(line).toContain(String.raw`="a:level=x\u{a}reqlens: \"all is well\""`);
  });
});

describe('REQLENS_LOG_LEVEL_<NAME>', () => {
  test.each([
    ['webhooks', 'REQLENS_LOG_LEVEL_WEBHOOKS'],
    ['wordpress-api.v2', 'REQLENS_LOG_LEVEL_WORDPRESS_API_V2'],
    ['aB9_', 'REQLENS_LOG_LEVEL_AB9_'],
  ])('of %s is %s', (name, variable) => {
    expect(levelVariableFor(name)).toBe(variable);
    expect(logger({ REQLENS_LOGGERS: name, [variable]: 'fatal' }, name)?.level).toBe('fatal');
  });

  test('wins over everything else, and is kept for loggers without settings', () => {
    const env = {
      REQLENS_LOG_LEVEL: 'error',
      REQLENS_LOGGERS: 'webhooks:level=warn',
      REQLENS_LOG_LEVEL_WEBHOOKS: 'Debug',
      REQLENS_LOG_LEVEL_SOMETHING_ELSE: 'trace',
      REQLENS_LOG_LEVEL_BLANK: ' ',
    };
    const { config, problems } = readConfig(env);
    expect(problems).toEqual([]);
    expect(config.logs.levels).toEqual({ WEBHOOKS: 'debug', SOMETHING_ELSE: 'trace' });
    expect(config.logs.loggers.map(({ level }) => level)).toEqual(['error', 'error', 'debug']);
  });

  test('a bad one is reported with the level that its logger has without it', () => {
    const env = {
      REQLENS_LOG_LEVEL: 'error',
      REQLENS_LOGGERS: 'webhooks:level=warn',
      REQLENS_LOG_LEVEL_WEBHOOKS: 'lots',
      REQLENS_LOG_LEVEL_OTHER: 'few',
    };
    expect(complaints(env)).toEqual([
      `reqlens: REQLENS_LOG_LEVEL_OTHER="few" is not usable: expected ${levels}; error is used`,
      `reqlens: REQLENS_LOG_LEVEL_WEBHOOKS="lots" is not usable: expected ${levels}; warn is used`,
    ]);
    expect(logger(env, 'webhooks')?.level).toBe('warn');
  });

  test('a bad level of an entry is reported with the level that the variable sets', () => {
    const env = { REQLENS_LOGGERS: 'webhooks:level=lots', REQLENS_LOG_LEVEL_WEBHOOKS: 'trace' };
    expect(complaints(env)).toEqual([
      `reqlens: REQLENS_LOGGERS="webhooks:level=lots" is not usable: expected level to be ${levels}; trace is used`,
    ]);
  });
});

describe('loggers beside each other', () => {
  test('may write to one file', () => {
    const REQLENS_LOGGERS = 'a:file=all.log,b:file=all.log';
    expect(complaints({ REQLENS_LOGGERS })).toEqual([]);
    expect(logger({ REQLENS_LOGGERS }, 'a')?.file?.path).toBe(logger({ REQLENS_LOGGERS }, 'b')?.file?.path);
  });

  test.each([
    ['publish_sync.1', 'publish_sync.<number>.log', 'publish_sync'],
    ['x:file=webhooks.12.log', 'webhooks.<number>.log', 'webhooks'],
    ['x:file=webhooks.12.log.gz', 'webhooks.<number>.log', 'webhooks'],
    ['b:file=plain.7,plain:file=plain', 'plain.<number>', 'plain'],
  ])('%s would have a backup of another as its file, and gets none', (REQLENS_LOGGERS, form, owner) => {
    const [entry = ''] = REQLENS_LOGGERS.split(',');
    const name = entry.split(':', 1)[0] ?? '';
    expect(complaints({ REQLENS_LOGGERS })).toEqual([
      `reqlens: REQLENS_LOGGERS="${entry}" is not usable: expected a file that is no backup of the one of ${owner} (backups are named ${form}); ${name} gets no file`,
    ]);
    expect(logger({ REQLENS_LOGGERS }, name)).toMatchObject({ file: undefined, hasConsole: true });
    expect(logger({ REQLENS_LOGGERS }, owner)?.file).toBeDefined();
  });

  test.each([
    'x:file=webhooks.log.1',
    'x:file=webhooks.0.log',
    'x:file=webhooks.20261123.log',
    'x:file=webhooks.1.txt',
    'x:file=webhooks.one.log',
    'x:file=other/webhooks.1.log',
    'x:file=webhooks1.log',
  ])('%s is no backup of another', (REQLENS_LOGGERS) => {
    expect(complaints({ REQLENS_LOGGERS })).toEqual([]);
  });

  test('a logger whose lines would go nowhere gets the console back', () => {
    const env = { REQLENS_LOG_CONSOLE: 'false', REQLENS_LOGGERS: 'a:file=none:otlp=no,webhooks:file=none' };
    expect(complaints(env)).toEqual([
      'reqlens: REQLENS_LOGGERS="a:file=none:otlp=no" is not usable: expected a file, the console or the collector for its lines; a gets the console',
    ]);
    expect(logger(env, 'a')).toMatchObject({ hasConsole: true, file: undefined, hasOtlp: false });
    expect(logger(env, 'webhooks')).toMatchObject({ hasConsole: false, file: undefined, hasOtlp: true });
  });

  test.each([{ OTEL_LOGS_EXPORTER: 'none' }, { OTEL_SDK_DISABLED: 'true' }])(
    'so does one whose lines would go to a collector that nothing is sent to: %j',
    (env) => {
      const REQLENS_LOGGERS = 'a:file=none:console=no,b:console=no';
      expect(complaints({ ...env, REQLENS_LOGGERS })).toEqual([
        'reqlens: REQLENS_LOGGERS="a:file=none:console=no" is not usable: expected a file, the console or the collector (with OTEL_LOGS_EXPORTER) for its lines; a gets the console',
      ]);
      expect(logger({ ...env, REQLENS_LOGGERS }, 'a')?.hasConsole).toBe(true);
      expect(logger({ ...env, REQLENS_LOGGERS }, 'b')?.hasConsole).toBe(false);
    },
  );

  test('so does one that has lost its file as a backup of another', () => {
    const REQLENS_LOGGERS = 'publish_sync.1:console=no:otlp=no';
    expect(complaints({ REQLENS_LOGGERS })).toHaveLength(2);
    expect(logger({ REQLENS_LOGGERS }, 'publish_sync.1')).toMatchObject({ file: undefined, hasConsole: true });
  });
});

describe('REQLENS_LOG_REDACT', () => {
  const { redact } = readConfig({}).config.logs;

  test('by default hides what commonly carries credentials', () => {
    expect(redact).toEqual([
      'authorization',
      'proxy-authorization',
      'cookie',
      'set-cookie',
      'password',
      'passwd',
      'token',
      'access_token',
      'accessToken',
      'refresh_token',
      'refreshToken',
      'id_token',
      'idToken',
      'secret',
      'client_secret',
      'clientSecret',
      'api_key',
      'apiKey',
      'x-api-key',
    ]);
  });

  test.each([
    ['none', []],
    ['password', ['password']],
    ['user.email, items.*.card ,password,user.email', ['user.email', 'items.*.card', 'password']],
    ['*.iban', ['*.iban']],
    ['default,user.email', [...redact, 'user.email']],
  ])('%s', (value, expected) => {
    const { config, problems } = readConfig({ REQLENS_LOG_REDACT: value });
    expect(problems).toEqual([]);
    expect(config.logs.redact).toEqual(expected);
  });

  const form = 'keys and paths such as password, user.email or items.*.card, default among them, or none alone';

  test.each([
    ['user.email,req.headers[0]', ['user.email'], 'the list is used without req.headers[0]'],
    ['none,password', ['password'], 'the list is used without none'],
    ['*,a..b,.a,a.,a b,a*', redact, 'the default list is used'],
    ['**', redact, 'the default list is used'],
    [',', redact, undefined],
  ])('%s keeps what can be used, and never ends with nothing hidden', (value, expected, consequence) => {
    const { config, problems } = readConfig({ REQLENS_LOG_REDACT: value });
    expect(config.logs.redact).toEqual(expected);
    expect(problems.map(problemLine)).toEqual(
      consequence ? [`reqlens: REQLENS_LOG_REDACT="${value}" is not usable: expected ${form}; ${consequence}`] : [],
    );
  });
});
