/** The arguments of `reqlens token`. Pure. */
import { parseArgs } from 'node:util';

import { parseDuration } from '../config/duration.ts';

export interface TokenOptions {
  readonly ttlMs: number;
  /** Undefined: the first of `REQLENS_PRIVILEGED_ROLES`. */
  readonly role: string | undefined;
  readonly subject: string;
}

export type ReadTokenOptions =
  | { readonly kind: 'options'; readonly options: TokenOptions }
  | { readonly kind: 'help' }
  /** What was expected and what came. */
  | { readonly kind: 'mistake'; readonly message: string };

const defaultTtl = '15m';
/** A token cannot be taken back. */
const longestTtlMs = 31 * 86_400_000;

export function readTokenOptions(argv: readonly string[]): ReadTokenOptions {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        help: { type: 'boolean', short: 'h' },
        ttl: { type: 'string', default: defaultTtl },
        role: { type: 'string' },
        subject: { type: 'string', default: 'reqlens token' },
      },
    });
    if (values.help) return { kind: 'help' };
    return checked(values);
  } catch (error) {
    // parseArgs says which option it does not know, or which one needs a value.
    const message = error instanceof Error ? (error.message.split(/\.?\n|\. /, 1)[0] ?? '') : String(error);
    return { kind: 'mistake', message: `${message}; see reqlens token --help` };
  }
}

interface GivenTexts {
  readonly ttl: string;
  readonly role?: string | undefined;
  readonly subject: string;
}

function checked({ ttl, role, subject }: GivenTexts): ReadTokenOptions {
  const ttlMs = parseDuration(ttl.trim());
  if (ttlMs === undefined || ttlMs > longestTtlMs)
    return mistake('--ttl', 'a time of at most 31d such as 90s, 15m or 8h', ttl);
  if (role !== undefined && !isText(role)) return mistake('--role', textForm, role);
  if (!isText(subject)) return mistake('--subject', textForm, subject);
  return { kind: 'options', options: { ttlMs, role, subject } };
}

const textForm = '1-256 characters, none of them a control character';

function isText(text: string): boolean {
  return text.trim() !== '' && text.length <= 256 && !/\p{Cc}/u.test(text);
}

function mistake(option: string, expected: string, got: string): ReadTokenOptions {
  return { kind: 'mistake', message: `${option}: expected ${expected}, got ${JSON.stringify(got.slice(0, 60))}` };
}

export const tokenHelp = `Usage: reqlens token [options]

Prints a token, signed with REQLENS_JWT_SECRET, that lets its holder see what requests used, until it expires:

  curl -H "X-Debug-Resource-Tracking: $(reqlens token)" https://shop.example/checkout

It says the role where REQLENS_JWT_ROLES_CLAIM has it, and carries REQLENS_JWT_AUDIENCE (its first) and REQLENS_JWT_ISSUER, so that an
application with the same variables believes it. A token cannot be taken back: keep its time short.

      --ttl TIME        How long it is valid, e.g. 90s, 15m, 8h; at most 31d. Default: 15m.
      --role ROLE       Default: the first of REQLENS_PRIVILEGED_ROLES.
      --subject NAME    Who holds it; shown as user.id with what the request used. Default: reqlens token.
  -h, --help            Show this text.

Exit status: 0; 1 when there is no secret to sign with; 2 for an option that is not known.
`;
