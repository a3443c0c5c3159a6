import { describe, expect, it } from 'vitest';
import { type InputIssue, InvalidInputError } from '../../../lib/errors.ts';
import {
  businessComponent,
  defineIntegration,
  flag,
  operationRunner,
  optional,
  readOnly,
  text,
  unique,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import type { CallReport } from '../../../lib/siebel/call.ts';
import type { PageQuery, SiebelClient, SiebelRecord } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { recordingClient } from '../../support/recording-client.ts';

const account = businessComponent('Account/Account', {
  viewMode: 'Organization',
  userKey: unique('Name', 'Location'),
  fields: {
    Name: text(10),
    Location: text(50),
    'Account Status': optional(text(30)),
    'Competitor Flag': optional(flag()),
    'Start Date': optional(utcDateTime()),
    Updated: readOnly(utcDateTime()),
  },
});
const integration = defineIntegration({
  operations: {
    'account.get': account.get(),
    'account.search': account.query({ filters: ['Name', 'Location', 'Competitor Flag', 'Updated'] }),
    'account.upsert': account.upsert(),
    'account.update': account.update(),
    'account.delete': account.delete(),
  },
});

const WIRE: SiebelRecord = {
  Id: '1-2AB+7',
  Name: 'Acme',
  Location: '',
  'Account Status': 'Active',
  'Competitor Flag': 'N',
  'Start Date': '',
  Updated: '03/14/2025 09:26:53',
  'Not Declared': 'x',
};
const RECORD = {
  Id: '1-2AB+7',
  Name: 'Acme',
  Location: '',
  'Account Status': 'Active',
  'Competitor Flag': false,
  Updated: '2025-03-14T09:26:53Z',
};
const OPTIONS = { deadlineAtMs: 1 };

/** A Siebel with one account, or none, that remembers its calls. */
function siebel(record: SiebelRecord | null = WIRE, pages: SiebelRecord[][] = record ? [[record]] : []) {
  const { client, calls } = recordingClient({ get: record ?? undefined, pages });
  const runner = operationRunner(integration, () => client);
  return {
    calls,
    run: (name: string, input: unknown) => runner.run(name, input, OPTIONS),
    query: () => calls[0]?.[2] as PageQuery | undefined,
    search: () => searchOf(calls[0]?.[2]),
  };
}

/** The search specification that a query was given. */
function searchOf(query: unknown): string | undefined {
  const { where } = query as PageQuery;
  return where && searchSpecification(where);
}

async function issuesOf(name: string, input: unknown): Promise<readonly InputIssue[]> {
  const runner = operationRunner(integration, () => {
    throw new Error('bad input must not need a client');
  });
  const failure: unknown = await runner.run(name, input, OPTIONS).catch((error: unknown) => error);
  if (failure instanceof InvalidInputError) return failure.issues;
  throw failure;
}

const codesOf = async (name: string, input: unknown) =>
  (await issuesOf(name, input)).map(({ pointer, code }) => `${code} ${pointer}`);

describe('an operation', () => {
  it('gets one record, in declared types and with declared fields only', async () => {
    const { run, calls } = siebel();
    await expect(run('account.get', { Id: '1-2AB+7' })).resolves.toEqual(RECORD);
    expect(calls).toEqual([
      [
        'get',
        { businessObject: 'Account', businessComponent: 'Account', viewMode: 'Organization' },
        '1-2AB+7',
        { fields: ['Name', 'Location', 'Account Status', 'Competitor Flag', 'Start Date', 'Updated'] },
        OPTIONS,
      ],
    ]);
  });

  it('says NOT_FOUND, a message failure, when Siebel has no such record', async () => {
    const { run } = siebel(null);
    await expect(run('account.get', { Id: '1-1' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      failureClass: 'message',
    });
  });

  it('searches by equality of declared filters, in the order of Id', async () => {
    const { run, query, search } = siebel();
    const input = { Name: "O'Hara", 'Competitor Flag': true, Updated: '2025-03-14T09:26:53Z', limit: 5 };
    await expect(run('account.search', input)).resolves.toEqual({ items: [RECORD] });
    expect(query()).toMatchObject({
      pageSize: 5,
      startRow: 0,
      sort: [{ field: 'Id', direction: 'asc' }],
    });
    expect(search()).toBe(`([Name] = "O'Hara") AND ([Competitor Flag] = "Y") AND ([Updated] = "03/14/2025 09:26:53")`);
  });

  it('searches without a filter, 20 records at most', async () => {
    const { run, query } = siebel();
    await run('account.search', {});
    expect(query()).toMatchObject({ pageSize: 20 });
    expect(query()?.where).toBeUndefined();
  });

  it("goes on behind pages that an administrator's limit made short, and gives no more than was asked for (R50)", async () => {
    const records = ['1-1', '1-2', '1-3', '1-4', '1-5', '1-6'].map((Id) => ({ ...WIRE, Id }));
    const { run, calls } = siebel(WIRE, [records.slice(0, 2), records.slice(2, 4), records.slice(4), [WIRE]]);
    const { items } = (await run('account.search', { limit: 5 })) as { items: { Id: string }[] };
    expect(items.map(({ Id }) => Id)).toEqual(['1-1', '1-2', '1-3', '1-4', '1-5']);
    expect(calls).toHaveLength(3);
  });

  it('needs one call when the first page is full', async () => {
    const records = ['1-1', '1-2', '1-3'].map((Id) => ({ ...WIRE, Id }));
    const { run, calls } = siebel(WIRE, [records.slice(0, 2), records.slice(2)]);
    const { items } = (await run('account.search', { limit: 2 })) as { items: unknown[] };
    expect([items.length, calls.length]).toEqual([2, 1]);
  });

  it('upserts exactly the fields that were given, as Siebel writes them', async () => {
    const { run, calls } = siebel();
    const input = { Name: 'Acme', Location: '', 'Competitor Flag': true, 'Start Date': '2025-01-02T03:04:05Z' };
    await expect(run('account.upsert', input)).resolves.toEqual({ Id: '1-9' });
    expect(calls).toEqual([
      [
        'upsert',
        account.source.address,
        { Name: 'Acme', Location: '', 'Competitor Flag': 'Y', 'Start Date': '01/02/2025 03:04:05' },
        OPTIONS,
      ],
    ]);
  });

  it('reads a record before it updates it, and updates none that is not there', async () => {
    const { run, calls } = siebel();
    await expect(run('account.update', { Id: '1-2AB+7', Name: 'New' })).resolves.toEqual({ Id: '1-2AB+7' });
    expect(calls.map(([name]) => name)).toEqual(['get', 'update']);
    expect(calls[1]?.slice(2, 4)).toEqual(['1-2AB+7', { Name: 'New' }]);

    const none = siebel(null);
    await expect(none.run('account.update', { Id: '1-1', Name: 'New' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(none.calls.map(([name]) => name)).toEqual(['get']);
  });

  it('tells the cost of all its calls once, also when it fails', async () => {
    const cost = { attempts: 1, siebelMs: 10, tokenMs: 2 };
    const client = {
      get: async (...[, , , { onCall }]: Parameters<SiebelClient['get']>) => {
        onCall?.(cost);
        return WIRE;
      },
      update: async (...[, , , { onCall }]: Parameters<SiebelClient['update']>) => {
        onCall?.({ ...cost, attempts: 2 });
        throw new Error('refused');
      },
    };
    const reports: CallReport[] = [];
    const runner = operationRunner(integration, () => client as unknown as SiebelClient);
    const options = { ...OPTIONS, onCall: (report: CallReport) => reports.push(report) };
    await expect(runner.run('account.update', { Id: '1-1', Name: 'New' }, options)).rejects.toThrow('refused');
    expect(reports).toEqual([{ attempts: 3, siebelMs: 20, tokenMs: 4 }]);
  });

  it('deletes by Id', async () => {
    const { run, calls } = siebel();
    await expect(run('account.delete', { Id: '1-1' })).resolves.toEqual({ Id: '1-1' });
    expect(calls).toEqual([['delete', account.source.address, '1-1', OPTIONS]]);
  });

  it.each([
    ['a date in another form', { Updated: '2025-03-14T09:26:53Z' }, /Updated is not a date/],
    ['a required date that is empty', { Updated: '' }, /Updated is not set/],
    ['a flag that is none', { 'Competitor Flag': 'maybe' }, /Competitor Flag is not a flag/],
  ])('passes on no record with %s, and names the field (F84)', async (_what, values, message) => {
    const { run } = siebel({ ...WIRE, ...values });
    await expect(run('account.get', { Id: '1-2AB+7' })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      failureClass: 'configuration',
      message: expect.stringMatching(message),
    });
  });
});

describe('input of an operation', () => {
  it.each([
    ['unknown field', 'account.get', { Id: '1-1', X: 1 }, ['UNKNOWN_FIELD /input/X']],
    [
      'name in another spelling (K07)',
      'account.get',
      { id: '1-1' },
      ['MISSING_FIELD /input/Id', 'UNKNOWN_FIELD /input/id'],
    ],
    ['missing field', 'account.upsert', { Name: 'x' }, ['MISSING_FIELD /input/Location']],
    [
      'every problem at once',
      'account.upsert',
      { Name: 1, Updated: 'x', Fax: '' },
      [
        'BAD_TYPE /input/Name',
        'MISSING_FIELD /input/Location',
        'UNKNOWN_FIELD /input/Updated',
        'UNKNOWN_FIELD /input/Fax',
      ],
    ],
    ['number for text (K02)', 'account.get', { Id: 11 }, ['BAD_TYPE /input/Id']],
    ['null for text', 'account.get', { Id: null }, ['BAD_TYPE /input/Id']],
    [
      'text for a flag',
      'account.upsert',
      { Name: 'x', Location: '', 'Competitor Flag': 'Y' },
      ['BAD_TYPE /input/Competitor Flag'],
    ],
    [
      'null for an optional field',
      'account.upsert',
      { Name: 'x', Location: '', 'Account Status': null },
      ['BAD_TYPE /input/Account Status'],
    ],
    ['too long (F88)', 'account.upsert', { Name: 'x'.repeat(11), Location: '' }, ['TOO_LONG /input/Name']],
    ['control character (K06)', 'account.upsert', { Name: 'a\0b', Location: '' }, ['BAD_CHARACTER /input/Name']],
    ['lone surrogate', 'account.upsert', { Name: 'a\ud800', Location: '' }, ['BAD_CHARACTER /input/Name']],
    [
      'other date',
      'account.upsert',
      { Name: 'x', Location: '', 'Start Date': '01/02/2025' },
      ['BAD_TIME /input/Start Date'],
    ],
    ['path in an Id (K08)', 'account.get', { Id: '../1-1' }, ['BAD_KEY /input/Id']],
    ['wildcard in a search', 'account.search', { Name: 'Ac*' }, ['VALUE_NOT_QUERYABLE /input/Name']],
    ['blank search', 'account.search', { Location: '' }, ['VALUE_NOT_QUERYABLE /input/Location']],
    ['search by another field', 'account.search', { 'Account Status': 'x' }, ['UNKNOWN_FIELD /input/Account Status']],
    ['limit 0', 'account.search', { limit: 0 }, ['BAD_NUMBER /input/limit']],
    ['limit 101', 'account.search', { limit: 101 }, ['BAD_NUMBER /input/limit']],
    ['limit as text', 'account.search', { limit: '20' }, ['BAD_TYPE /input/limit']],
    ['half a limit', 'account.search', { limit: 1.5 }, ['BAD_NUMBER /input/limit']],
    [
      'a list that is longer than the text may be',
      'account.upsert',
      { Name: new Array(200).fill('x'), Location: { length: 900 } },
      ['BAD_TYPE /input/Name', 'BAD_TYPE /input/Location'],
    ],
    ['nothing to update', 'account.update', { Id: '1-1' }, ['MISSING_FIELD /input']],
    ['no object', 'account.get', 'x', ['BAD_TYPE /input']],
    ['array', 'account.get', ['1-1'], ['BAD_TYPE /input']],
    ['nothing', 'account.get', undefined, ['BAD_TYPE /input']],
  ])('is refused with %s', async (_what, name, input, expected) => {
    expect(await codesOf(name, input)).toEqual(expected);
  });

  it('treats names of the prototype chain as unknown fields (K04)', async () => {
    const input: unknown = JSON.parse('{"Id":"1-1","__proto__":{"polluted":true},"constructor":{},"toString":1}');
    expect(await codesOf('account.get', input)).toEqual([
      'UNKNOWN_FIELD /input/__proto__',
      'UNKNOWN_FIELD /input/constructor',
      'UNKNOWN_FIELD /input/toString',
    ]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it.each(['__proto__', 'constructor', 'toString', 'Account.get', ' account.get', 'account.get ', ''])(
    'knows no operation %j',
    async (name) => {
      expect(await codesOf(name, {})).toEqual(['UNKNOWN_OPERATION /operation']);
      expect(operationRunner(integration, () => ({}) as SiebelClient).has(name)).toBe(false);
    },
  );

  it('is refused before a client is made', async () => {
    let made = 0;
    const runner = operationRunner(integration, () => {
      made += 1;
      return {} as SiebelClient;
    });
    await expect(runner.run('account.get', {}, OPTIONS)).rejects.toMatchObject({
      code: 'MISSING_FIELD',
      failureClass: 'message',
    });
    expect(made).toBe(0);
  });

  it('escapes names in pointers and repeats no value in messages', async () => {
    expect(await codesOf('account.get', { Id: '1-1', 'a/b~c': 'x' })).toEqual(['UNKNOWN_FIELD /input/a~1b~0c']);
    const issues = await issuesOf('account.upsert', {
      Name: 'canary-canary-canary',
      Location: 'canary\0',
      'Start Date': 'canary',
    });
    expect(issues).toHaveLength(3);
    expect(JSON.stringify(issues)).not.toContain('canary');
  });

  it('with a thousand unknown fields costs little, and gives a bounded answer', async () => {
    const input = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${'x'.repeat(5_000)}${index}`, 1]));
    const before = process.cpuUsage();
    const issues = await issuesOf('account.get', input);
    expect(process.cpuUsage(before).user / 1_000).toBeLessThan(250);
    expect(JSON.stringify(issues).length).toBeLessThan(32_768);
  });

  it('says what to send where a number stands for a text', async () => {
    const [issue] = await issuesOf('account.upsert', { Name: 12.5, Location: '' });
    expect(issue).toEqual({
      pointer: '/input/Name',
      code: 'BAD_TYPE',
      message: 'is not of type string: numbers are text here, "12.50"',
    });
  });

  it('is neither stripped, trimmed nor converted', async () => {
    const { run, calls } = siebel();
    await run('account.upsert', { Name: '  Acme  ', Location: 'Wien\n' });
    expect(calls[0]?.[2]).toEqual({ Name: '  Acme  ', Location: 'Wien\n' });
  });
});
