import { firstFrom, instantOf, numberOf, type Records } from './records.ts';

/** The page that a request asks for, as numbers of records: from the first up to, not including, the last. */
export interface PageRange {
  readonly first: number;
  readonly last: number;
}

const COMPARISON = /\[(Updated|Id)\] *(<=|>=|<|>|=) *"([^"]*)"/g;

/**
 * Reads `([Updated] > T OR ([Updated] = T AND [Id] > I)) AND [Updated] <= U`, with any part of it missing, and `PageSize`.
 *
 * @throws Error for anything else: a stand-in that answers a search which it has not understood measures nothing.
 */
export function pageOf(parameters: URLSearchParams, records: Records): PageRange {
  const search = parameters.get('searchspec') ?? '';
  const comparisons = [...search.matchAll(COMPARISON)];
  const rest = search.replaceAll(COMPARISON, '').replaceAll(/[() ]|AND|OR/g, '');
  if (rest !== '') throw new Error(`a search that this stand-in does not know: ${search}`);

  let first = 0;
  let end = records.count;
  let behind: number | undefined;
  for (const [, field, operator = '', literal = ''] of comparisons) {
    if (field === 'Id') {
      behind = numberOf(literal);
      continue;
    }
    const atMs = instantOf(literal);
    if (operator === '<=') end = Math.min(end, firstFrom(atMs + 1_000, records));
    if (operator === '<') end = Math.min(end, firstFrom(atMs, records));
    if (operator === '>') first = Math.max(first, firstFrom(atMs + 1_000, records));
    if (operator === '>=') first = Math.max(first, firstFrom(atMs, records));
  }
  // An Id comes only beside its second: what stands behind it is the rest of that second, and everything later.
  if (behind !== undefined) first = behind + 1;
  return { first, last: Math.min(end, first + Number(parameters.get('PageSize'))) };
}
