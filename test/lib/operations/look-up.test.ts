import { describe, expect, it } from 'vitest';
import { UnusableResponseError } from '../../../lib/errors.ts';
import {
  businessComponent,
  child,
  date,
  dateTime,
  decimal,
  integer,
  optional,
  readOnly,
  searchedAs,
  text,
  unique,
} from '../../../lib/operations/index.ts';
import { markOf, naturalKeyIssues } from '../../../lib/operations/look-up.ts';
import type { Operation } from '../../../lib/operations/operation.ts';
import type { PageQuery } from '../../../lib/siebel/component.ts';
import type { SiebelSite } from '../../../lib/siebel/site.ts';
import { type ClientAnswers, recordingClient } from '../../support/recording-client.ts';
import { searchOf } from './run-operation.ts';

const fields = {
  Abstract: text(100),
  Number: optional(searchedAs('SR Number', integer())),
  Amount: optional(decimal({ digits: 10, scale: 2 })),
  Day: optional(date()),
  'Integration Id': optional(text(250)),
};
const plain = businessComponent('SR/SR', { viewMode: 'All', fields });
const marked = businessComponent('SR/SR', {
  viewMode: 'All',
  marker: 'Integration Ref',
  fields,
  children: {
    Action: child({
      marker: 'Action Ref',
      fields: { Type: text(30) },
      children: { Note: child({ fields: { Text: text(9) } }) },
    }),
  },
});
const byKey = plain.insert({ naturalKey: ['Integration Id'] });
const byMark = marked.insert({ naturalKey: ['Integration Id'], children: ['Action/Note'] });

const INPUT = { Abstract: 'x', 'Integration Id': 'K-1' };
const MARK = '7'.repeat(30);
/** 14 March 2025, 09:26:53 UTC. */
const STARTED_AT_MS = 1_741_944_413_000;
const ROW = {
  Id: '1-9',
  Abstract: 'x',
  'Integration Id': 'K-1',
  Created: '03/14/2025 09:26:53',
  'Created By Name': 'SADMIN',
};

type Insert = Pick<Operation<never>, 'lookUp'>;

/** Looks up a record among the pages that Siebel gives. */
async function lookUp(
  operation: Insert,
  pages: unknown[][],
  { input = INPUT, site = {}, ...answers }: { input?: object; site?: SiebelSite } & ClientAnswers = {},
) {
  const { client, calls } = recordingClient({ pages, ...answers });
  const sought = { mark: MARK, firstStartedAtMs: STARTED_AT_MS };
  const find = operation.lookUp?.find as NonNullable<Operation['lookUp']>['find'];
  const found = await find(client, input, sought, site, { deadlineAtMs: 1 });
  const query = calls[0]?.[2] as PageQuery | undefined;
  return { found, calls, query, search: query && searchOf(query) };
}

const foundOf = async (...args: Parameters<typeof lookUp>) => (await lookUp(...args)).found;

describe('the mark of a call', () => {
  // printf 'service-request.create\norders/4711' | sha256sum, taken by bc for a number modulo 10 ^ 30.
  it.each([
    ['orders/4711', '730240905349055794871058281195'],
    ['orders/4712', '099369094265931556571459024943'],
  ])('is 30 decimal digits of operation and key, which have no case that Siebel could change: %s', (key, mark) => {
    expect(markOf({ operation: 'service-request.create', key })).toBe(mark);
  });

  it('is written by inserts into the marker field, at the top, below a parent and beside children', async () => {
    const { client, calls } = recordingClient();
    const options = { deadlineAtMs: 1, mark: MARK };
    await byMark.call(client, { ...INPUT, Action: [{ Type: 'Call' }] } as never, options);
    await marked.insert({ naturalKey: ['Integration Id'] }).call(client, INPUT as never, options);
    const below = marked.children.Action.insert({ naturalKey: ['Type'] });
    await below.call(client, { ParentId: '1-1', Type: 'Call' }, options);
    expect(calls.map((call) => call[2])).toEqual([
      {
        values: { ...INPUT, 'Integration Ref': MARK },
        children: { Action: [{ values: { Type: 'Call' }, children: {} }] },
      },
      { ...INPUT, 'Integration Ref': MARK },
      { Type: 'Call', 'Action Ref': MARK },
    ]);
  });

  it('is not written without a marker field, or by a call without a key', async () => {
    const { client, calls } = recordingClient();
    await byKey.call(client, INPUT as never, { deadlineAtMs: 1, mark: MARK });
    await byMark.call(client, INPUT as never, { deadlineAtMs: 1 });
    expect(calls.map((call) => call[2])).toEqual([INPUT, { values: INPUT, children: {} }]);
  });
});

