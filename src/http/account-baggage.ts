/** The caller's account as a member of `baggage`, for those who ask for it (`REQLENS_ACCOUNT_BAGGAGE`). Pure. */
import type { RequestScope } from '../identity/request-scope.ts';

/** As on spans and log lines. */
const name = 'reqlens.account.id';

/** @returns `reqlens.account.id=42`, percent-encoded (https://www.w3.org/TR/baggage/); undefined while no account is known. */
export function accountMember({ caller }: RequestScope): string | undefined {
  const account = caller?.account;
  return account === undefined ? undefined : `${name}=${encodeURIComponent(account.toWellFormed())}`;
}

/** @param current - The header as it is: members of the application, and of the caller whose baggage is passed on. An older account gives way. */
export function withMember(current: string | number | readonly string[] | undefined, member: string): string {
  const members = (current === undefined ? '' : String(current)).split(',').map((each) => each.trim());
  return [...members.filter((each) => each !== '' && each.split(/[=;]/, 1)[0]?.trim() !== name), member].join(',');
}
