/** The one door to what the query API answers; every page takes its types from here. */
// oxlint-disable-next-line no-restricted-imports -- types only: the contract is shared with the server on purpose
export type * from '../api-types.ts';
