/** Header names as people write them: Node sends a name in the case in which it was set. */

const spellings: ReadonlyMap<string, string> = new Map([
  ['x-request-id', 'X-Request-ID'],
  ['server-timing', 'Server-Timing'],
  ['trailer', 'Trailer'],
  ['x-resource-tracking-id', 'X-Resource-Tracking-ID'],
  ['x-debug-resource-tracking', 'X-Debug-Resource-Tracking'],
  ['access-control-expose-headers', 'Access-Control-Expose-Headers'],
  ['access-control-allow-headers', 'Access-Control-Allow-Headers'],
]);

/** @param name - Lower case. A name that is configured keeps its lower case. */
export function headerSpelling(name: string): string {
  return spellings.get(name) ?? name;
}
