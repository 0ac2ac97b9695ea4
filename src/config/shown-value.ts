/** What of a value may stand in a complaint: short, harmless on a terminal, and no secret. */

const longest = 80;

/** Controls, invisible and bidirectional marks, line separators and lone surrogates: what could forge or hide a line. */
const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
const everyUnprintable = new RegExp(unprintable, 'gu');

/** @returns The text in one line, at most 80 characters (or `limit`); `"`, `\` and what a terminal would obey are escaped. */
export function shownText(text: string, limit: number = longest): string {
  let shown = '';
  let cut = '';
  for (const character of text) {
    shown += escaped(character);
    if (shown.length < limit) cut = shown;
    if (shown.length > limit) return `${cut}…`;
  }
  return shown;
}

/** @returns The text on one line, with nothing in it that a terminal would obey; otherwise as it is. For sentences that quote others. */
export function inOneLine(text: string): string {
  return text
    .replaceAll(/[\r\n]+\s*/g, ' ')
    .replaceAll(everyUnprintable, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}

/** @returns The address without user, password and query, for anything that was meant to be a URL, even a broken one. */
export function withoutCredentials(url: string): string {
  // Greedy up to the last @: a password may itself contain /, ? or @.
  return url.replace(/^([a-z][a-z\d+.-]*:\/\/)?.*@/is, '$1***@').replace(/[?#].*$/s, '?***');
}

function escaped(character: string): string {
  if (character === '"' || character === '\\') return `\\${character}`;
  if (!unprintable.test(character)) return character;
  return `\\u{${character.codePointAt(0)?.toString(16)}}`;
}
