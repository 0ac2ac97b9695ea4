/** Small marks that mean the same on every page: status, service, counts. */
import type { RequestRow } from './contract.ts';
import { el } from './element.ts';
import { serviceColour } from './service-colours.ts';
import { inlineText } from './value-text.ts';

/** The HTTP status code when there is one, else whether the span failed. Never by colour alone. */
export function statusBadge(row: Pick<RequestRow, 'statusCode' | 'isError'>): HTMLElement {
  const text = row.statusCode === undefined ? (row.isError ? 'ERR' : 'ok') : String(row.statusCode);
  const meaning = row.isError ? 'failed' : 'did not fail';
  return el('span', { class: `status ${statusClass(row)}`, attr: { title: `${text}: the request ${meaning}` } }, text);
}

/** The service's colour and its name. */
export function serviceBadge(service: string): HTMLElement {
  const dot = el('span', { class: 'dot', attr: { 'aria-hidden': 'true' } });
  return el('span', { class: 'service', vars: { '--colour': serviceColour(service) } }, dot, inlineText(service));
}

function statusClass({ statusCode, isError }: Pick<RequestRow, 'statusCode' | 'isError'>): string {
  if (isError || (statusCode ?? 0) >= 500) return 'is-error';
  if (statusCode === undefined) return 'is-plain';
  if (statusCode >= 400) return 'is-warning';
  return statusCode >= 300 ? 'is-plain' : 'is-ok';
}
