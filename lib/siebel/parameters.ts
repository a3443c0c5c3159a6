import {
  type ComponentAddress,
  type HierarchyPageQuery,
  type HierarchyQuery,
  MAX_PAGE_SIZE,
  type PageQuery,
  type ReadOptions,
  type SortKey,
} from './component.ts';
import { isSegment } from './path.ts';
import { type Condition, isFieldName, searchSpecification } from './search-specification.ts';
import type { Parameter, SiebelSite } from './site.ts';

/** Members of one level of a hierarchy that are no child components. */
const OWN_MEMBERS: readonly string[] = ['fields', 'searchspec', 'sortspec'];

const joinedNames = /* @__PURE__ */ new WeakMap<readonly string[], string>();

/** Parameters of every read. Siebel's own defaults hide records, bend shapes and add links, so they are always sent. */
export function readParameters(
  { viewMode }: ComponentAddress,
  { fields, childLinks = 'none', inlineAttachments, excludeEmptyFields }: ReadOptions,
): Parameter[] {
  return [
    ['ViewMode', viewMode],
    ['uniformresponse', 'y'],
    ['ChildLinks', childLinks === 'none' ? 'None' : childLinks.map(componentName).join(',')],
    ...optionally('fields', fields && namesOf(fields)),
    // In lower case, or Siebel takes them for false.
    ...optionally('inlineattachment', inlineAttachments && 'true'),
    ...optionally('excludeEmptyFieldsInResponse', excludeEmptyFields && 'true'),
  ];
}

/** Parameters of one page of a query. */
export function pageParameters(at: ComponentAddress, query: PageQuery, site: SiebelSite): Parameter[] {
  const { where, sort = [], executionMode = 'ForwardOnly', count } = query;
  return [
    ...readParameters(at, query),
    ...positionParameters(query, site),
    ...optionally('searchspec', where && specificationOf(where, site)),
    ...optionally('sortspec', sortSpecification(sort)),
    ['ExecutionMode', executionMode],
    ...optionally('recordcountneeded', count && 'true'),
  ];
}

/** Parameters of one page of records with their children. */
export function hierarchyParameters(at: ComponentAddress, query: HierarchyPageQuery, site: SiebelSite): Parameter[] {
  const root = at.below?.at(-1)?.component ?? at.businessComponent;
  const hierarchy = JSON.stringify({ [root]: hierarchyLevel(query, site) });
  return [
    ...readParameters(at, {}),
    ...positionParameters(query, site),
    ['ExecutionMode', 'ForwardOnly'],
    ['QueryHierarchy', hierarchy],
  ];
}

/** Which page: its size, within the limit of the site, and how many records come before it. */
export function positionParameters(
  { pageSize, startRow }: Pick<PageQuery, 'pageSize' | 'startRow'>,
  { maxPageSize = MAX_PAGE_SIZE }: SiebelSite,
): Parameter[] {
  if (!Number.isInteger(pageSize) || pageSize < 1 || pageSize > MAX_PAGE_SIZE)
    throw new RangeError(`pageSize is not 1 to ${MAX_PAGE_SIZE}`);
  if (!Number.isSafeInteger(startRow) || startRow < 0) throw new RangeError('startRow is not a whole number from 0');
  return [
    ['PageSize', String(Math.min(pageSize, maxPageSize))],
    ['StartRowNum', String(startRow)],
  ];
}

function hierarchyLevel({ fields, where, sort = [], children = {} }: HierarchyQuery, site: SiebelSite): object {
  const below = Object.entries(children).map(([name, query]) => {
    if (OWN_MEMBERS.includes(name)) throw new RangeError('a child component has a name that the query needs itself');
    return [componentName(name), hierarchyLevel(query, site)];
  });
  return {
    fields: namesOf(fields),
    ...(where && { searchspec: specificationOf(where, site) }),
    ...(sort.length > 0 && { sortspec: sortSpecification(sort) }),
    ...Object.fromEntries(below),
  };
}

/** What an address holds beside the search and many fields: path, names of some, sort. */
const BESIDE_SEARCH = 1_000;

/**
 * Whether a condition whose values can stand in a search is short enough for one at this site.
 *
 * @param fields Read along, when they may be many.
 */
export function fitsSearch(
  where: Condition,
  { quoteEscape, maxSearchLength = 2_000, maxUrlLength = 8_000 }: SiebelSite,
  fields: readonly string[] = [],
): boolean {
  const specification = searchSpecification(where, { quoteEscape, maxLength: Number.POSITIVE_INFINITY });
  const encodedLength = encodeURIComponent(specification + fields.join(',')).length;
  return specification.length <= maxSearchLength && encodedLength <= maxUrlLength - BESIDE_SEARCH;
}

function specificationOf(condition: Condition, { quoteEscape, maxSearchLength }: SiebelSite): string {
  return searchSpecification(condition, { quoteEscape, maxLength: maxSearchLength });
}

function sortSpecification(sort: readonly SortKey[]): string {
  return sort.map(({ field, direction }) => `${named(field)}:${direction}`).join(',');
}

/** An operation asks for the same list in each of its calls, so that it is checked and joined once. */
function namesOf(fields: readonly string[]): string {
  const known = joinedNames.get(fields);
  if (known !== undefined) return known;
  const names = [...new Set(['Id', ...fields])].map(named).join(',');
  joinedNames.set(fields, names);
  return names;
}

function optionally(name: string, value: string | false | undefined): Parameter[] {
  return value ? [[name, value]] : [];
}

function named(field: string): string {
  if (!isFieldName(field)) throw new RangeError('a field has a name that no field can have');
  return field;
}

function componentName(name: string): string {
  // A comma would part the list.
  if (!isSegment(name) || name.includes(',')) throw new RangeError('a component has a name that none can have');
  return name;
}
