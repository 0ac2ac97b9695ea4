/** Finds characters in received text that would hide or reorder it. Pure: no DOM. */

/** A stretch of text as it is, or one hidden character by its name. */
export interface TextPart {
  /** For a hidden character its name, e.g. `U+202E` or `NUL`; else the text itself. */
  readonly text: string;
  readonly isHidden: boolean;
}

/**
 * C0, DEL and C1 controls, bidi marks, embeddings and isolates, zero-width characters, line and paragraph separators, Unicode tags and
 * lone surrogates (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing).
 */
const hidden =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

const names: Readonly<Record<string, string>> = { '\0': 'NUL', '\t': 'TAB', '\n': 'LF', '\r': 'CR', '\u001b': 'ESC' };

/**
 * @param isMultiline - Line feeds and tabs then stay as they are.
 * @returns In order; together they cover the whole text. Empty for an empty text.
 */
export function textParts(text: string, isMultiline = false): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(hidden)) {
    if (isMultiline && (match[0] === '\n' || match[0] === '\t')) continue;
    if (match.index > from) parts.push({ text: text.slice(from, match.index), isHidden: false });
    parts.push({ text: nameOf(match[0]), isHidden: true });
    from = match.index + match[0].length;
  }
  if (from < text.length) parts.push({ text: text.slice(from), isHidden: false });
  return parts;
}

/** The text with hidden characters spelt out, for places that take plain text only (titles, labels). */
export function plainVisible(text: string): string {
  return textParts(text)
    .map((part) => (part.isHidden ? `<${part.text}>` : part.text))
    .join('');
}

/**
 * @param limit - UTF-16 units; a pair is never split.
 * @returns The text itself when it is short enough.
 */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const last = text.charCodeAt(limit - 1);
  const isHighSurrogate = last >= 0xd8_00 && last <= 0xdb_ff;
  return text.slice(0, isHighSurrogate ? limit - 1 : limit);
}

function nameOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return names[character] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