describe('a look-up with a marker', () => {
  it('asks for the mark or the natural key, in one query that stops at our record', async () => {
    const { found, calls, search, query } = await lookUp(byMark, [
      [{ Id: '1-3', 'Integration Id': 'K-1', 'Integration Ref': '' }],
      [{ Id: '1-9', 'Integration Id': 'other', 'Integration Ref': MARK }],
      [{ Id: '1-10', 'Integration Id': 'K-1', 'Integration Ref': '' }],
    ]);
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(search).toBe(`([Integration Ref] = "${MARK}") OR (([Integration Id] = "K-1"))`);
    expect(query).toMatchObject({ fields: ['Integration Id', 'Integration Ref'], pageSize: 100, startRow: 0 });
    expect(calls).toHaveLength(2);
  });

  it.each([
    ['nothing', [], 'absent'],
    ['an empty page', [[]], 'absent'],
    [
      'a record with the natural key alone',
      [[{ Id: '1-3', 'Integration Id': 'K-1', 'Integration Ref': '' }]],
      'others',
    ],
    ['a record that does not say its mark', [[{ Id: '1-3', 'Integration Id': 'K-1' }]], 'others'],
    [
      'a record with the mark of another call',
      [[{ Id: '1-3', 'Integration Id': 'K-1', 'Integration Ref': '8'.repeat(30) }]],
      'others',
    ],
  ])('finds with %s: %#', async (_what, pages, found) => {
    expect(await foundOf(byMark, pages)).toEqual({ found });
  });

  it('fails, and never says absent, when records come that were not searched for', async () => {
    await expect(lookUp(byMark, [[{ Id: '1-3', 'Integration Id': 'K-2', 'Integration Ref': '' }]])).rejects.toThrow(
      /a record that was not searched for/,
    );
    await expect(lookUp(byMark, [[{ Id: '1-3' }]])).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });
});

describe('a look-up by the natural key', () => {
  it('asks for the key, and takes what was created since the first start', async () => {
    const { found, search, query } = await lookUp(byKey, [[ROW]]);
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(search).toBe('([Integration Id] = "K-1")');
    expect(query?.fields).toEqual(['Integration Id', 'Abstract', 'Created']);
  });

  it.each([
    ['5 s before by the clock of Siebel, which may be behind', '03/14/2025 09:26:48', 'ours'],
    ['6 s before', '03/14/2025 09:26:47', 'others'],
    ['later', '03/15/2025 00:00:00', 'ours'],
    ['at a time that is not said', '', 'others'],
  ])('tells a record by when it was created: %s', async (_what, Created, found) => {
    expect(await foundOf(byKey, [[{ ...ROW, Created }]])).toMatchObject({ found });
  });

  it('takes no record for ours that does not say when it was created', async () => {
    expect(await foundOf(byKey, [[{ ...ROW, Created: undefined }]])).toEqual({ found: 'others' });
  });

  it('fails when the time of a record cannot be read', async () => {
    await expect(lookUp(byKey, [[{ ...ROW, Created: '2025-03-14T09:26:53Z' }]])).rejects.toMatchObject({
      failureClass: 'configuration',
      message: expect.stringContaining('Created'),
    });
  });

  it('reads the time in the zone that the component declares for it', async () => {
    const local = businessComponent('SR/SR', {
      viewMode: 'All',
      fields: { ...fields, Created: readOnly(dateTime('Europe/Vienna')) },
    }).insert({ naturalKey: ['Integration Id'] });
    expect(await foundOf(local, [[{ ...ROW, Created: '03/14/2025 10:26:53' }]])).toMatchObject({ found: 'ours' });
    expect(await foundOf(local, [[{ ...ROW, Created: '03/14/2025 09:26:53' }]])).toMatchObject({ found: 'others' });
  });

  it('takes records of the integration user alone, where the site says who that is', async () => {
    const site = { integrationUser: 'sadmin' };
    const { found, query } = await lookUp(byKey, [[ROW]], { site });
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(query?.fields).toContain('Created By Name');
    for (const user of ['GUEST', '', undefined]) {
      expect(await foundOf(byKey, [[{ ...ROW, 'Created By Name': user }]], { site })).toEqual({ found: 'others' });
    }
    await expect(lookUp(byKey, [[ROW]], { site: { integrationUser: ' x ' } })).rejects.toMatchObject({
      code: 'CONFIGURATION',
    });
  });

  it('finds ours behind a page that is full of others', async () => {
    const others = [1, 2, 3].map((n) => ({ ...ROW, Id: `1-${n}`, Created: '01/01/2020 00:00:00' }));
    expect(await foundOf(byKey, [others, [ROW]])).toEqual({ found: 'ours', id: '1-9' });
    expect(await foundOf(byKey, [others, others])).toEqual({ found: 'others' });
  });

  it('knows a value again that Siebel has trimmed or put in another case', async () => {
    expect(await foundOf(byKey, [[{ ...ROW, 'Integration Id': 'k-1 ' }]])).toMatchObject({ found: 'ours' });
  });

  it.each([
    ['another value', { Abstract: 'y' }, 'others'],
    ['another value in the second field', { Number: '13' }, 'others'],
    ['no value where one was sent', { Abstract: undefined }, 'others'],
    ['a value where none was sent, or an empty one', { Day: '03/14/2025' }, 'others'],
    ['a value that was not sent', { Amount: '7' }, 'ours'],
    ['the same values as Siebel writes them', { Abstract: 'X ', Number: '12.0' }, 'ours'],
  ])('tells two calls with one natural key, at one time, by all that was sent: %s', async (_what, differs, found) => {
    const input = { ...INPUT, Number: 12, Day: null };
    const row = { ...ROW, Number: '12', Day: '', Amount: '', ...differs };
    const met = await lookUp(byKey, [[row]], { input });
    expect(met.found).toMatchObject({ found });
    expect(met.query?.fields).toEqual(['Integration Id', 'Abstract', 'Number', 'Day', 'Created']);
  });

  it('compares values by their types', async () => {
    const typed = plain.insert({ naturalKey: ['Number', 'Amount', 'Day'] });
    const input = { Abstract: 'x', Number: 12, Amount: '12.50', Day: '2025-03-14' };
    const row = { ...ROW, Number: '12.0', Amount: '012.5', Day: '03/14/2025 00:00:00' };
    const { found, search } = await lookUp(typed, [[row]], { input });
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(search).toBe('([SR Number] = 12) AND ([Amount] = 12.50) AND ([Day] = "03/14/2025")');
    await expect(lookUp(typed, [[{ ...row, Amount: '12.51' }]], { input })).rejects.toThrow(/not searched for/);
  });

  it('passes on what the client throws', async () => {
    const failure = new UnusableResponseError('NOT_JSON', 'html', { status: 200 });
    const pages = [[ROW]];
    const { client } = recordingClient({ pages }, () => {
      throw failure;
    });
    const sought = { mark: MARK, firstStartedAtMs: STARTED_AT_MS };
    await expect(byKey.lookUp?.find(client, INPUT as never, sought, {}, { deadlineAtMs: 1 })).rejects.toBe(failure);
  });
});

