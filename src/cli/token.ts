/** `reqlens token`: signs a token of a privileged role with the application's own secret. */
import { SignJWT } from 'jose';

import type { TokenSettings } from '../config/config.ts';
import { EnvironmentReader } from '../config/environment-reader.ts';
import { problemLine } from '../config/problem-lines.ts';
import { readRoles, readTokens } from '../config/read-usage.ts';
import { readTokenOptions, tokenHelp } from './token-options.ts';
import type { TokenOptions } from './token-options.ts';

export async function tokenCommand(argv: readonly string[]): Promise<void> {
  const read = readTokenOptions(argv);
  if (read.kind === 'help') {
    process.stdout.write(tokenHelp);
    return;
  }
  if (read.kind === 'mistake') {
    fail(read.message, 2);
    return;
  }
  const reader = new EnvironmentReader(process.env);
  const settings = readTokens(reader);
  const roles = readRoles(reader);
  for (const problem of reader.problems) process.stderr.write(`${problemLine(problem)}\n`);
  const role = read.options.role?.trim() ?? roles[0];
  if (settings.secret === undefined) {
    fail('cannot sign a token: REQLENS_JWT_SECRET must be set, e.g. to the output of openssl rand -base64 48', 1);
  } else if (role === undefined) {
    fail('cannot sign a token: REQLENS_PRIVILEGED_ROLES is none, so no token would be privileged', 1);
  } else {
    if (!roles.includes(role)) {
      process.stderr.write(
        `reqlens: ${JSON.stringify(role)} is none of REQLENS_PRIVILEGED_ROLES (${roles.join(',')}): the token will not be privileged\n`,
      );
    }
    process.stdout.write(`${await signed({ ...read.options, role }, settings, settings.secret)}\n`);
  }
}

/** HS256 whatever the secret's length: every verifier of ours takes it. */
async function signed(
  { ttlMs, role, subject }: TokenOptions & { readonly role: string },
  { audience, issuer, rolesClaim }: TokenSettings,
  secret: string,
): Promise<string> {
  const nowS = Math.floor(Date.now() / 1000);
  const token = new SignJWT(atPath(rolesClaim, [role]))
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(subject.trim())
    .setIssuedAt(nowS)
    .setExpirationTime(nowS + Math.ceil(ttlMs / 1000));
  const [firstAudience] = audience;
  if (firstAudience !== undefined) token.setAudience(firstAudience);
  if (issuer !== undefined) token.setIssuer(issuer);
  return token.sign(new TextEncoder().encode(secret));
}

/** `['realm_access', 'roles']` and a value: `{ realm_access: { roles: value } }`. */
function atPath(path: readonly string[], value: unknown): Record<string, unknown> {
  const inner = path.toReversed().reduce<unknown>((nested, step) => ({ [step]: nested }), value);
  return { ...Object(inner) };
}

function fail(message: string, exitCode: number): void {
  process.stderr.write(`reqlens: ${message}\n`);
  process.exitCode = exitCode;
}
