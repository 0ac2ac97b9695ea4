/** A request in protobuf that can be taken apart, written by hand. */

/** An ExportLogsServiceRequest of five records, whose bodies are their numbers, in two scopes. */
export function fiveLogRecords(): Uint8Array {
  const record = (text: string): Buffer => field(0x12, field(0x2a, field(0x0a, Buffer.from(text))));
  const scope = (name: string, ...records: readonly Buffer[]): Buffer =>
    field(0x12, Buffer.concat([field(0x0a, field(0x0a, Buffer.from(name))), ...records]));
  const resource = field(0x0a, Buffer.alloc(0));
  return field(
    0x0a,
    Buffer.concat([
      resource,
      scope('webhooks', record('0'), record('1')),
      scope('publish_sync', record('2'), record('3'), record('4')),
    ]),
  );
}

function field(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag, content.byteLength]), content]);
}
