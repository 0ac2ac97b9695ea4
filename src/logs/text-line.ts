/**
 * The text form of a line: `<ISO time> - <LEVEL> - <message> key=value ... logger=<name> request_id=<id> trace_id=<id>`. Our own
 * fields stand last and always (`-` when there is none), so that a message cannot pretend to have them.
 */

/** In the head, or said by the machine that has the file; the JSON format has them all. */
const leftOut: ReadonlySet<string> = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'span_id', 'trace_flags']);
const last: readonly string[] = ['logger', 'account_id', 'user_id', 'request_id', 'trace_id'];
const always: ReadonlySet<string> = new Set(['request_id', 'trace_id']);

/** @param json - A line of ours, with its line break. @returns One line, with its line break. */
export function textLine(json: string): string {
  const fields: unknown = JSON.parse(json);
  if (!isRecord(fields)) return json;
  const pairs = Object.entries(fields)
    .filter(([key]) => !leftOut.has(key) && !last.includes(key))
    .map(([key, value]) => ` ${bare(key)}=${shown(key === 'err' ? stackOf(value) : value)}`);
  const own = last
    .filter((key) => always.has(key) || fields[key] !== undefined)
    .map((key) => ` ${key}=${shown(fields[key] ?? '-')}`);
  const level = String(fields['level']).toUpperCase();
  return `${String(fields['time'])} - ${level} - ${message(fields['msg'])}${pairs.join('')}${own.join('')}\n`;
}

function message(value: unknown): string {
  return typeof value === 'string' ? visible(value) : value === undefined ? '' : visible(JSON.stringify(value));
}

/** Of an error the stack says all: its type and message are the first line. */
function stackOf(error: unknown): unknown {
  return isRecord(error) && typeof error['stack'] === 'string' ? error['stack'] : error;
}

/** A text that could be mistaken for more than one value is quoted as in JSON. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[^\s"=\\]+$/.test(text) ? visible(text) : visible(JSON.stringify(text));
}

function bare(key: string): string {
  return /^[^\s"=\\]+$/.test(key) ? visible(key) : visible(JSON.stringify(key));
}

/** Control characters, line separators and marks that reorder text, as in the JSON line (json-text.ts). */
// oxlint-disable-next-line no-control-regex -- these are what it is for
const hidden = /[\u0000-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

function visible(text: string): string {
  return text.replaceAll(hidden, (character) => {
    if (character === '\n') return String.raw`\n`;
    if (character === '\r') return String.raw`\r`;
    if (character === '\t') return String.raw`\t`;
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
