import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ComponentAddress, PagesQuery } from '../../lib/siebel/component.ts';
import { all, conditions, exists } from '../../lib/siebel/search-specification.ts';
import { text } from '../../lib/siebel/values.ts';
import { RELEASES } from '../../local-stack/siebel/releases.ts';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { ACCOUNT, CONTACT, REQUEST, siebelOver, soon } from './siebel-client-parts.ts';

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

const { field } = conditions({ Name: text(100), Location: text(50), 'Contact Last Name': text(50) });
const PAGES: PagesQuery = { fields: ['Name'], pageSize: 100, startRow: 0 };
const below = (at: ComponentAddress, id: string, component: string): ComponentAddress => ({
  ...at,
  below: [...(at.below ?? []), { id, component }],
});

async function idsOf(pages: AsyncIterable<readonly Readonly<Record<string, string>>[]>): Promise<string[]> {
  const ids: string[] = [];
  for await (const records of pages) ids.push(...records.map(({ Id = '' }) => Id));
  return ids;
}

describe('reading', () => {
  it('gives one record, one page, and how many there are', async () => {
    const { client, siebel } = await siebelOver(domain);
    const [first] = siebel.records('Account');
    const id = first?.['Id'] ?? '';
    const record = await client.get(ACCOUNT, id, { fields: ['Name', 'Staff'] }, soon());
    expect(record).toEqual({ Id: id, Name: first?.['Name'], Staff: first?.['Staff'] });
    await expect(client.get(ACCOUNT, '1-NONE', {}, soon())).resolves.toBeUndefined();

    const query = {
      ...PAGES,
      sort: [{ field: 'Id', direction: 'asc' as const }],
      pageSize: 20,
      startRow: 40,
      count: true,
    };
    const { records, total } = await client.queryPage(ACCOUNT, query, soon());
    expect(records.map(({ Id }) => Id)).toEqual(
      siebel
        .records('Account')
        .slice(40, 60)
        .map(({ Id }) => Id),
    );
    expect(total).toBe(300);
    await expect(client.count(ACCOUNT, {}, soon())).resolves.toBe(300);
    await expect(client.count(ACCOUNT, { where: field('Name').is('Nobody') }, soon())).resolves.toBe(0);
  });

  it('finds by conditions, values with quotes and wildcards in them included', async () => {
    const { client } = await siebelOver(domain);
    const names = [`6" pipe`, `O'Neill & Sons (100%) #1 + 2`, 'Ümlaut — 漢字'];
    for (const Name of names) await client.upsert(ACCOUNT, { Name, Location: 'here' }, soon());
    for (const Name of names) {
      const where = all(field('Name').is(Name), field('Location').is('here'));
      const { records } = await client.queryPage(ACCOUNT, { ...PAGES, where }, soon());
      expect(records.map((record) => record['Name'])).toEqual([Name]);
    }
    const where = field('Name').startsWith('O');
    const { records } = await client.queryPage(ACCOUNT, { ...PAGES, where }, soon());
    expect(records.map((record) => record['Name'])).toContain(names[1]);
  });

  it('finds by the rows of a multi-value field', async () => {
    const { client, siebel } = await siebelOver(domain);
    const [person] = siebel.records('Contact');
    const where = exists(field('Contact Last Name').is(person?.['Last Name'] ?? ''));
    const { records } = await client.queryPage(ACCOUNT, { ...PAGES, where }, soon());
    expect(records.length).toBeGreaterThan(0);
    expect(records.length).toBeLessThan(300);
  });

  it('gives a hierarchy in one call', async () => {
    const { client, siebel } = await siebelOver(domain);
    const trees = await client.hierarchy(
      REQUEST,
      { fields: ['SR Number'], children: { Action: { fields: ['Type'] } }, pageSize: 60, startRow: 0 },
      soon(),
    );
    const actions = trees.flatMap(({ children }) => children['Action'] ?? []);
    expect(trees).toHaveLength(60);
    expect(new Set(trees.map(({ children }) => children['Action']?.length ?? 0))).toEqual(new Set([0, 1, 2]));
    expect(actions).toHaveLength(siebel.records('Action').length);
    expect(siebel.requests()).toHaveLength(1);
  });

  it('gives what Siebel says of itself', async () => {
    const { client } = await siebelOver(domain);
    await expect(
      client.describe({ businessObject: 'Account', businessComponent: 'Account' }, soon()),
    ).resolves.toMatchObject({ openapi: expect.stringMatching(/^3/) });
    await expect(client.describe({ catalogue: 'data' }, soon())).resolves.toBeTypeOf('object');
  });

  it('tells a wrong name from no records, and says which', async () => {
    const { client } = await siebelOver(domain);
    const wrong = { ...ACCOUNT, businessComponent: 'Acount' };
    await expect(client.queryPage(wrong, PAGES, soon())).rejects.toMatchObject({
      failureClass: 'configuration',
      message: expect.stringContaining('Account/Acount'),
    });
    await expect(client.get(ACCOUNT, '1-1', { fields: ['Naem'] }, soon())).rejects.toMatchObject({
      code: 'SIEBEL_CONFIGURATION',
    });
  });
});

