/** Logs whatever JavaScript can pass. Each line is followed by nothing that could throw: a line `thrown` is a failure. */
import { getLogger } from 'reqlens';

const log = getLogger('publish_sync');
const circular = { name: 'c' };
circular.self = circular;
const hostileError = new Error('m');
Object.defineProperty(hostileError, 'message', {
  get() {
    throw new Error('no message');
  },
});
const refusing = new Proxy(
  {},
  {
    ownKeys() {
      throw new Error('no keys');
    },
    get() {
      throw new Error('no values');
    },
    getPrototypeOf() {
      throw new Error('no prototype');
    },
  },
);

const cases = {
  getter: () =>
    log.info(
      {
        get broken() {
          throw new Error('boom');
        },
        whole: 1,
      },
      'getter',
    ),
  deepGetter: () =>
    log.info(
      {
        outer: {
          get broken() {
            throw new Error('deep');
          },
          whole: 1,
        },
      },
      'deepGetter',
    ),
  proxy: () => log.info(refusing, 'proxy'),
  proxyValue: () => log.info({ refusing }, 'proxyValue'),
  proxyBinding: () => log.child({ refusing }).info('proxyBinding'),
  proxyBindings: () => log.child(refusing).info('proxyBindings'),
  toString: () =>
    log.info('toString %s', {
      toString() {
        throw new Error('no text');
      },
    }),
  toJson: () =>
    log.info(
      {
        value: {
          toJSON() {
            throw new Error('no json');
          },
          a: 1,
        },
      },
      'toJson',
    ),
  undefinedJson: () => log.info({ value: { toJSON: () => undefined }, next: 1 }, 'undefinedJson'),
  symbolMessage: () => log.info(Symbol('symbolMessage')),
  symbolValue: () => log.info({ value: Symbol('s') }, 'symbolValue'),
  symbolPrefix: () => log.child({}, { msgPrefix: 'p ' }).info(Symbol('symbolPrefix')),
  bigint: () => log.info({ value: 12345678901234567890n, deep: { value: 1n } }, 'bigint'),
  bigintMessage: () => log.info(5n),
  circular: () => log.info({ circular }, 'circular'),
  hostileError: () => log.error(hostileError),
  hostileErrorField: () => log.error({ err: hostileError }, 'hostileErrorField'),
  serializer: () =>
    log
      .child(
        {},
        {
          serializers: {
            value() {
              throw new Error('serializer');
            },
          },
        },
      )
      .info({ value: { a: 1 } }, 'serializer'),
  formatter: () =>
    log
      .child(
        { bound: 1 },
        {
          formatters: {
            log() {
              throw new Error('formatter');
            },
          },
        },
      )
      .info({ value: 1 }, 'formatter'),
  childLevel: () => log.child({ bound: 1 }, { level: 'no such level' }).info('childLevel'),
  childNull: () => log.child(null).info('childNull'),
  setBindings: () => {
    const child = log.child({});
    child.setBindings({ later: 1, pid: 0 });
    child.info('setBindings');
  },
  nothing: () => log.info(),
  nullMessage: () => log.info(null),
  array: () => log.info([1, 'two'], 'array'),
  bare: () => log.info(Object.assign(Object.create(null), { value: 1 }), 'bare'),
  map: () => log.info({ map: new Map([[1, 2]]), date: new Date(0), nan: Number.NaN, fn() {} }, 'map'),
  controls: () => log.info({ 'k\u0085': 'v\u202Ev\u007F' }, 'controls \u0000\n\r\u001B[31m\u009B\u2028\u2066 é 😀'),
  controlsLong: () => log.info({ value: '\u202E'.repeat(200) }, 'controlsLong'),
  spoofed: () =>
    log
      .child({ request_id: 'child', level: 'child', shop: 'north' })
      .info({ request_id: 'x', trace_id: 'x', time: 'x', pid: 0, logger: 'x', msg: 'x', account_id: 'x' }, 'spoofed'),
  ownMessage: () => log.info({ msg: 'ownMessage' }),
  secrets: () =>
    log.child({ Password: 'no', kept: 1 }).info(
      {
        token: 'no',
        headers: { Authorization: 'no', Cookie: 'no', 'set-cookie': ['no'], host: 'kept', n: 12345678901234567890n },
        list: [{ secret: { deep: 'no' } }],
        err: Object.assign(new Error('kept'), { password: 'no' }),
      },
      'secrets "password": kept',
    ),
  huge: () => log.info({ huge: 'x'.repeat(50_000_000) }, 'y'.repeat(50_000_000)),
  hugeDeep: () => log.info({ deep: { list: ['x'.repeat(5_000_000)] }, small: 'kept' }, 'hugeDeep'),
  hugeMany: () =>
    log.info(Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`key${n}`, 'x'.repeat(20)])), 'hugeMany'),
};

for (const [name, run] of Object.entries(cases)) {
  try {
    run();
  } catch (error) {
    console.log(`thrown by ${name}: ${error.stack}`);
  }
}
