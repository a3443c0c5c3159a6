import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, startDomain } from '../local-stack/siebel-fixture.ts';
import { operationsOn } from './operations-parts.ts';

let domain: Domain;
beforeAll(async () => {
  domain = await startDomain();
});
afterAll(() => domain?.identity.close());

const KEY = { Name: 'Harbour Supplies', Location: 'Bremen' };
type Items = { items: Record<string, unknown>[] };

describe('children that are linked, many to many', () => {
  it('are linked by their user key, listed, counted, changed and unlinked', async () => {
    const { run, siebel } = await operationsOn(domain);
    const { Id: ParentId } = await run('account.upsert', KEY);
    const [existing] = siebel.records('Contact');
    const person = { 'Person UId': 'P-NEW', 'First Name': 'Ada', 'Last Name': 'Lovelace' };

    const linked = await run('contact.link', { ParentId, 'Person UId': existing?.['Person UId'] });
    const created = await run('contact.upsert', { ParentId, ...person });
    const again = await run('contact.upsert', { ParentId, ...person });

    expect(linked).toEqual({ Id: existing?.['Id'] });
    expect(again).toEqual(created);
    const { items } = (await run('contact.list', { ParentId })) as Items;
    expect(items.map(({ Id }) => Id).sort()).toEqual([linked['Id'], created['Id']].sort());
    expect(await run('contact.count', { ParentId })).toEqual({ count: 2 });

    await run('contact.update', { ParentId, Id: created['Id'], 'Last Name': 'King' });
    expect(await run('contact.get', { ParentId, Id: created['Id'] })).toMatchObject({ ...person, 'Last Name': 'King' });

    await run('contact.unlink', { ParentId, Id: created['Id'] });
    expect(await run('contact.count', { ParentId })).toEqual({ count: 1 });
    // The record exists by itself.
    expect(siebel.records('Contact', { 'Person UId': 'P-NEW' })).toHaveLength(1);
  });

  it('are none of another parent', async () => {
    const { run, siebel } = await operationsOn(domain);
    const { Id: ParentId } = await run('account.upsert', KEY);
    const [contact] = siebel.records('Contact');
    await expect(run('contact.get', { ParentId, Id: contact?.['Id'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await run('contact.list', { ParentId })).toEqual({ items: [] });
  });
});

describe('children and grandchildren', () => {
  it('are inserted below their parents, read and changed there', async () => {
    const { run } = await operationsOn(domain);
    const { Id: GrandparentId } = await run('account.upsert', KEY);
    const request = { ParentId: GrandparentId, Abstract: 'Broken crane', 'Integration Id': 'R-1' };
    const { Id: ParentId } = await run('request.create', request);
    const at = { GrandparentId, ParentId };
    const { Id } = await run('action.create', {
      ...at,
      'Activity UID': 'A-NEW',
      Type: 'Call',
      Planned: '2026-03-01T09:00:00Z',
    });

    expect(await run('request.list', { ParentId: GrandparentId })).toMatchObject({
      items: [{ Id: ParentId, Abstract: 'Broken crane' }],
    });
    await run('action.update', { ...at, Id, Done: true });
    expect(await run('action.get', { ...at, Id })).toMatchObject({
      Type: 'Call',
      Planned: '2026-03-01T09:00:00Z',
      Done: true,
    });
    await run('action.delete', { ...at, Id });
    expect(await run('action.list', at)).toEqual({ items: [] });
  });

  it('have no Id where a release names the parent only', async () => {
    const { run, siebel } = await operationsOn(domain, { childWriteAnswer: 'parent only' });
    const { Id: ParentId } = await run('account.upsert', KEY);
    const created = await run('request.create', { ParentId, Abstract: 'Old release', 'Integration Id': 'R-2' });
    expect(created).toEqual({});
    expect(siebel.records('Service Request', { Abstract: 'Old release' })).toHaveLength(1);
  });
});

describe('batches of children', () => {
  it('write many below one parent', async () => {
    const { run, siebel } = await operationsOn(domain);
    const { Id: ParentId } = await run('account.upsert', KEY);
    const items = ['P-A', 'P-B'].map((key) => ({ 'Person UId': key, 'First Name': 'A', 'Last Name': key }));

    const { items: written } = await run<Items>('contact.upsert-many', { ParentId, items });
    const again = await run('contact.upsert-many', { ParentId, items });
    const created = await run<Items>('request.create-many', {
      ParentId,
      items: ['R-A', 'R-B'].map((id) => ({ Abstract: `Batch ${id}`, 'Integration Id': id })),
    });

    expect(again).toEqual({ items: written });
    expect((await run<Items>('contact.list', { ParentId })).items.map((row) => row['Last Name']).sort()).toEqual([
      'P-A',
      'P-B',
    ]);
    expect(created.items.map(({ Id }) => Id).sort()).toEqual(
      siebel
        .records('Service Request')
        .filter((row) => row['Account Id'] === ParentId)
        .map((row) => row['Id'])
        .sort(),
    );
    await run('contact.unlink-many', { ParentId, items: written.map(({ Id }) => ({ Id })) });
    expect(await run('contact.count', { ParentId })).toEqual({ count: 0 });
  });
});

describe('a record with its children', () => {
  it('is read in one request, whole', async () => {
    const { run, siebel } = await operationsOn(domain);
    const { Id: ParentId } = await run('account.upsert', KEY);
    await run('contact.upsert', { ParentId, 'Person UId': 'P-1X', 'First Name': 'Ada', 'Last Name': 'Lovelace' });
    const { Id: request } = await run('request.create', { ParentId, Abstract: 'a', 'Integration Id': 'R-3' });
    for (const uid of ['A-1X', 'A-2X'])
      await run('action.create', { GrandparentId: ParentId, ParentId: request, 'Activity UID': uid, Type: 'Call' });
    const before = siebel.stats().requests;

    const tree = await run('account.tree', { Id: ParentId });

    expect(siebel.stats().requests - before).toBe(1);
    expect(tree).toMatchObject({
      Id: ParentId,
      ...KEY,
      Contact: [{ 'Person UId': 'P-1X', 'Last Name': 'Lovelace' }],
      'Service Request': [{ Id: request, Abstract: 'a' }],
    });
    const [{ Action: actions = [] } = {}] = tree['Service Request'] as {
      Action?: Record<string, string>[];
    }[];
    expect(actions.map((action) => action['Activity UID']).sort()).toEqual(['A-1X', 'A-2X']);
  });

  it('is refused, once and for all, when a page of the site may not hold all of its children', async () => {
    const settings = { records: 60, pageSizeLimit: 3, overPageSize: 'cap' } as const;
    const { run } = await operationsOn(domain, settings, { site: { maxPageSize: 3 } });
    const { Id: ParentId } = await run('account.upsert', KEY);
    const add = (key: string) =>
      run('contact.upsert', { ParentId, 'Person UId': key, 'First Name': 'A', 'Last Name': key });

    for (const key of ['P-1X', 'P-2X']) await add(key);
    expect((await run('account.tree', { Id: ParentId }))['Contact']).toHaveLength(2);
    for (const key of ['P-3X', 'P-4X']) await add(key);
    await expect(run('account.tree', { Id: ParentId })).rejects.toMatchObject({ code: 'TOO_LARGE', retryable: false });
    expect((await run<Items>('contact.list', { ParentId })).items).toHaveLength(4);
  });

  it('is none at a site that does not read the search, because its parameter has another name there', async () => {
    const { run } = await operationsOn(domain, { parameterNames: { queryhierarchy: 'tree' } });
    const { Id } = await run('account.upsert', KEY);
    await expect(run('account.tree', { Id })).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE' });
  });

  it('is searched for with a fixed condition', async () => {
    const { run, siebel } = await operationsOn(domain);
    const { items } = (await run('account.competitors', {})) as Items;
    const expected = siebel.records('Account').filter((row) => row['Competitor'] === 'Y');

    expect(items.map(({ Id }) => Id).sort()).toEqual(expected.map((row) => row['Id']).sort());
    expect(items.every(({ Contact }) => Array.isArray(Contact))).toBe(true);
  });

  it('is inserted in one request, with its natural key', async () => {
    const { run, siebel } = await operationsOn(domain);
    const before = siebel.stats().requests;
    const { Id } = await run('service-request.create', {
      Abstract: 'Crane',
      'Integration Id': 'N-1',
      Action: [
        { Type: 'Call', Planned: '2026-03-01T09:00:00Z' },
        { Type: 'To Do', Description: 'look' },
      ],
    });

    expect(siebel.stats().requests - before).toBe(1);
    const read = await run('service-request.get', { Id });
    expect(read).toMatchObject({ Abstract: 'Crane', 'Integration Id': 'N-1' });
    expect((read['Action'] as { Type: string }[]).map(({ Type }) => Type).sort()).toEqual(['Call', 'To Do']);
  });

  it('is not inserted twice when the answer is lost', async () => {
    const { run, siebel } = await operationsOn(domain);
    siebel.addFault({ method: 'POST', fault: { reset: 'after-commit' } });
    const lost = run('service-request.create', { Abstract: 'Lost', 'Integration Id': 'N-2' });
    await expect(lost).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', failureClass: 'unknown-outcome' });
    expect(siebel.records('Service Request', { Abstract: 'Lost' })).toHaveLength(1);
  });
});

describe('attachments', () => {
  it('are written and read with their content, and listed without', async () => {
    const { run } = await operationsOn(domain);
    const { Id: ParentId } = await run('account.upsert', KEY);
    const content = Buffer.from('a letter, with ünï and \0').toString('base64');
    const { Id } = await run('file.create', {
      ParentId,
      AccntFileName: 'Letter',
      AccntFileExt: 'txt',
      'Accnt Attachment Id': content,
    });

    const read = await run('file.get', { ParentId, Id });
    const list = await run('file.list', { ParentId });

    expect(read).toMatchObject({ AccntFileName: 'Letter', 'Accnt Attachment Id': content });
    expect(list).toMatchObject({ items: [{ Id, AccntFileName: 'Letter' }] });
    expect(JSON.stringify(list)).not.toContain('Accnt Attachment Id');
  });

  it('over their size do not leave', async () => {
    const { run, siebel } = await operationsOn(domain);
    const before = siebel.stats().requests;
    const large = Buffer.alloc(100_001).toString('base64');
    await expect(
      run('file.create', { ParentId: '1-1', AccntFileName: 'Letter', 'Accnt Attachment Id': large }),
    ).rejects.toMatchObject({ code: 'TOO_LONG' });
    expect(siebel.stats().requests).toBe(before);
  });
});