describe('pages', () => {
  const SORT = [{ field: 'Id', direction: 'asc' }] as const;

  it.each([9_901, 10_001])('come to every one of %i records, none twice, by offset and by Id', async (records) => {
    const { client, siebel } = await siebelOver(domain, { records });
    const known = siebel.records('Account').map(({ Id }) => Id);
    expect(known).toHaveLength(records);
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, sort: SORT }, soon()))).resolves.toEqual(known);
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, paging: 'byId' }, soon()))).resolves.toEqual(known);
  });

  it('come to every record where an administrator has set smaller pages', async () => {
    const settings = { pageSizeLimit: 7, overPageSize: 'cap' } as const;
    const { client } = await siebelOver(domain, settings);
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, sort: SORT }, soon()))).resolves.toHaveLength(300);
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, paging: 'byId' }, soon()))).resolves.toHaveLength(300);
  });

  it('come to every record where larger pages than an administrator has allowed are refused', async () => {
    const settings = { pageSizeLimit: 50, overPageSize: 'error' } as const;
    const { client } = await siebelOver(domain, settings, { site: { maxPageSize: 50 } });
    const unlimited = (await siebelOver(domain, settings)).client;
    const TREES = { fields: ['Name'], children: { Contact: { fields: ['Last Name'] } }, pageSize: 100, startRow: 0 };
    await expect(idsOf(unlimited.pages(ACCOUNT, { ...PAGES, sort: SORT }, soon()))).rejects.toMatchObject({
      code: expect.stringMatching(/^SIEBEL_/),
    });

    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, sort: SORT }, soon()))).resolves.toHaveLength(300);
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, paging: 'byId' }, soon()))).resolves.toHaveLength(300);
    let trees = 0;
    for await (const page of client.hierarchyPages(ACCOUNT, TREES, soon())) trees += page.length;
    expect(trees).toBe(300);
  });

  it.each(['insert', 'delete', 'move'] as const)(
    'by Id lose none of the records that stay, though others come and go: %s',
    async (what) => {
      const { client, siebel } = await siebelOver(domain, { moving: { everyPages: 1, what } });
      const before = siebel.records('Account').map(({ Id = '' }) => Id);
      const ids = await idsOf(client.pages(ACCOUNT, { ...PAGES, pageSize: 20, paging: 'byId' }, soon()));
      const stayed = new Set(siebel.records('Account').map(({ Id }) => Id));
      expect(new Set(ids).size).toBe(ids.length);
      expect(before.filter((id) => stayed.has(id) && !ids.includes(id))).toEqual([]);
    },
  );

  it.each(['404', '404 with full stop', '204', 'empty items'] as const)('end with %s', async (emptyAnswer) => {
    const { client } = await siebelOver(domain, { records: 30, emptyAnswer });
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, pageSize: 10 }, soon()))).resolves.toHaveLength(30);
  });

  it.each(['offset', 'byId'] as const)('by %s fail where paging has no end', async (paging) => {
    const { client, siebel } = await siebelOver(domain);
    const again = { parameters: { StartRowNum: '0', searchspec: '' } };
    siebel.addFault({ times: 0, fault: again });
    await expect(idsOf(client.pages(ACCOUNT, { ...PAGES, paging }, soon()))).rejects.toMatchObject({
      code: 'UNEXPECTED_SHAPE',
    });
  });
});

