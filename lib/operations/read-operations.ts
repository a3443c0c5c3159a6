import * as z from 'zod/mini';
import { ConfigurationError, IntegrationError } from '../errors.ts';
import { unexpected } from '../siebel/answers.ts';
import { MAX_PAGE_SIZE, type SortKey } from '../siebel/component.ts';
import { type Condition, conditions, searchNameOf, searchSpecification } from '../siebel/search-specification.ts';
import {
  addressFor,
  type DeclaredComponent,
  membersOf,
  notFound,
  parentMembers,
  trusted,
} from './declared-component.ts';
import { type DeclaredFilters, declareFilters } from './filters.ts';
import { type ById, ID, type Items, inputSchema, type Values } from './members.ts';
import type { Operation } from './operation.ts';
import { branchesOf, decodeTree, hierarchyOf } from './record-trees.ts';
import { decodeRecord } from './records.ts';

/** What a query may say, its names not yet checked. */
export interface LooseQuery {
  readonly filters?: readonly string[] | Readonly<Record<string, unknown>>;
  readonly where?: Condition;
  readonly sort?: readonly SortKey[];
  readonly limit?: number;
  readonly children?: readonly string[];
}

const DEFAULT_LIMIT = 20;

/** `{ Id }` → the record, its attachments with their content; or the record with its children. */
export function readOne(
  component: DeclaredComponent,
  children: readonly string[] = [],
): Operation<ById, unknown, 'read'> {
  const { fields } = component;
  const inlineAttachments = fields.size > component.listed.size;
  const read = { ...component.read, fields: [...fields.keys()], ...(inlineAttachments && { inlineAttachments }) };
  const branches = branchesOf(component, children);
  return {
    kind: 'read',
    input: inputSchema({ ...parentMembers(component), Id: ID }),
    inputMembers: new Map(membersOf(component, ['Id'])),
    async call(client, input, options) {
      const at = addressFor(component, input);
      if (children.length > 0) {
        const where = conditions({}).field('Id').is(input.Id);
        // Not a page of one: releases from 24.1 on apply the page's size to the children as well.
        const query = { ...hierarchyOf(branches), where, pageSize: MAX_PAGE_SIZE, startRow: 0 };
        const [tree, ...others] = await client.hierarchy(at, query, options);
        if (!tree) throw notFound(component);
        // A site may have renamed the parameter that carries the search, which is then not read.
        if (others.length > 0 || tree.values['Id'] !== input.Id) {
          throw unexpected(200, `${component.name}: another record than the one that was asked for`);
        }
        return decodeTree(branches, tree, client.maxPageSize);
      }
      const record = await client.get(at, input.Id, read, options);
      if (!record) throw notFound(component);
      return trusted(component, decodeRecord(fields, record));
    },
  };
}

/** `{ <filter>: value, …, limit }` → `{ items }`, those that satisfy every filter that is given. */
export function search(
  component: DeclaredComponent,
  { filters: given = [], where, sort = [], limit: usual = DEFAULT_LIMIT, children = [] }: LooseQuery,
): Operation<Values & { readonly limit?: number }, Items<unknown>, 'read'> {
  if (!Number.isInteger(usual) || usual < 1 || usual > MAX_PAGE_SIZE) {
    throw new ConfigurationError(`business component ${component.name}: limit is not 1 to ${MAX_PAGE_SIZE}`);
  }
  const filters = declareFilters(component.name, component.searchable, given, checkedWhere(component, where));
  const branches = branchesOf(component, children);
  const order = { sort: sortOf(component, sort), startRow: 0 };
  const limits = z.optional(z.int().check(z.minimum(1), z.maximum(MAX_PAGE_SIZE)));
  return {
    kind: 'read',
    input: inputSchema({ ...parentMembers(component), ...filters.members, limit: limits }),
    inputMembers: new Map([...membersOf(component, []), ...filters.inputMembers, ['limit', { type: 'number' }]]),
    call: explaining(filters, async (client, { limit = usual, ...input }, options) => {
      const at = addressFor(component, input);
      const query = { ...whereOf(filters, input), ...order };
      if (children.length > 0) {
        const pages = client.hierarchyPages(
          at,
          { ...hierarchyOf(branches), ...query, pageSize: MAX_PAGE_SIZE },
          options,
        );
        const trees = await upTo(limit, pages);
        return { items: trees.map((tree) => decodeTree(branches, tree, client.maxPageSize)) };
      }
      const pages = client.pages(at, { ...query, ...component.read, pageSize: limit }, options);
      const records = await upTo(limit, pages);
      return { items: records.map((record) => trusted(component, decodeRecord(component.listed, record))) };
    }),
  };
}

/** `{ <filter>: value, … }` → `{ count }`. */
export function countAll(
  component: DeclaredComponent,
  { filters: given = [], where }: Pick<LooseQuery, 'filters' | 'where'>,
): Operation<Values, { readonly count: number }, 'read'> {
  const filters = declareFilters(component.name, component.searchable, given, checkedWhere(component, where));
  return {
    kind: 'read',
    input: inputSchema({ ...parentMembers(component), ...filters.members }),
    inputMembers: new Map([...membersOf(component, []), ...filters.inputMembers]),
    call: explaining(filters, async (client, input, options) => ({
      count: await client.count(addressFor(component, input), whereOf(filters, input), options),
    })),
  };
}

/** A call whose search, when it is refused, is explained by the filters that have asked for it. */
function explaining<I extends Values, O>(
  filters: DeclaredFilters,
  call: Operation<I, O>['call'],
): Operation<I, O>['call'] {
  return async (client, input, options) => {
    try {
      return await call(client, input, options);
    } catch (error) {
      throw filters.explained(error, input);
    }
  };
}

/** A page that is not full may be the last, or all that an administrator's page limit lets through. */
async function upTo<T>(limit: number, pages: AsyncIterable<readonly T[]>): Promise<readonly T[]> {
  const records: T[] = [];
  for await (const page of pages) {
    records.push(...page);
    if (records.length >= limit) break;
  }
  return records.slice(0, limit);
}

function whereOf(filters: DeclaredFilters, input: Values): { readonly where?: Condition } {
  const where = filters.conditionOf(input);
  return where ? { where } : {};
}

/** The order that was declared, made complete by the Id, in the words of searches. */
function sortOf({ name, searchable }: DeclaredComponent, sort: readonly SortKey[]): readonly SortKey[] {
  const keys = sort.map(({ field, direction }): SortKey => {
    const declared = Object.hasOwn(searchable, field) ? searchable[field] : undefined;
    if (!declared)
      throw new ConfigurationError(
        `business component ${name}: the sort names ${field}, which is not a declared field`,
      );
    if (direction !== 'asc' && direction !== 'desc') {
      throw new ConfigurationError(`business component ${name}: the sort by ${field} is neither 'asc' nor 'desc'`);
    }
    return { field: searchNameOf(field, declared), direction };
  });
  return keys.some(({ field }) => field === 'Id') ? keys : [...keys, { field: 'Id', direction: 'asc' }];
}

// With the longest texts that any site takes: what fails here fails everywhere.
function checkedWhere({ name }: DeclaredComponent, where: Condition | undefined): Condition | undefined {
  if (!where) return undefined;
  try {
    searchSpecification(where, { quoteEscape: 'doubling', maxLength: Number.POSITIVE_INFINITY });
    return where;
  } catch (cause) {
    const what =
      cause instanceof IntegrationError ? cause.message : 'is not a condition: build one with field(…), all, any, not';
    throw new ConfigurationError(`business component ${name}: where: ${what}`, { cause });
  }
}
