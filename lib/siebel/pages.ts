import { unexpected } from './answers.ts';
import type { CallOptions } from './call.ts';
import type {
  ComponentAddress,
  HierarchyPageQuery,
  PagesLimit,
  PagesQuery,
  SiebelClient,
  SiebelPage,
  SiebelTree,
} from './component.ts';
import { all, conditions } from './search-specification.ts';

/** A site with ten records a page comes to a million records. */
const MAX_PAGES = 100_000;

/**
 * Reads a query page by page, one of them held at a time. Ends on an empty page or on Siebel's `lastpage`, and on nothing
 * else: a short page may be an administrator's limit.
 *
 * @see SiebelClient.pages
 */
export function pagesOf(
  queryPage: QueryPage,
  at: ComponentAddress,
  { paging = 'offset', maxPages = MAX_PAGES, ...query }: PagesQuery,
  options: CallOptions,
): AsyncGenerator<SiebelPage['records']> {
  if (paging === 'offset') {
    const pageAt = (startRow: number) => queryPage(at, { ...query, startRow }, options);
    return byOffset(pageAt, (record) => record['Id'], { ...query, maxPages });
  }
  if ((query.sort?.length ?? 0) > 0 || query.startRow !== 0)
    throw new RangeError('pages by Id have an order of their own and begin at the first record');
  return byId(queryPage, at, { ...query, maxPages }, options);
}

/**
 * Reads records with their children page by page, as `pagesOf` does by offset.
 *
 * @see SiebelClient.hierarchyPages
 */
export function hierarchyPagesOf(
  hierarchy: SiebelClient['hierarchy'],
  at: ComponentAddress,
  { maxPages = MAX_PAGES, ...query }: HierarchyPageQuery & PagesLimit,
  options: CallOptions,
): AsyncGenerator<readonly SiebelTree[]> {
  const pageAt = async (startRow: number) => {
    return { records: await hierarchy(at, { ...query, startRow }, options), lastPage: false };
  };
  return byOffset(pageAt, ({ values }) => values['Id'], { ...query, maxPages });
}

type QueryPage = SiebelClient['queryPage'];
type BoundedQuery = Omit<PagesQuery, 'paging'> & { readonly maxPages: number };

async function* byOffset<T>(
  pageAt: (startRow: number) => Promise<{ readonly records: readonly T[]; readonly lastPage: boolean }>,
  idOf: (record: T) => string | undefined,
  { startRow, maxPages }: Pick<BoundedQuery, 'startRow' | 'maxPages'>,
): AsyncGenerator<readonly T[]> {
  let nextRow = startRow;
  let lastFirst: string | undefined;
  for (let page = 0; ; page += 1) {
    const { records, lastPage } = await pageAt(nextRow);
    const [first] = records;
    if (first === undefined) return;
    if (idOf(first) === lastFirst) throw unexpected(200, 'the same page again: StartRowNum seems to be ignored');
    if (page >= maxPages) throw endless();
    yield records;
    if (lastPage) return;
    lastFirst = idOf(first);
    // By what came, not by what was asked for: an administrator may have set a smaller page limit.
    nextRow += records.length;
  }
}

async function* byId(
  queryPage: QueryPage,
  at: ComponentAddress,
  { maxPages, where, ...query }: BoundedQuery,
  options: CallOptions,
): AsyncGenerator<SiebelPage['records']> {
  const id = conditions({}).field('Id');
  const sort = [{ field: 'Id', direction: 'asc' }] as const;
  let lastId: string | undefined;
  for (let page = 0; ; page += 1) {
    const behind = lastId === undefined ? undefined : id.greaterThan(lastId);
    const window = where && behind ? all(where, behind) : (behind ?? where);
    const { records, lastPage } = await queryPage(at, { ...query, where: window, sort, startRow: 0 }, options);
    if (records.length === 0) return;
    if (records.some((record) => record['Id'] === lastId))
      throw unexpected(200, 'a record again that is behind us: the search seems to be ignored');
    if (page >= maxPages) throw endless();
    yield records;
    if (lastPage) return;
    lastId = records.at(-1)?.['Id'];
  }
}

function endless(): Error {
  return unexpected(200, 'more pages than there can be: paging has no end');
}