describe('writing', () => {
  it('upserts by user key, updates, and deletes; each may be repeated', async () => {
    const { client, siebel } = await siebelOver(domain);
    const key = { Name: 'Harbour Supplies', Location: '' };
    const { id } = await client.upsert(ACCOUNT, { ...key, Staff: '12' }, soon());
    await expect(client.upsert(ACCOUNT, { ...key, Staff: '13' }, soon())).resolves.toEqual({ id });
    await expect(client.update(ACCOUNT, id, { Staff: '14' }, soon())).resolves.toEqual({ id });
    expect(siebel.records('Account', key)).toMatchObject([{ Id: id, Staff: '14' }]);
    await client.delete(ACCOUNT, id, soon());
    await client.delete(ACCOUNT, id, soon());
    expect(siebel.records('Account', key)).toEqual([]);
  });

  it('inserts a record with its children', async () => {
    const { client, siebel } = await siebelOver(domain);
    const action = (Description: string) => ({ values: { Type: 'Call', Description }, children: {} });
    const tree = { values: { Abstract: 'Pump fails' }, children: { Action: [action('first'), action('second')] } };
    const { id } = await client.insert(REQUEST, tree, soon());
    const [read] = await client.hierarchy(
      REQUEST,
      {
        fields: ['Abstract'],
        where: conditions({}).field('Id').is(id),
        children: { Action: { fields: ['Description'] } },
        pageSize: 10,
        startRow: 0,
      },
      soon(),
    );
    expect(read?.children['Action']?.map(({ values }) => values['Description']).sort()).toEqual(['first', 'second']);
    expect(siebel.records('Service Request', { Id: id })).toMatchObject([{ Abstract: 'Pump fails' }]);
  });

  it.each([
    ['the child', { childWriteAnswer: 'child' } as const],
    ['the parent alone', { childWriteAnswer: 'parent only' } as const],
  ])('writes children and grandchildren where the answer names %s', async (_what, settings) => {
    const { client, siebel } = await siebelOver(domain, settings);
    const named = settings.childWriteAnswer === 'child';
    const [account] = siebel.records('Account');
    const requests = below(ACCOUNT, account?.['Id'] ?? '', 'Service Request');
    const inserted = await client.insertChild(requests, { Abstract: 'Leak', 'Integration Id': 'int-1' }, soon());
    const [request] = siebel.records('Service Request', { 'Integration Id': 'int-1' });
    const requestId = request?.['Id'] ?? '';
    expect(inserted).toEqual({ id: named ? requestId : undefined });

    const upserted = await client.upsertChild(requests, { 'Integration Id': 'int-1', Status: 'Pending' }, soon());
    expect(upserted).toEqual(inserted);
    await client.update(requests, requestId, { Priority: '1-ASAP' }, soon());
    expect(siebel.records('Service Request', { Id: requestId })).toMatchObject([
      { Status: 'Pending', Priority: '1-ASAP' },
    ]);

    const actions = below(requests, requestId, 'Action');
    await client.insertChild(actions, { Type: 'Call', Description: 'Ring them' }, soon());
    const { records } = await client.queryPage(actions, { ...PAGES, fields: ['Type', 'Description'] }, soon());
    expect(records).toMatchObject([{ Type: 'Call', Description: 'Ring them' }]);
    await client.delete(actions, records[0]?.['Id'] ?? '', soon());
    await expect(client.queryPage(actions, { ...PAGES, fields: ['Type'] }, soon())).resolves.toMatchObject({
      records: [],
    });
  });

  it('associates a record that exists, and makes it when it does not', async () => {
    const { client, siebel } = await siebelOver(domain);
    const { id } = await client.insert(ACCOUNT, { Name: 'Lonely', Location: '' }, soon());
    const contacts = below(ACCOUNT, id, 'Contact');
    const [person] = siebel.records('Contact');
    const before = siebel.records('Contact').length;
    const associated = await client.associate(contacts, { 'Person UId': person?.['Person UId'] ?? '' }, soon());
    expect(associated).toEqual({ id: person?.['Id'] });
    expect(siebel.records('Contact')).toHaveLength(before);
    const added = { 'Person UId': 'new-1', 'First Name': 'Ann', 'Last Name': 'Lee' };
    await client.associate(contacts, added, soon());
    const { records } = await client.queryPage(contacts, { ...PAGES, fields: ['Last Name'] }, soon());
    expect(records.map((record) => record['Last Name']).sort()).toEqual([person?.['Last Name'], 'Lee'].sort());
    expect(siebel.records('Contact')).toHaveLength(before + 1);
  });

  it('gives an attachment inline when that was asked for', async () => {
    const { client, siebel } = await siebelOver(domain);
    const [account] = siebel.records('Account');
    const attachments = below(ACCOUNT, account?.['Id'] ?? '', 'Account Attachment');
    const content = Buffer.from('a small file').toString('base64');
    const file = { AccntFileName: 'note', AccntFileExt: 'txt', 'Accnt Attachment Id': content };
    const { id = '' } = await client.insertChild(attachments, file, soon());
    const fields = ['AccntFileName', 'Accnt Attachment Id'];
    const inline = await client.get(attachments, id, { fields, inlineAttachments: true }, soon());
    expect(inline?.['Accnt Attachment Id']).toBe(content);
    const linked = await client.get(attachments, id, { fields }, soon());
    expect(linked?.['Accnt Attachment Id']).toMatch(/^https?:/);
  });

  it('believes a write that answers 304 only when the record says so', async () => {
    const { client, siebel } = await siebelOver(domain, { writeStatus: 304 });
    const [account] = siebel.records('Account');
    const id = account?.['Id'] ?? '';
    await expect(client.update(ACCOUNT, id, { Staff: '99' }, soon())).resolves.toEqual({ id });
    expect(siebel.records('Account', { Id: id })).toMatchObject([{ Staff: '99' }]);
    await client.delete(ACCOUNT, id, soon());
    await expect(client.insert(ACCOUNT, { Name: 'Unsure', Location: '' }, soon())).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
  });
});

