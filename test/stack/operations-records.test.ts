import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { operationsOn } from './operations-parts.ts';

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

const KEY = { Name: 'Harbour Supplies', Location: 'Bremen' };

describe('values of every type', () => {
  it('come back as they were written, in summer time and out of it, and can be emptied', async () => {
    const { run, siebel } = await operationsOn(domain);
    const values = {
      'Account Status': 'Gold',
      Staff: 12,
      Competitor: true,
      Revenue: '1234567890123456789.05',
      'Customer Since': '2024-02-29',
      'Opening Time': '09:26:53',
      'Last Call': '2025-07-14T10:00:00Z',
      Reference: false,
      'Integration Id': 'I-1',
    };

    const { Id } = await run('account.upsert', { ...KEY, ...values });
    const read = await run('account.get', { Id });
    const [stored] = siebel.records('Account', KEY);

    expect(read).toEqual({ Id, ...KEY, ...values, Updated: expect.stringMatching(/Z$/) });
    expect(stored).toMatchObject({ Staff: '12', Competitor: 'Y', 'Customer Since': '02/29/2024', Reference: 'No' });
    // Read where the wall clock is UTC, what is written for a wall clock two hours ahead is two hours off.
    siebel.changeSettings({ timeZone: 'UTC' });
    expect(await run('account.get', { Id })).toMatchObject({ 'Last Call': '2025-07-14T08:00:00Z' });
    siebel.changeSettings();

    await run('account.update', { Id, Staff: null, Revenue: null, 'Last Call': null, 'Integration Id': '' });
    const emptied = await run('account.get', { Id });
    expect(emptied).toMatchObject({ Competitor: true, 'Integration Id': '' });
    expect(['Staff', 'Revenue', 'Last Call'].filter((name) => Object.hasOwn(emptied, name))).toEqual([]);
  });

  it('that are too long or out of range never leave', async () => {
    const { run, siebel } = await operationsOn(domain);
    const before = siebel.stats().requests;
    await expect(
      run('account.upsert', { ...KEY, Location: 'x'.repeat(51), Revenue: '1.005', 'Customer Since': '2025-02-29' }),
    ).rejects.toMatchObject({ issues: [{ code: 'TOO_LONG' }, { code: 'BAD_NUMBER' }, { code: 'BAD_TIME' }] });
    expect(siebel.stats().requests).toBe(before);
  });
});

describe('a search', () => {
  type Found = { items: { Id: string; Name: string; Staff: number; 'Account Status': string }[] };
  const found = async (run: (name: string, input: unknown) => Promise<unknown>, input: object) =>
    ((await run('account.search', { limit: 100, ...input })) as Found).items;

  it('finds what satisfies its filters, by the names that searches know, in the declared order', async () => {
    const { run, siebel } = await operationsOn(domain);
    const everything = siebel.records('Account');
    const expected = everything
      .map((row) => ({ Id: row['Id'], staff: Number(row['Staff']) }))
      .filter(({ staff }) => staff >= 500 && staff < 1_500)
      .sort((one, other) => other.staff - one.staff);

    const items = await found(run, { staffFrom: 500, staffBelow: 1_500 });

    expect(items.length).toBeGreaterThan(10);
    expect(items.map(({ Id, Staff }) => ({ Id, staff: Staff }))).toEqual(expected);
  });

  it.each([
    [{ Name: 'Blue' }, (row: Record<string, string>) => row['Name']?.startsWith('Blue')],
    [
      { 'Account Status': ['Gold', 'Active'] },
      (row: Record<string, string>) => ['Gold', 'Active'].includes(row['Account Status'] ?? ''),
    ],
    [{ noRevenue: true }, (row: Record<string, string>) => row['Revenue'] === ''],
    [
      { noRevenue: false, revenueFrom: '20000.50' },
      (row: Record<string, string>) => Number(row['Revenue']) >= 20_000.5,
    ],
    [{ since: '2003-01-01' }, (row: Record<string, string>) => Number(row['Customer Since']?.slice(6)) >= 2003],
  ])('by %j finds the same as looking at every record', async (input, test) => {
    const { run, siebel } = await operationsOn(domain);
    const expected = siebel
      .records('Account')
      .filter(test)
      .map((row) => row['Id']);

    const items = await found(run, input);

    expect(expected.length).toBeGreaterThan(0);
    expect(items.map(({ Id }) => Id).sort()).toEqual(expected.sort());
  });

  it('ignores case where it is declared to, and looks at every row of a multi-value field', async () => {
    const { run, siebel } = await operationsOn(domain);
    const [first] = siebel.records('Account');
    const [contact] = siebel.records('Contact');

    const byName = await found(run, { anyCase: first?.['Name']?.toUpperCase() });
    const byContact = await found(run, { contact: contact?.['Last Name'] });
    const byIds = await found(run, { Id: [first?.['Id']] });

    expect(byName.map(({ Name }) => Name)).toEqual([first?.['Name']]);
    expect(byContact.map(({ Id }) => Id)).toContain(contact?.['Account Id']);
    expect(byIds.map(({ Id }) => Id)).toEqual([first?.['Id']]);
  });

  it('keeps every value inside its literal', async () => {
    const { run } = await operationsOn(domain);
    const hostile = `x" OR [Name] <> "`;
    expect(await found(run, { anyCase: hostile })).toEqual([]);
    await expect(found(run, { anyCase: `'${hostile}` })).rejects.toMatchObject({
      issues: [{ pointer: '/input/anyCase', code: 'VALUE_NOT_QUERYABLE' }],
    });
  });

  it('counts, under its fixed condition', async () => {
    const { run, siebel } = await operationsOn(domain);
    const rows = siebel.records('Account').filter((row) => row['Competitor'] === 'N');
    const gold = rows.filter((row) => row['Account Status'] === 'Gold');

    expect(await run('account.count', {})).toEqual({ count: rows.length });
    expect(await run('account.count', { 'Account Status': 'Gold' })).toEqual({ count: gold.length });
  });
});

