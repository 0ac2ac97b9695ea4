/** Which instances of pino are our named loggers: their lines are sent by themselves. */

const own = new WeakSet<object>();

/** A named logger that is an instance of pino. Its children are found by their prototypes. */
export function markOwn(logger: object): void {
  own.add(logger);
}

export function isOwn(instance: object): boolean {
  for (let at: unknown = instance; typeof at === 'object' && at !== null; at = Object.getPrototypeOf(at)) {
    if (own.has(at)) return true;
  }
  return false;
}
