/** The variables that say who may see what a request used, and where that is kept: REQLENS_USAGE_*, REQLENS_JWT_* and their like. */
import type { Variable } from './variables.ts';

const section = 'Usage';

export const usageVariables: readonly Variable[] = [
  {
    name: 'REQLENS_PRIVILEGED_ROLES',
    section,
    meaning:
      'Callers with one of these roles may see what their requests used. `none`: nobody may, and nothing is measured.',
    type: 'list of roles, compared letter by letter',
    default: 'admin,developer',
  },
  {
    name: 'REQLENS_JWT_SECRET',
    section,
    meaning:
      'Verifies tokens signed with HS256, from 48 bytes on HS384, from 64 bytes on HS512 too; `reqlens token` signs with it.',
    type: 'text of 32 bytes or more',
    whenUnset: 'such tokens are not believed',
    isSecret: true,
  },
  {
    name: 'REQLENS_JWKS_URL',
    section,
    meaning:
      'Verifies tokens signed with RS*, PS*, ES* or EdDSA by the keys found there (https://www.rfc-editor.org/rfc/rfc7517).',
    type: 'URL that begins with `https://`; `http://` on this machine only',
    whenUnset: 'such tokens are not believed',
  },
  {
    name: 'REQLENS_JWT_ISSUER',
    section,
    meaning: 'A token must come from this issuer (`iss`).',
    type: 'text',
    whenUnset: 'any issuer',
  },
  {
    name: 'REQLENS_JWT_AUDIENCE',
    section,
    meaning: 'A token must be meant for one of these (`aud`).',
    type: 'list of texts',
    default: 'reqlens',
  },
  {
    name: 'REQLENS_JWT_ROLES_CLAIM',
    section,
    meaning:
      "Where a token's payload, `req.user` or `req.auth` has the roles: `realm_access.roles`, or the URL that names a claim.",
    type: 'names with dots between them, or a URL',
    default: 'roles',
  },
  {
    name: 'REQLENS_USAGE_STORE',
    section,
    meaning:
      'Where usage is kept: in the memory of each process, or in a Redis that all of them share (package `redis` in the application).',
    type: 'URL of a Redis (`redis://` or `rediss://`), or `memory`',
    default: 'memory',
  },
  {
    name: 'REQLENS_USAGE_TTL',
    section,
    meaning: 'How long the usage of a request is kept.',
    type: 'milliseconds, 1000 to 604800000',
    default: '3600000',
  },
  {
    name: 'REQLENS_USAGE_MAX_ENTRIES',
    section,
    meaning: 'For how many requests a process keeps the usage in its memory; the oldest are dropped first.',
    type: 'number, 1 to 1000000',
    default: '1000',
  },
  {
    name: 'REQLENS_USAGE_PATH',
    section,
    meaning: 'The application answers `GET <path>/<request id>` with what that request used, for holders of a token.',
    type: 'path that begins with `/`, e.g. `/internal/usage`',
    whenUnset: 'nothing is answered',
  },
  {
    name: 'REQLENS_USAGE_UNPRIVILEGED_PER_MINUTE',
    section,
    meaning:
      'How many requests a minute each process measures for callers who then turn out not to be privileged. 0: only those with a token that was verified before are measured.',
    type: 'number, 0 to 1000000',
    default: '120',
  },
];