describe('batches', () => {
  it('upsert many, say which was refused, and delete many', async () => {
    const { run, siebel } = await operationsOn(domain);
    const items = [
      { Name: 'Batch A', Location: 'Bremen', Staff: 1 },
      { Name: 'Batch B', Location: '', 'Account Status': 'Gold' },
    ];
    const { items: written } = (await run('account.upsert-many', { items })) as { items: { Id: string }[] };
    expect(
      siebel
        .records('Account')
        .filter(({ Name }) => Name?.startsWith('Batch'))
        .map(({ Id }) => Id)
        .sort(),
    ).toEqual(written.map(({ Id }) => Id).sort());

    const again = await run('account.upsert-many', { items });
    expect(again).toEqual({ items: written });

    const gone = await run('account.delete-many', { items: [...written.map(({ Id }) => ({ Id })), { Id: '1-GONE' }] });
    expect(gone).toEqual({ items: [...written.map(({ Id }) => ({ Id })), { Id: '1-GONE' }] });
    expect(siebel.records('Account').filter(({ Name }) => Name?.startsWith('Batch'))).toEqual([]);
  });

  it('upsert row by row where one of them is refused, or the release knows no batches', async () => {
    const { run, siebel } = await operationsOn(domain);
    siebel.changeSettings({ batches: false });
    const items = [{ Name: 'Old Release', Location: 'Bremen' }];
    expect(await run('account.upsert-many', { items })).toEqual({ items: [{ Id: expect.stringMatching(/^1-/) }] });
  });

  it('insert all or none', async () => {
    const { run, siebel } = await operationsOn(domain);
    const many = (...ids: string[]) => ({
      items: ids.map((id) => ({
        Abstract: `Batch ${id}`,
        'Integration Id': id,
        Status: id === 'BAD' ? 'Nonsense' : 'Open',
      })),
    });
    const done = (await run('service-request.create-many', many('N-1', 'N-2'))) as { items: unknown[] };
    expect(done.items).toHaveLength(2);

    const failed = run('service-request.create-many', many('N-3', 'BAD'));
    await expect(failed).rejects.toMatchObject({ failureClass: 'message' });
    expect(siebel.records('Service Request', { Abstract: 'Batch N-3' })).toEqual([]);
  });
});

describe('a site', () => {
  it('with other parameter names and an escape for quotes is asked in its words', async () => {
    const site = { parameterNames: { PageSize: 'limit', searchspec: 'where' }, quoteEscape: 'doubling' } as const;
    const { run } = await operationsOn(
      domain,
      { parameterNames: { pagesize: 'limit', searchspec: 'where' }, quoteEscape: 'doubling' },
      { site },
    );
    await run('account.upsert', { Name: `6" O'Hara`, Location: '' });

    const { items } = (await run('account.search', { anyCase: `6" o'hara` })) as { items: { Name: string }[] };

    expect(items.map(({ Name }) => Name)).toEqual([`6" O'Hara`]);
  });

  it('that refuses pages of a hundred is asked for smaller ones, as often as it takes', async () => {
    const { run } = await operationsOn(
      domain,
      { records: 60, pageSizeLimit: 50, overPageSize: 'error' },
      { site: { maxPageSize: 50 } },
    );
    expect((await run<{ items: unknown[] }>('account.search', { limit: 55 })).items).toHaveLength(55);
    expect(await run('account.competitors', {})).toHaveProperty('items');
  });
});
