import { describe, expect, it } from 'vitest';
import {
  all,
  any,
  attachment,
  businessComponent,
  date,
  decimal,
  flag,
  integer,
  not,
  oneOf,
  optional,
  readOnly,
  searchedAs,
  text,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import { problemsOf, runOperation, searchOf } from './run-operation.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  fields: {
    Name: text(100),
    Staff: optional(searchedAs('Employees', integer())),
    Revenue: optional(decimal({ digits: 22, scale: 2 })),
    Tier: optional(oneOf('Gold', 'Silver')),
    Competitor: optional(flag()),
    'Customer Since': optional(date()),
    File: optional(attachment(1_000)),
    Updated: readOnly(utcDateTime()),
  },
  searchFields: { 'Contact Last Name': text(50) },
});
const search = account.query({
  filters: {
    Name: 'startsWith',
    anyCase: { field: 'Name', operator: 'isIgnoringCase' },
    Tier: 'oneOf',
    Competitor: 'isNot',
    hasDate: { field: 'Customer Since', operator: 'isNull' },
    since: { field: 'Updated', operator: 'atLeast' },
    staffBelow: { field: 'Staff', operator: 'lessThan' },
    richerThan: { field: 'Revenue', operator: 'greaterThan' },
    contact: { field: 'Contact Last Name', operator: 'is', anyRow: true },
    Id: 'oneOf',
  },
});

describe('filters', () => {
  it.each([
    [{ Name: 'Ac' }, '([Name] LIKE "Ac*")'],
    [{ anyCase: 'acme' }, '([Name] ~= "acme")'],
    [{ Tier: ['Gold', 'Silver'] as const }, '(([Tier] = "Gold") OR ([Tier] = "Silver"))'],
    [{ Competitor: true }, '([Competitor] <> "Y")'],
    [{ hasDate: true }, '([Customer Since] IS NULL)'],
    [{ hasDate: false }, '([Customer Since] IS NOT NULL)'],
    [{ since: '2025-03-14T09:26:53Z' }, '([Updated] >= "03/14/2025 09:26:53")'],
    [{ staffBelow: 10 }, '([Employees] < 10)'],
    [{ richerThan: '12.50' }, '([Revenue] > 12.50)'],
    [{ contact: "O'Hara" }, `(EXISTS ([Contact Last Name] = "O'Hara"))`],
    [{ Id: ['1-1', '1-2+3'] }, '(([Id] = "1-1") OR ([Id] = "1-2+3"))'],
    [{ Name: 'Ac', staffBelow: 10 }, '([Name] LIKE "Ac*") AND ([Employees] < 10)'],
  ])('ask for %j as %s', async (input, expected) => {
    const { calls } = await runOperation(search, input, { pages: [[]] });
    expect(searchOf(calls[0]?.[2])).toBe(expected);
  });

  it.each([
    [{ Name: 'A*' }, ['VALUE_NOT_QUERYABLE /input/Name']],
    [{ Name: '*' }, ['LEADING_WILDCARD /input/Name']],
    [{ Name: '?c' }, ['LEADING_WILDCARD /input/Name']],
    [{ anyCase: '*' }, ['VALUE_NOT_QUERYABLE /input/anyCase']],
    [{ Tier: [] }, ['TOO_FEW_ITEMS /input/Tier']],
    [{ Tier: new Array(51).fill('Gold') }, ['TOO_MANY_ITEMS /input/Tier']],
    [{ Tier: ['Bronze'] }, ['BAD_TYPE /input/Tier/0']],
    [{ Tier: 'Gold' }, ['BAD_TYPE /input/Tier']],
    [{ hasDate: '2025-03-14' }, ['BAD_TYPE /input/hasDate']],
    [{ since: '03/14/2025' }, ['BAD_TIME /input/since']],
    [{ staffBelow: '10' }, ['BAD_TYPE /input/staffBelow']],
    [{ 'Customer Since': '2025-03-14' }, ['UNKNOWN_FIELD /input/Customer Since']],
    [{ Id: ['../1'] }, ['BAD_KEY /input/Id/0']],
  ])('refuse %j', (input, expected) => {
    expect(problemsOf(search, input)).toEqual(expected);
  });

  it('tell the types of their parameters, lists among them', () => {
    expect(Object.fromEntries(search.inputMembers)).toEqual({
      Name: { type: 'string' },
      anyCase: { type: 'string' },
      Tier: { type: 'string', list: true },
      Competitor: { type: 'boolean' },
      hasDate: { type: 'boolean' },
      since: { type: 'string' },
      staffBelow: { type: 'number' },
      richerThan: { type: 'string' },
      contact: { type: 'string' },
      Id: { type: 'string', list: true },
      limit: { type: 'number' },
    });
  });

  it('name the member whose value no literal can hold, when the search is written', async () => {
    const wrong = search.call(
      {
        async *pages(...[, query]: never[]) {
          yield searchOf(query);
        },
      } as never,
      { anyCase: `both " and '` },
      { deadlineAtMs: 1 },
    );
    await expect(wrong).rejects.toMatchObject({
      issues: [{ pointer: '/input/anyCase', code: 'VALUE_NOT_QUERYABLE' }],
    });
  });

  it.each([
    [{ Nam: 'is' }, /filter Nam is not a declared field/],
    [{ x: { field: 'Nam', operator: 'is' } }, /filter x names Nam/],
    [{ Staff: 'startsWith' }, /asks Staff for startsWith/],
    [{ File: 'is' }, /asks File for is/],
    [{ Competitor: 'atLeast' }, /asks Competitor for atLeast/],
    [{ limit: { field: 'Name', operator: 'is' } }, /limit has a name with a meaning of its own/],
    [{ Name: 'toString' }, /asks Name for toString/],
    [['constructor'], /filter constructor is not a declared field/],
  ])('are refused where they are declared: %j', (filters, message) => {
    expect(() => account.query({ filters: filters as never })).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });
});

