/** What a receiver has to say, fit for a line on stderr. Pure. It is foreign text: it may be long, hostile, or an echo of our secrets. */

/** A sentence's worth. */
const longestWords = 200;
/** Nothing beyond this is looked at. */
const longestText = 4096;
/** Shorter ones are no secrets, and hiding each "1" would make the words unreadable. */
const shortestSecret = 4;

/**
 * One line of at most 200 characters, without controls, marks of direction, invisible characters and half pairs.
 *
 * @param secrets - Never shown; see `secretsOf`.
 */
export function cleanWords(text: string, secrets: readonly string[]): string {
  const plain = withoutTags(text.slice(0, longestText))
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return cut(secrets.reduce((words, secret) => words.replaceAll(secret, '[hidden]'), plain));
}

/** A proxy's page for people: its title says all. `[^<>]` keeps both expressions linear. */
function withoutTags(text: string): string {
  if (!/^\s*</.test(text)) return text;
  const title = /<title>([^<>]*)<\/title>/i.exec(text)?.[1];
  return title ?? text.replaceAll(/<[^<>]*>/g, ' ');
}

function cut(words: string): string {
  if (words.length <= longestWords) return words;
  return `${words.slice(0, longestWords - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Words, not secrets, even where they stand in an authorization header. */
const schemes: ReadonlySet<string> = new Set(['basic', 'bearer', 'token', 'apikey', 'digest']);

/**
 * The values of configured headers, whole and in their parts (a scheme and a token), and the credentials of addresses. Longest first, so that no
 * part of a longer one stays.
 */
export function secretsOf(headers: Readonly<Record<string, string>>, addresses: readonly string[]): string[] {
  const values = [...Object.values(headers), ...addresses.flatMap(credentials)];
  const parts = values.flatMap((value) => [value, ...value.split(/[\s,;=:]+/)]);
  return [...new Set(parts.flatMap((part) => [part, encodeURIComponent(part.toWellFormed())]))]
    .filter((part) => part.length >= shortestSecret && !schemes.has(part.toLowerCase()))
    .toSorted((one, other) => other.length - one.length);
}

function credentials(address: string): string[] {
  const { username, password } = new URL(address);
  if (username === '') return [];
  const pair = `${decoded(username)}:${decoded(password)}`;
  return [username, password, pair, Buffer.from(pair).toString('base64')];
}

/** Percent-encoding undone; what is none stays as it is. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign: then the text is meant as it stands.
    return text;
  }
}