describe('a look-up below a parent (F76)', () => {
  it('asks among the children of the parent that the input names', async () => {
    const insert = marked.children.Action.insert({ naturalKey: ['Type'] });
    const { found, calls, search } = await lookUp(insert, [[{ Id: '1-9', Type: 'Call', 'Action Ref': MARK }]], {
      input: { ParentId: '1-1', Type: 'Call' },
    });
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(calls[0]?.[1]).toMatchObject({ businessComponent: 'SR', below: [{ id: '1-1', component: 'Action' }] });
    expect(search).toBe(`([Action Ref] = "${MARK}") OR (([Type] = "Call"))`);
  });
});

describe('a look-up of a record with children', () => {
  const ours = [[{ Id: '1-9', 'Integration Id': 'K-1', 'Integration Ref': MARK }]];
  const input = {
    ...INPUT,
    Action: [
      { Type: 'Call', Note: [{ Text: 'a' }] },
      { Type: 'Mail', Note: [{ Text: 'b' }] },
    ],
  };
  const action = (id: string, notes: number) => ({
    values: { Id: id },
    children: {
      Note: Array.from({ length: notes }, (_, index) => ({ values: { Id: `${id}-${index}` }, children: {} })),
    },
  });
  const tree = (...actions: unknown[]) => [{ values: { Id: '1-9' }, children: { Action: actions } }];

  it('is ours when as many have come as were sent, on every level', async () => {
    const { found, calls } = await lookUp(byMark, ours, { input, hierarchy: tree(action('1-a', 2), action('1-b', 0)) });
    expect(found).toEqual({ found: 'ours', id: '1-9' });
    expect(searchOf(calls[1]?.[2])).toBe('[Id] = "1-9"');
  });

  it.each([
    ['a child', tree(action('1-a', 2))],
    ['a grandchild', tree(action('1-a', 1), action('1-b', 0))],
    ['all of them', tree()],
    ['the record itself', []],
  ])('is partly there when %s is missing, and never done', async (_what, hierarchy) => {
    expect(await foundOf(byMark, ours, { input, hierarchy })).toEqual({ found: 'partly', id: '1-9' });
  });

  it('cannot count behind a page that is full', async () => {
    expect(await foundOf(byMark, ours, { input, hierarchy: tree(action('1-a', 2)), maxPageSize: 1 })).toMatchObject({
      found: 'ours',
    });
  });

  it('is not asked for its children when none were sent', async () => {
    const { found, calls } = await lookUp(byMark, ours, { input: { ...INPUT, Action: [] } });
    expect(found).toMatchObject({ found: 'ours' });
    expect(calls).toHaveLength(1);
  });
});