describe('a query', () => {
  const pages = [[]];

  it('keeps its fixed condition, whatever is asked for besides', async () => {
    const where = all(
      any(account.field('Tier').is('Gold'), account.field('Staff').atLeast(100)),
      not(account.field('Competitor').is(true)),
    );
    const fixed = account.query({ where, filters: ['Name'] });
    const condition = '(([Tier] = "Gold") OR ([Employees] >= 100)) AND (NOT ([Competitor] = "Y"))';

    const alone = await runOperation(fixed, {}, { pages });
    const besides = await runOperation(fixed, { Name: 'x' }, { pages });

    expect(searchOf(alone.calls[0]?.[2])).toBe(`(${condition})`);
    expect(searchOf(besides.calls[0]?.[2])).toBe(`(${condition}) AND ([Name] = "x")`);
  });

  it('sorts as declared in the words of searches, and by Id between equals', async () => {
    const sorted = account.query({ sort: [{ field: 'Staff', direction: 'desc' }] });
    const byId = account.query({ sort: [{ field: 'Id', direction: 'desc' }] });

    const { calls } = await runOperation(sorted, {}, { pages });
    const other = await runOperation(byId, {}, { pages });

    expect(calls[0]?.[2]).toMatchObject({
      sort: [
        { field: 'Employees', direction: 'desc' },
        { field: 'Id', direction: 'asc' },
      ],
    });
    expect(other.calls[0]?.[2]).toMatchObject({ sort: [{ field: 'Id', direction: 'desc' }] });
  });

  it('asks for the fields of records, never for those that only searches know, nor for attachments', async () => {
    const { calls } = await runOperation(account.query(), {}, { pages });
    expect(calls[0]?.[2]).toMatchObject({
      fields: ['Name', 'Staff', 'Revenue', 'Tier', 'Competitor', 'Customer Since', 'Updated'],
    });
  });

  it('asks to leave out what is unset where it is declared to, and reads the same', async () => {
    const fields = { Name: text(10), Note: optional(text(10)), Tier: optional(oneOf('Gold')) };
    const sparing = businessComponent('Account/Account', { viewMode: 'All', fields, excludeEmptyFields: true });
    const wire = { Id: '1-1', Name: 'A' };

    const one = await runOperation(sparing.get(), { Id: '1-1' }, { get: wire });
    const many = await runOperation(sparing.query(), {}, { pages: [[wire]] });

    expect([one.calls[0]?.[3], many.calls[0]?.[2]]).toMatchObject([
      { excludeEmptyFields: true },
      { excludeEmptyFields: true },
    ]);
    expect([one.answer, many.answer.items[0]]).toEqual([
      { ...wire, Note: '' },
      { ...wire, Note: '' },
    ]);
    expect(sparing.source.read).toMatchObject({ excludeEmptyFields: true });
  });

  it('gives as many as it was declared to, unless the caller says', async () => {
    const limited = account.query({ limit: 5 });
    const usual = await runOperation(limited, {}, { pages });
    const said = await runOperation(limited, { limit: 7 }, { pages });
    expect([usual, said].map(({ calls }) => calls[0]?.[2])).toMatchObject([{ pageSize: 5 }, { pageSize: 7 }]);
  });

  it('counts what satisfies filters and condition', async () => {
    const count = account.count({ filters: ['Tier'], where: account.field('Competitor').is(false) });
    const { answer, calls } = await runOperation(count, { Tier: 'Gold' }, { count: 4711 });

    expect(answer).toEqual({ count: 4711 });
    expect(calls.map(([method, at]) => [method, at])).toEqual([['count', account.source.address]]);
    expect(searchOf(calls[0]?.[2])).toBe('([Competitor] = "N") AND ([Tier] = "Gold")');
    expect(problemsOf(count, { limit: 1 })).toEqual(['UNKNOWN_FIELD /input/limit']);
  });

  it.each([
    [{ sort: [{ field: 'Nam', direction: 'asc' }] }, /sort names Nam/],
    [{ sort: [{ field: 'Name', direction: 'up' }] }, /neither 'asc' nor 'desc'/],
    [{ limit: 0 }, /limit is not 1 to 100/],
    [{ limit: 101 }, /limit is not 1 to 100/],
    [{ where: '[Name] = "x"' }, /where: .*not a condition/],
    [{ where: account.field('Name').is('a*') }, /where: .*\* or \?/],
  ])('is refused where it is declared with %j', (options, message) => {
    expect(() => account.query(options as never)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', message: expect.stringMatching(message) }),
    );
  });
});
