/** Which lines belong to one request. Pure. */

/** Whether the line carries the id as its `request_id` or `trace_id`; that it only speaks of it is not enough. */
export type RequestFilter = (line: string) => boolean;

const fields = ['request_id', 'trace_id'] as const;

/** @param id - A UUID or 32 hex digits, whose two spellings are one id, or any other request id, which must be the same to the letter. */
export function requestFilter(id: string): RequestFilter {
  const wanted = canonical(id);
  return (line) => idsOf(line).some((found) => canonical(found) === wanted);
}

/** The digits alone: the request id 01a2…-… and the trace id 01a2… are the same 128 bits. */
function canonical(id: string): string {
  const isUuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(id);
  if (isUuid) return id.replaceAll('-', '').toLowerCase();
  return /^[\da-f]{32}$/i.test(id) ? id.toLowerCase() : id;
}

function idsOf(line: string): readonly string[] {
  // Most lines of most files are passed over here, without parsing them.
  if (!fields.some((field) => line.includes(field))) return [];
  return line.startsWith('{') ? idsOfJson(line) : fields.flatMap((field) => idInText(line, field) ?? []);
}

function idsOfJson(line: string): readonly string[] {
  try {
    const parsed: Readonly<Record<string, unknown>> = JSON.parse(line);
    return fields.map((field) => parsed[field]).filter((value) => typeof value === 'string');
  } catch {
    // A line that a full disk or a killed writer has cut, or one that is not ours: nobody can say whose it is.
    return [];
  }
}

/** ` key=value` as the text format writes it: bare, or as a JSON string. */
const pairs = /(?: [^\s="]+=(?:"(?:[^"\\]|\\.)*"|[^\s="]*))+$/y;

/** Places that are looked at, from the end: each look may take the rest of the line. Our own lines have both fields in the first two. */
const mostPlaces = 50;

/**
 * The last place from which on the line is nothing but pairs, the field's own first. Our lines end in both fields, so what a message
 * says before them is never taken for them.
 */
function idInText(line: string, field: string): string | undefined {
  const start = ` ${field}=`;
  let places = mostPlaces;
  for (let at = line.lastIndexOf(start); at > 0 && places > 0; at = line.lastIndexOf(start, at - 1)) {
    places -= 1;
    pairs.lastIndex = at;
    if (pairs.test(line)) return idOf(valueAt(line, at + start.length));
  }
  return undefined;
}

/** `-` stands for none. */
function idOf(value: string): string | undefined {
  return value === '-' ? undefined : value;
}

function valueAt(line: string, from: number): string {
  const quoted = /"(?:[^"\\]|\\.)*"/y;
  quoted.lastIndex = from;
  const [text] = quoted.exec(line) ?? [];
  if (text === undefined) return line.slice(from).split(' ', 1)[0] ?? '';
  try {
    return String(JSON.parse(text));
  } catch {
    // Quoted, but by nobody who knows JSON.
    return text;
  }
}