describe('batches', () => {
  const accounts = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => ({ Name: `Batch ${from + index}`, Location: '' }));

  it('upsert, insert and delete a hundred rows in one request each', async () => {
    const { client, siebel } = await siebelOver(domain);
    const rows = await client.upsertMany(ACCOUNT, accounts(0, 100), soon());
    const ids = rows.map((row) => ('id' in row ? (row.id ?? '') : ''));
    expect(ids.map((id) => siebel.records('Account', { Id: id })[0]?.['Name'])).toEqual(
      accounts(0, 100).map(({ Name }) => Name),
    );
    await expect(client.upsertMany(ACCOUNT, accounts(0, 100), soon())).resolves.toEqual(rows);
    await expect(client.insertMany(ACCOUNT, accounts(100, 200), soon())).resolves.toHaveLength(100);
    await client.deleteMany(ACCOUNT, ids, soon());
    expect(siebel.records('Account')).toHaveLength(300 + 100);
    expect(siebel.requests()).toHaveLength(4);
  });

  it('find the bad row, which Siebel refuses the batch for, and write the others', async () => {
    const { client, siebel } = await siebelOver(domain);
    const records = [...accounts(0, 2), { Name: 'Bad', Location: '', 'Account Status': 'No such' }, ...accounts(2, 3)];
    await expect(client.upsertMany(ACCOUNT, records, soon())).resolves.toEqual([
      { id: expect.any(String) },
      { id: expect.any(String) },
      { error: expect.objectContaining({ code: 'SIEBEL_VALIDATION' }) },
      { id: expect.any(String) },
    ]);
    expect(siebel.records('Account', { Name: 'Bad' })).toEqual([]);
  });

  it('insert nothing when one row is refused', async () => {
    const { client, siebel } = await siebelOver(domain);
    await client.insert(ACCOUNT, { Name: 'Batch 1', Location: '' }, soon());
    await expect(client.insertMany(ACCOUNT, accounts(0, 3), soon())).rejects.toMatchObject({ code: 'SIEBEL_CONFLICT' });
    expect(siebel.records('Account')).toHaveLength(301);
  });

  it('delete what is left when some rows are gone already', async () => {
    const { client, siebel } = await siebelOver(domain);
    const ids = siebel
      .records('Account')
      .slice(0, 3)
      .map(({ Id = '' }) => Id);
    await client.delete(ACCOUNT, ids[1] ?? '', soon());
    await expect(client.deleteMany(ACCOUNT, ids, soon())).resolves.toEqual(ids.map((id) => ({ id })));
    expect(siebel.records('Account')).toHaveLength(297);
  });

  it('go singly at a release that knows none', async () => {
    const { client, siebel } = await siebelOver(domain, { batches: false });
    await expect(client.upsertMany(ACCOUNT, accounts(0, 3), soon())).resolves.toHaveLength(3);
    expect(siebel.records('Account')).toHaveLength(303);
  });

  it('write several children of one record', async () => {
    const { client, siebel } = await siebelOver(domain);
    const [account] = siebel.records('Account');
    const requests = below(ACCOUNT, account?.['Id'] ?? '', 'Service Request');
    const records = [1, 2, 3].map((number) => ({ Abstract: `Job ${number}`, 'Integration Id': `job-${number}` }));
    const rows = await client.upsertMany(requests, records, soon());
    expect(rows).toEqual(
      records.map((record) => ({
        id: siebel.records('Service Request', { 'Integration Id': record['Integration Id'] })[0]?.['Id'],
      })),
    );
  });
});