describe('a natural key that cannot be searched for (R73)', () => {
  const issuesOf = (operation: Insert, key: unknown, site: SiebelSite = {}) =>
    naturalKeyIssues(operation, { ...INPUT, 'Integration Id': key }, site);

  it.each([
    ['both kinds of quotes', `6" O'Neill`],
    ['a wildcard', 'K*'],
    ['a line break', 'K\n1'],
    ['more than 200 characters', 'x'.repeat(201)],
    ['a blank at its end, which Siebel may drop', 'K-1 '],
  ])('is refused with the field that is at fault: %s', (_what, key) => {
    for (const operation of [byKey, byMark]) {
      expect(issuesOf(operation, key)).toEqual([
        { pointer: '/input/Integration Id', code: 'VALUE_NOT_QUERYABLE', message: expect.not.stringContaining(key) },
      ]);
    }
  });

  it('is refused when all of it is too long for the searches or the addresses of the site', () => {
    const long = { pointer: '/input', code: 'VALUE_NOT_QUERYABLE', message: expect.stringContaining('too long') };
    expect(issuesOf(byKey, 'x'.repeat(190), { maxSearchLength: 200 })).toEqual([long]);
    expect(issuesOf(byKey, '漢'.repeat(190), { maxUrlLength: 2_000 })).toEqual([long]);
    expect(issuesOf(byKey, '漢'.repeat(100), { maxUrlLength: 2_000 })).toEqual([]);
    // What a look-up without a marker reads stands in its address, too.
    const names = businessComponent('SR/SR', {
      viewMode: 'All',
      fields: { ...fields, ['N'.repeat(100)]: optional(text(9)) },
    }).insert({ naturalKey: ['Integration Id'] });
    const narrow = { maxUrlLength: 1_250 };
    expect(issuesOf(names, 'x'.repeat(150), narrow)).toEqual([]);
    expect(
      naturalKeyIssues(names, { ...INPUT, ['N'.repeat(100)]: 'n', 'Integration Id': 'x'.repeat(150) }, narrow),
    ).toEqual([long]);
  });

  it('is none where the site has an escape for quotes, or nothing is looked up', () => {
    expect(issuesOf(byKey, `6" O'Neill`, { quoteEscape: 'doubling' })).toEqual([]);
    expect(issuesOf(byKey, 'K-1')).toEqual([]);
    expect(naturalKeyIssues(plain.update(), { Id: '1-1' }, {})).toEqual([]);
  });
});

describe('the definition of an insert', () => {
  it('says whether Siebel refuses a second record, and whether others use the key', () => {
    expect(byKey.lookUp).toMatchObject({ unique: false, looksFirst: false });
    const keyed = plain.insert({ naturalKey: unique('Integration Id', 'Abstract'), sharedKey: true });
    expect(keyed).toMatchObject({
      naturalKey: ['Integration Id', 'Abstract'],
      lookUp: { unique: true, looksFirst: true },
    });
  });

  it('says of a record with children that a refusal may have left a part', () => {
    const partial = (operation: typeof byMark, more = {}) => operation.mayBePartial?.({ ...INPUT, ...more } as never);
    expect(partial(byKey)).toBe(false);
    expect(partial(byMark)).toBe(false);
    expect(partial(byMark, { Action: [] })).toBe(false);
    expect(partial(byMark, { Action: [{ Type: 'Call' }] })).toBe(true);
  });

  it.each([
    ['Abstract', /the marker Abstract is declared as something else/],
    ['Action', /the marker Action is declared/],
    ['Searched', /the marker Searched is declared/],
    ['Id', /the marker Id is declared/],
    ['Created', /the marker Created is declared/],
    ['a]b', /the marker "a\]b" has a name that no field can have/],
  ])('refuses %j for a marker, at the top and below', (marker, message) => {
    const definition = {
      fields,
      searchFields: { Searched: text(9) },
      marker,
      children: { Action: child({ fields: { Type: text(9) } }) },
    };
    expect(() => businessComponent('SR/SR', { viewMode: 'All', ...definition })).toThrow(message);
    const above = { viewMode: 'All', fields: {}, children: { Below: child(definition) } } as const;
    expect(() => businessComponent('A/A', above)).toThrow(message);
  });

  it('refuses a unique natural key that is no declared field, compiled or not', () => {
    expect(() => plain.insert({ naturalKey: unique('Nam') as never })).toThrow(/Nam, which is not a declared field/);
  });
});
