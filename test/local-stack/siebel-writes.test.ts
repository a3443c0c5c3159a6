import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const ACCOUNTS = '/data/Account/Account';
const CONTACTS = '/data/Contact/Contact';
const REQUESTS = '/data/Service%20Request/Service%20Request';
const HARBOUR = { Name: 'Harbour Supplies & Söhne "Nord"', Location: "St John's" };

describe('Siebel stand-in, writing', () => {
  let domain: Domain;
  let fixture: SiebelFixture;

  beforeAll(async () => {
    domain = await startDomain();
  });
  beforeEach(async () => {
    fixture = await startSiebelFixture(domain, { records: 10 });
  });
  afterEach(() => fixture.close());
  afterAll(() => domain.identity.close());

  const send: SiebelFixture['send'] = (...call) => fixture.send(...call);
  const accounts = (filter?: Record<string, string>) => fixture.siebel.records('Account', filter);
  const keyOf = (record: Readonly<Record<string, string>> | undefined) => ({
    Name: record?.['Name'],
    Location: record?.['Location'],
  });
  const codes = (body: string) => body.match(/SBL-[A-Z]{3}-\d{5}/g);

  it('inserts a record by its user key, answers its id and one link as objects, and stamps it with the user', async () => {
    const startedMs = Date.now();
    const reply = await send('PUT', ACCOUNTS, { ...HARBOUR, 'Account Status': 'Gold', Staff: 12 });
    const { items } = reply.json();
    const [record] = accounts({ Name: HARBOUR.Name });

    expect(reply.status).toBe(200);
    expect(items).toEqual({ Id: record?.['Id'], Link: { rel: 'self', href: expect.any(String), name: 'Account' } });
    expect(record).toMatchObject({
      ...HARBOUR,
      'Account Status': 'Gold',
      Staff: '12',
      'Updated By Name': 'siebel-caller',
    });
    expect(Math.abs(Date.parse(`${record?.['Updated']}Z`) - startedMs)).toBeLessThan(2_000);
  });

  it('updates the same record when the user key comes again, and keeps the fields that were not sent', async () => {
    const first = await send('PUT', ACCOUNTS, { ...HARBOUR, 'Account Status': 'Gold', Type: 'Partner' });
    const second = await send('PUT', `${ACCOUNTS}?uniformresponse=y`, { ...HARBOUR, Type: '' });

    expect(second.json().items).toHaveLength(1);
    expect(second.json().items[0].Id).toBe(first.json().items.Id);
    expect(accounts({ Name: HARBOUR.Name })).toHaveLength(1);
    expect(accounts({ Name: HARBOUR.Name })[0]).toMatchObject({ 'Account Status': 'Gold', Type: '' });
  });

  it('takes an empty Location for a part of the user key, but not a missing one', async () => {
    const first = await send('PUT', ACCOUNTS, { Name: 'Nowhere', Location: '' });
    const second = await send('PUT', ACCOUNTS, { Name: 'Nowhere', Location: '' });
    const third = await send('PUT', ACCOUNTS, { Name: 'Nowhere' });

    expect(second.json().items.Id).toBe(first.json().items.Id);
    expect([third.status, codes(third.body)]).toEqual([500, ['SBL-EAI-04397']]);
  });

  it('moves the record to the end of an incremental read', async () => {
    const [before] = accounts();
    await send('PUT', ACCOUNTS, { Name: before?.['Name'], Location: before?.['Location'], Staff: '1' });
    const latest = await fixture.get('Account/Account', {
      sortspec: 'Updated:desc',
      PageSize: 1,
      uniformresponse: 'y',
    });

    expect(latest.json().items[0].Id).toBe(before?.['Id']);
  });

  it.each([
    ['a required field that is empty', { Name: '', Location: 'x' }, ['SBL-EAI-04389', 'SBL-DAT-00498']],
    ['a value outside the pick list', { ...HARBOUR, 'Account Status': 'Shiny' }, ['SBL-EAI-04401', 'SBL-DAT-00225']],
    ['a flag that is none', { ...HARBOUR, Competitor: 'y' }, ['SBL-EAI-04401', 'SBL-DAT-00225']],
    ['a value that is too long', { ...HARBOUR, Name: 'x'.repeat(101) }, ['SBL-DAT-00521']],
    ['a read-only field', { ...HARBOUR, Updated: '01/01/2025 00:00:00' }, ['SBL-DAT-00510']],
    ['a field that does not exist', { ...HARBOUR, Nope: '1' }, ['SBL-EAI-50258']],
    ['a field by its business component name', { ...HARBOUR, Employees: '1' }, ['SBL-EAI-50258']],
    ['no user key', { Type: 'Partner' }, ['SBL-EAI-04397']],
    ['a record that is an array in itself', { ...HARBOUR, Type: [] }, null],
  ])('refuses %s with 500, and writes nothing', async (_what, record, expected) => {
    const reply = await send('PUT', ACCOUNTS, record);

    expect([reply.status, codes(reply.body)]).toEqual([500, expected]);
    expect(accounts()).toHaveLength(10);
  });

  it.each(['PATCH', 'HEAD', 'QUERY'])('knows no %s, with a body or without', async (method) => {
    const id = encodeURIComponent(String(accounts()[0]?.['Id']));
    const statuses = [];
    for (const path of [ACCOUNTS, `${ACCOUNTS}/${id}`]) {
      statuses.push((await send(method, path)).status);
      if (method === 'PATCH') statuses.push((await send(method, path, { Staff: '1' })).status);
    }

    expect(new Set(statuses)).toEqual(new Set([405]));
  });

  it('refuses a body that is no JSON, no object, or missing', async () => {
    for (const body of ['{"Name":', '"text"', 'null', undefined]) {
      expect([body, (await send('PUT', ACCOUNTS, body)).status]).toEqual([body, 500]);
    }
  });

  it('changes only the sent fields by row id, null and empty text unset', async () => {
    const [before] = accounts();
    const id = encodeURIComponent(String(before?.['Id']));
    const reply = await send('PUT', `${ACCOUNTS}/${id}`, { Location: null, Competitor: true });
    const [after] = accounts({ Name: String(before?.['Name']) });

    expect(reply.json().items.Id).toBe(before?.['Id']);
    expect(after).toMatchObject({ Location: '', Competitor: 'Y', Staff: before?.['Staff'] });
  });

  it('inserts on an unknown row id when the user key is there, else misses the user key', async () => {
    const inserted = await send('PUT', `${ACCOUNTS}/1-NONE`, HARBOUR);
    const refused = await send('PUT', `${ACCOUNTS}/1-NONE`, { Type: 'Partner' });

    expect(inserted.json().items.Id).not.toBe('1-NONE');
    expect(codes(refused.body)).toEqual(['SBL-EAI-04397']);
  });

  it('refuses a second record whose user key is set in a part of its fields only', async () => {
    const record = { Name: 'Nowhere', Location: '' };
    const statuses = [await send('POST', ACCOUNTS, record), await send('POST', ACCOUNTS, { Name: 'Nowhere' })];

    expect(statuses.map(({ status }) => status)).toEqual([200, 409]);
  });

  it('goes by the user key on an unknown row id: the record of that key changes', async () => {
    const [known] = accounts();
    const reply = await send('PUT', `${ACCOUNTS}/1-NONE`, { ...keyOf(known), Staff: '77' });

    expect(reply.json().items.Id).toBe(known?.['Id']);
    expect([accounts().length, accounts({ Id: String(known?.['Id']) })[0]?.['Staff']]).toEqual([10, '77']);
  });

  it('needs the organization in the user key of an account where it belongs there', async () => {
    const strict = await startSiebelFixture(domain, { records: 1, accountKey: 'Name, Location, Primary Organization' });
    const [known] = strict.siebel.records('Account');
    const two = await strict.send('PUT', ACCOUNTS, keyOf(known));
    const found = await strict.send('PUT', ACCOUNTS, { ...keyOf(known), Organization: known?.['Organization'] });
    const other = await strict.send('PUT', ACCOUNTS, { ...keyOf(known), Organization: 'Nordic Organization' });
    const again = await strict.send('POST', ACCOUNTS, keyOf(known));
    await strict.close();

    expect([two.status, codes(two.body)]).toEqual([500, ['SBL-EAI-04397']]);
    expect(found.json().items.Id).toBe(known?.['Id']);
    expect([other.status, other.json().items.Id === known?.['Id']]).toEqual([200, false]);
    // The default organization completes the key of a new record.
    expect([again.status, codes(again.body)]).toEqual([409, ['SBL-EAI-04383']]);
  });

  it('refuses an unknown row id when it is set so', async () => {
    const strict = await startSiebelFixture(domain, { records: 0, unknownIdOnPut: 'error' });
    const reply = await strict.send('PUT', `${ACCOUNTS}/1-NONE`, HARBOUR);
    await strict.close();

    expect([reply.status, codes(reply.body)]).toEqual([500, ['SBL-EAI-04378']]);
  });

  it('inserts with POST each time, unless the database has the user key already', async () => {
    const first = await send('POST', ACCOUNTS, HARBOUR);
    const second = await send('POST', ACCOUNTS, HARBOUR);
    const request = { Abstract: 'Late', 'Integration Id': 'X-1' };
    const requests = [await send('POST', REQUESTS, request), await send('POST', REQUESTS, request)];

    expect(first.status).toBe(200);
    expect([second.status, codes(second.body)]).toEqual([409, ['SBL-EAI-04383']]);
    expect(new Set(requests.map((reply) => reply.json().items.Id)).size).toBe(2);
  });

  it('refuses the second record of any user key when every one is unique', async () => {
    const strict = await startSiebelFixture(domain, { records: 0, uniqueKeys: 'every' });
    const request = { Abstract: 'Late', 'Integration Id': 'X-1' };
    const first = await strict.send('POST', REQUESTS, request);
    const second = await strict.send('POST', REQUESTS, request);
    const without = [1, 2].map(() => strict.send('POST', REQUESTS, { Abstract: 'Late' }));
    const statuses = (await Promise.all(without)).map(({ status }) => status);
    await strict.close();

    expect([first.status, second.status, codes(second.body)]).toEqual([200, 409, ['SBL-EAI-04383']]);
    expect(statuses).toEqual([200, 200]);
  });

  it('finds several matches of a key that is not unique, and then changes none', async () => {
    const request = { Abstract: 'Late', 'Integration Id': 'X-1' };
    await send('POST', REQUESTS, request);
    await send('POST', REQUESTS, request);
    const reply = await send('PUT', REQUESTS, { ...request, Status: 'Closed' });

    expect(codes(reply.body)).toEqual(['SBL-EAI-04390']);
  });

  it('refuses to make two records alike by an update', async () => {
    await send('PUT', ACCOUNTS, HARBOUR);
    const other = await send('PUT', ACCOUNTS, { ...HARBOUR, Location: 'Hull' });
    const id = encodeURIComponent(other.json().items.Id);
    const reply = await send('PUT', `${ACCOUNTS}/${id}`, { Location: HARBOUR.Location });

    expect([reply.status, codes(reply.body)]).toEqual([409, ['SBL-EAI-04383']]);
  });

  it('numbers a service request itself, and links records to the account they name', async () => {
    const account = accounts()[3];
    const Account = String(account?.['Name']);
    await send('PUT', REQUESTS, { Abstract: 'Late', 'Integration Id': 'X-2', Account });
    await send('PUT', CONTACTS, { 'Person UId': 'P-X', 'First Name': 'A', 'Last Name': 'B', Account });
    const [request] = fixture.siebel.records('Service Request', { 'Integration Id': 'X-2' });
    const [contact] = fixture.siebel.records('Contact', { 'Person UId': 'P-X' });

    expect(request).toMatchObject({ 'SR Number': request?.['Id'], Status: 'Open', 'Account Id': account?.['Id'] });
    expect(contact?.['Account Id']).toBe(account?.['Id']);
  });

  it('deletes by row id with an empty 200, and a second time finds nothing', async () => {
    const id = encodeURIComponent(String(accounts()[0]?.['Id']));
    const first = await send('DELETE', `${ACCOUNTS}/${id}`);
    const second = await send('DELETE', `${ACCOUNTS}/${id}`);

    expect([first.status, first.body]).toEqual([200, '']);
    expect([second.status, codes(second.body)]).toEqual([404, ['SBL-EAI-04378']]);
    expect(accounts()).toHaveLength(9);
  });

  it('deletes the rows of the body and not the row of the address', async () => {
    const [first, second] = accounts();
    const path = `${ACCOUNTS}/${encodeURIComponent(String(first?.['Id']))}`;
    await send('DELETE', path, { Id: second?.['Id'] });

    expect(accounts().map((record) => record['Id'])).toContain(first?.['Id']);
    expect(accounts().map((record) => record['Id'])).not.toContain(second?.['Id']);
  });

  it('refuses to delete a collection', async () => {
    expect((await send('DELETE', ACCOUNTS)).status).toBe(405);
    expect(accounts()).toHaveLength(10);
  });

  it('writes a batch of a hundred and answers a bare array', async () => {
    const batch = Array.from({ length: 100 }, (_, index) => ({ Name: `Batch ${index}`, Location: 'Hull' }));
    const reply = await send('PUT', ACCOUNTS, batch);

    expect(reply.json()).toHaveLength(100);
    expect(accounts({ Location: 'Hull' }).length).toBeGreaterThanOrEqual(100);
    expect((await send('PUT', ACCOUNTS, [...batch, { Name: 'One more', Location: 'Hull' }])).status).toBe(400);
  });

  it('writes nothing of a batch with one bad record', async () => {
    const good = { Name: 'Good', Location: 'Hull' };
    const inserted = await send('POST', ACCOUNTS, [good, { ...good }]);
    expect([inserted.status, codes(inserted.body)]).toEqual([409, ['SBL-EAI-04383']]);
    expect(accounts()).toHaveLength(10);

    const deleted = await send('DELETE', ACCOUNTS, [{ Id: accounts()[0]?.['Id'] }, { Id: '1-NONE' }]);
    expect([deleted.status, codes(deleted.body)]).toEqual([400, ['SBL-EAI-04378']]);
    expect(accounts()).toHaveLength(10);
  });

  it('takes the word NULL as an Id for none, and leaves out links that a read gave', async () => {
    const reply = await send('PUT', ACCOUNTS, { Id: 'NULL', Link: [{ rel: 'self' }], ...HARBOUR });

    expect(reply.status).toBe(200);
    expect(accounts({ Name: HARBOUR.Name })).toHaveLength(1);
  });

  it('refuses another method, and a body beyond its limit', async () => {
    expect((await send('PATCH', ACCOUNTS, HARBOUR)).status).toBe(405);
    expect((await send('PUT', ACCOUNTS, { Name: 'x'.repeat(5_300_000) })).status).toBe(413);
  });
});