describe('services and workflows', () => {
  it('give their output, fail inside a success, and have none', async () => {
    const { client } = await siebelOver(domain);
    const call = { service: 'Workflow Utilities', method: 'Echo', repeatable: true };
    await expect(client.service({ ...call, input: { Text: 'Ümlaut' } }, soon())).resolves.toMatchObject({
      Text: 'Ümlaut',
    });
    const check = { service: 'Credit Check', method: 'Check', input: { Account: 'x' }, repeatable: false };
    await expect(client.service(check, soon())).rejects.toMatchObject({ code: 'SIEBEL_VALIDATION' });
    const record = { service: 'Activity Log', method: 'Record', input: { Description: 'seen' }, repeatable: false };
    await expect(client.service(record, soon())).resolves.toEqual({});

    const close = { process: 'Close Service Request', input: { 'Object Id': '1-NONE' } };
    // In the words of its author, which say nothing of whether something was done.
    await expect(client.workflow({ ...close, repeatable: true }, soon())).rejects.toMatchObject({ status: 200 });
    await expect(client.workflow({ ...close, repeatable: false }, soon())).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    });
  });

  it('are never run twice when the answer is lost', async () => {
    const { client, siebel } = await siebelOver(domain);
    const input = { Description: 'once' };
    const before = siebel.records('Action').length;
    siebel.addFault({ path: 'Activity Log', fault: 'lost answer' });
    await expect(
      client.service({ service: 'Activity Log', method: 'Record', input, repeatable: false }, soon()),
    ).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: { code: 'CONNECTION_LOST' } });
    expect(siebel.records('Action')).toHaveLength(before + 1);
    expect(siebel.requests()).toHaveLength(1);
  });
});

describe('a lost answer', () => {
  it('makes an upsert come again, which changes nothing, and an insert an unknown outcome', async () => {
    const { client, siebel } = await siebelOver(domain);
    siebel.addFault({ method: 'PUT', fault: 'lost answer' });
    siebel.addFault({ method: 'POST', fault: 'lost answer' });
    const key = { Name: 'Once', Location: '' };
    await expect(client.upsert(ACCOUNT, key, soon())).resolves.toEqual({ id: expect.any(String) });
    const inserting = client.insert(CONTACT, { 'Person UId': 'p', 'First Name': 'A', 'Last Name': 'B' }, soon());
    await expect(inserting).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(siebel.records('Account', key)).toHaveLength(1);
    expect(siebel.records('Contact', { 'Person UId': 'p' })).toHaveLength(1);
    expect(siebel.requests().map(({ method }) => method)).toEqual(['PUT', 'PUT', 'POST']);
  });
});

describe('a site', () => {
  it('may have renamed the parameters', async () => {
    const names = { pagesize: 'limit', startrownum: 'offset', viewmode: 'visibility', searchspec: 'filter' };
    const site = {
      parameterNames: { PageSize: 'limit', StartRowNum: 'offset', ViewMode: 'visibility', searchspec: 'filter' },
    };
    const { client } = await siebelOver(domain, { parameterNames: names }, { site });
    const query = { ...PAGES, sort: [{ field: 'Id', direction: 'asc' as const }], pageSize: 30 };
    await expect(idsOf(client.pages(ACCOUNT, query, soon()))).resolves.toHaveLength(300);
  });

  it('may be served below another path', async () => {
    const { client } = await siebelOver(domain, { contextPath: '/crm/rest' });
    await expect(client.count(ACCOUNT, {}, soon())).resolves.toBe(300);
  });

  it.each(['16', '18.7', '20.6', '26.3'] as const)('may run release %s', async (release) => {
    const { client } = await siebelOver(domain, RELEASES[release]);
    const { id } = await client.upsert(ACCOUNT, { Name: 'Any release', Location: '' }, soon());
    await expect(client.get(ACCOUNT, id, {}, soon())).resolves.toMatchObject({ Name: 'Any release' });
    const one = { ...PAGES, where: field('Name').is('Any release') };
    await expect(client.queryPage(ACCOUNT, one, soon())).resolves.toMatchObject({ records: [{ Id: id }] });
    await expect(client.upsertMany(ACCOUNT, [{ Name: 'Any release', Location: '' }], soon())).resolves.toEqual([
      { id },
    ]);
  });
});
