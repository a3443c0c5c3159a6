import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Reply } from './https-client.ts';
import { type SiebelCaller, siebelCaller } from './siebel-caller.ts';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

let domain: Domain;
let fixture: SiebelFixture;
let caller: SiebelCaller;

beforeAll(async () => {
  domain = await startDomain();
  fixture = await startSiebelFixture(domain);
  caller = await siebelCaller(fixture);
});

afterAll(async () => {
  await fixture.close();
  await domain.identity.close();
});

const post = (path: string, body?: unknown): Promise<Reply> => caller.post(`/service/${path}`, body);

const accountMessage = (...accounts: readonly object[]) => ({
  MessageId: '',
  MessageType: 'Integration Object',
  IntObjectName: 'Account Interface',
  IntObjectFormat: 'Siebel Hierarchical',
  'ListOfAccount Interface': { Account: accounts.length === 1 ? accounts[0] : accounts },
});

describe('Siebel stand-in, business services', () => {
  describe('arguments', () => {
    it('are read inside the body and come back as text at the top', async () => {
      const reply = await post('Credit Check/Check', { body: { Account: 'Harbour Supplies', Amount: '9000' } });

      expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json;charset=utf-8']);
      expect(reply.json()).toEqual({
        Rating: 'A',
        Approved: 'Y',
        'Check Number': expect.stringMatching(/^1-/),
        'Error Code': '',
        'Error Message': '',
      });
    });

    it('outside the body are silently ignored', async () => {
      const reply = await post('Credit Check/Check', { Account: 'Harbour Supplies', Amount: '9000' });

      expect([reply.status, reply.json()['Error Code']]).toEqual([200, 'SBL-DAT-00498']);
    });

    it('may stand in the query string, where the body does not hold them', async () => {
      const path = 'Credit Check/Check?account=Harbour Supplies&Amount=50000';
      const fromQuery = await post(path);
      const mixed = await post(path, { body: { Amount: '200000' } });

      expect(fromQuery.json()).toMatchObject({ Rating: 'B', Approved: 'Y' });
      expect(mixed.json()).toMatchObject({ Rating: 'C', Approved: 'N' });
    });

    it('that the method does not know are ignored', async () => {
      const reply = await post('Membership/Lookup', { body: { Colour: 'blue', Deep: { er: [1] } } });

      expect(reply.json()).toMatchObject({ Status: 'ERROR' });
    });

    it('come back as they went in from the echo service', async () => {
      const input = { Text: 'a', Number: 1, Flag: true, Set: { Inner: 'b' }, Rows: [{ A: '1' }, { A: '2' }] };

      expect((await post('Workflow Utilities/Echo', { body: input })).json()).toEqual(input);
    });

    it('of JSON numbers and booleans are answered with text, and refused as text', async () => {
      const body = { Quantity: 3, 'Unit Price': 12.5, Rush: false };
      const priced = await post('Order Pricing/Price', { body });
      const refused = await post('Order Pricing/Price', { body: { ...body, Quantity: '3' } });

      expect(priced.json()).toEqual({ Total: '37.50', Rush: 'N', Priced: 'true' });
      expect([refused.status, refused.json().ERROR]).toEqual([500, expect.stringMatching(/\(SBL-EXL-00151\)$/)]);
    });

    it('may be property sets and several lists beside each other, and lists lose their wrappers', async () => {
      const submit = (key: string, phones: unknown) =>
        post('Contact Intake/Submit', {
          body: {
            Contact: { 'Person UId': key, 'First Name': 'Ada', 'Last Name': 'Marsh' },
            ...(phones !== undefined && { 'ListOfPhone Number': { 'Phone Number': phones } }),
            ListOfNote: { Note: [{ Text: 'one' }, { Text: 'two' }] },
          },
        });
      const home = { Number: '2025550100', Use: 'Home' };
      const work = { Number: '2025550101', Use: 'Work' };
      const [none, one, two] = [
        await submit('UI-1', undefined),
        await submit('UI-2', home),
        await submit('UI-3', [home, work]),
      ];

      expect(none.json()).toEqual({ 'Contact Id': expect.any(String), 'Note Count': '2' });
      expect(one.json()).toMatchObject({ 'Phone Number': home });
      expect(two.json()).toMatchObject({ 'Phone Number': [home, work] });
      expect(fixture.siebel.records('Contact', { Id: two.json()['Contact Id'] })[0]).toMatchObject({
        'Last Name': 'Marsh',
        'Work Phone #': '2025550101',
      });
    });

    it.each([
      ['no JSON', '{"body":'],
      ['an array', '[]'],
      ['a text', '"body"'],
    ])('are refused when the request holds %s', async (_, body) => {
      const reply = await post('Workflow Utilities/Echo', body);

      expect([reply.status, Object.keys(reply.json())]).toEqual([500, ['ERROR']]);
    });
  });

  describe('effects', () => {
    it('happen again with every call', async () => {
      const description = { Description: 'Credit check of Harbour Supplies' };
      const before = fixture.siebel.records('Action', description).length;
      const body = { Account: 'Harbour Supplies', Amount: '1' };
      const numbers = [
        (await post('Credit Check/Check', { body })).json()['Check Number'],
        (await post('Credit Check/Check', { body })).json()['Check Number'],
      ];

      expect(fixture.siebel.records('Action', description)).toHaveLength(before + 2);
      expect(new Set(numbers).size).toBe(2);
    });

    it('can be followed by an answer without a body', async () => {
      const reply = await post('Activity Log/Record', { body: { Description: 'seen once' } });

      expect([reply.status, reply.body]).toEqual([200, '']);
      expect(fixture.siebel.records('Action', { Description: 'seen once' })).toHaveLength(1);
    });

    it('are undone when the method fails', async () => {
      const one = { Name: 'Half Way', Location: 'North' };
      const before = fixture.siebel.records('Account').length;
      const reply = await post('Siebel Account/Insert', { body: { SiebelMessage: accountMessage(one, one) } });

      expect([reply.status, reply.json().ERROR]).toEqual([500, expect.stringMatching(/\(SBL-EAI-04383\)$/)]);
      expect(fixture.siebel.records('Account')).toHaveLength(before);
    });
  });

  describe('messages', () => {
    const query = (example: object, search = '') =>
      post(`Siebel Account/QueryByExample?ViewMode=All${search}`, { body: { SiebelMessage: accountMessage(example) } });

    it('are answered as items without wrappers: one record as an object, many as an array', async () => {
      const one = (await query({ Name: 'Harbour Supplies' })).json();
      const many = (await query({ Name: 'H*' }, '&PageSize=5')).json();

      expect(one.items).toMatchObject({ Name: 'Harbour Supplies' });
      expect(Object.keys(one)).toEqual(['items']);
      expect(many.items.length).toBeGreaterThan(1);
      expect(many.items.length).toBeLessThanOrEqual(5);
    });

    it('hold no child, one or many of them in three shapes', async () => {
      const account = (name: string, contacts: readonly string[]) => ({
        Name: name,
        Location: '',
        ListOfContact: {
          Contact: contacts.map((key) => ({ 'Person UId': key, 'First Name': 'A', 'Last Name': key })),
        },
      });
      const message = accountMessage(account('Zero', []), account('One', ['C-1']), account('Two', ['C-2', 'C-3']));
      const inserted = (await post('Siebel Account/Insert', { body: { SiebelMessage: message } })).json();
      const children = async (name: string) => (await query({ Name: name })).json().items.Contact;

      expect(inserted.items).toEqual([
        { Id: expect.any(String) },
        { Id: expect.any(String), Contact: { Id: expect.any(String) } },
        { Id: expect.any(String), Contact: [{ Id: expect.any(String) }, { Id: expect.any(String) }] },
      ]);
      expect(await children('Zero')).toBeUndefined();
      expect(await children('One')).toMatchObject({ 'Last Name': 'C-1', IsPrimaryMVG: 'Y' });
      expect((await children('Two')).map((row: Record<string, string>) => row['IsPrimaryMVG'])).toEqual(['Y', 'N']);
    });

    it('know the format of the request by the parameter of the release alone', async () => {
      const send = (parameter: string) => post(`Workflow Utilities/Echo?${parameter}=y`, { Note: 'x' });
      const seen = async (settings: object) => {
        fixture.siebel.changeSettings(settings);
        const replies = [await send('matchrequestformat'), await send('legacy'), await send('none')];
        fixture.siebel.changeSettings();
        return replies.map((reply) => reply.json().Note);
      };

      expect(await seen({ release: '20.6' })).toEqual([undefined, undefined, undefined]);
      expect(await seen({ release: '21.3' })).toEqual([undefined, 'x', undefined]);
      expect(await seen({ release: '21.6' })).toEqual(['x', undefined, undefined]);
      expect(await seen({})).toEqual(['x', undefined, undefined]);
    });

    it('keep their wrappers, and need no body, when the request says that formats match', async () => {
      const path = 'Siebel Account/QueryByExample?ViewMode=All&matchrequestformat=y';
      const reply = await post(path, { SiebelMessage: accountMessage({ Name: 'One' }) });
      const { SiebelMessage: message } = reply.json();

      expect(message).toMatchObject({
        MessageType: 'Integration Object',
        IntObjectName: 'Account Interface',
        IntObjectFormat: 'Siebel Hierarchical',
        MessageId: expect.stringMatching(/^1-/),
      });
      const [account] = message['ListOfAccount Interface'].Account;
      expect(account.ListOfContact.Contact).toEqual([expect.objectContaining({ 'Last Name': 'C-1' })]);
      expect((await post(path, { body: { SiebelMessage: accountMessage({ Name: 'One' }) } })).status).toBe(500);
    });

    it('insert or change by user key, any number of times', async () => {
      const upsert = (phone: string) =>
        post('Siebel Account/InsertOrUpdate', {
          body: { SiebelMessage: accountMessage({ Name: 'Repeatable', Location: 'East', 'Main Phone Number': phone }) },
        });
      const first = (await upsert('2025550100')).json().items.Id;
      const second = (await upsert('2025550199')).json().items.Id;

      expect(second).toBe(first);
      expect(fixture.siebel.records('Account', { Name: 'Repeatable' })).toEqual([
        expect.objectContaining({ 'Main Phone Number': '2025550199' }),
      ]);
    });

    it('take pages and the view mode among the arguments', async () => {
      const ask = (more: object) =>
        post('Siebel Account/QueryByExample', { body: { ...more, SiebelMessage: accountMessage({ Name: 'H*' }) } });

      const replies = [await ask({ ViewMode: 'All', PageSize: '2' }), await ask({})];

      expect(replies.map((reply) => reply.json().items?.length)).toEqual([2, undefined]);
    });

    it('may hold quotes of one kind', async () => {
      const replies = [await query({ Name: 'The "Old" Mill' }), await query({ Name: "Miller's" })];

      expect(replies.map((reply) => [reply.status, reply.json()])).toEqual([
        [200, {}],
        [200, {}],
      ]);
      expect((await query({ Name: `"Miller's"` })).status).toBe(500);
    });

    it('without records, with two kinds of them or with an unknown field are refused', async () => {
      const insert = (list: object) =>
        post('Siebel Account/Insert', {
          body: { SiebelMessage: { IntObjectName: 'Account Interface', 'ListOfAccount Interface': list } },
        });
      const replies = [
        await insert({ Account: [] }),
        await insert({ Account: { Name: 'Beside' }, Lead: { Name: 'x' } }),
      ];

      expect(replies.map(({ status }) => status)).toEqual([500, 500]);
      expect(fixture.siebel.records('Account', { Name: 'Beside' })).toEqual([]);
      expect((await query({ Nothing: 'x' })).json().ERROR).toContain('SBL-EAI-50258');
    });

    it('find nothing without a message in the answer, and delete by row id once', async () => {
      expect((await query({ Name: 'Nobody At All' })).json()).toEqual({});
      const id = (
        await post('Siebel Account/Insert', { body: { SiebelMessage: accountMessage({ Name: 'Short Lived' }) } })
      ).json().items.Id;
      const remove = () => post('Siebel Account/Delete', { body: { PrimaryRowId: id } });
      const [gone, again] = [await remove(), await remove()];

      expect([gone.status, gone.body]).toEqual([200, '']);
      expect([again.status, again.json().ERROR]).toEqual([500, expect.stringContaining('SBL-EAI-04378')]);
    });

    it('go through the generic adapter for every base integration object', async () => {
      const message = {
        IntObjectName: 'Base Service Request',
        'ListOfBase Service Request': { 'Service Request': { 'Integration Id': 'EAI-1', Abstract: 'first' } },
      };
      const upserted = (await post('EAI Siebel Adapter/Upsert', { body: { SiebelMessage: message } })).json();
      const asked = { PrimaryRowId: upserted.PrimaryRowId, OutputIntObjectName: 'Base Service Request' };
      const found = (await post('EAI Siebel Adapter/Query?ViewMode=All', { body: asked })).json();
      const unknown = await post('EAI Siebel Adapter/Query', {
        body: { ...asked, OutputIntObjectName: 'Base Nothing' },
      });

      expect(found).toMatchObject({ items: { Abstract: 'first', 'Integration Id': 'EAI-1' }, NumOutputObjects: '1' });
      expect([unknown.status, unknown.json().ERROR]).toEqual([500, expect.stringContaining('SBL-EAI-50238')]);
    });

    it('leave out empty members when that is asked for', async () => {
      const [full, short] = [
        (await query({ Name: 'One' })).json().items,
        (await query({ Name: 'One' }, '&excludeEmptyFieldsInResponse=true')).json().items,
      ];

      expect(full.Location).toBe('');
      expect(Object.keys(short)).not.toContain('Location');
      expect(Object.values(short.Contact)).not.toContain('');
    });
  });

  describe('failures', () => {
    it.each([
      [{ Account: 'Nobody', Amount: '1' }, '(SBL-BPR-00162)--(SBL-CMI-00122)'],
      [{ Account: 'Harbour Supplies' }, 'SBL-DAT-00498'],
      [{ Account: 'Harbour Supplies', Amount: '1000001' }, 'CRD_ERR_LIMIT'],
    ])('are told inside a success: %j', async (body, code) => {
      const reply = await post('Credit Check/Check', { body });

      expect([reply.status, reply.json()]).toEqual([200, { 'Error Code': code, 'Error Message': expect.any(String) }]);
      expect(reply.json()['Error Message']).not.toBe('');
    });

    it('are told by members of a customer, whose success is a zero', async () => {
      const [member] = fixture.siebel.records('Contact');
      const lookup = (number: unknown) => post('Membership/Lookup', { body: { 'Member Number': number } });

      expect((await lookup(member?.['Person UId'])).json()).toEqual({
        errorCode: '0',
        errorMessage: '',
        Status: 'SUCCESS',
        'Member Name': `${member?.['First Name']} ${member?.['Last Name']}`,
      });
      expect((await lookup('none')).json()).toMatchObject({ errorCode: '404', Status: 'ERROR' });
    });

    it('of a script are 500 with nested blocks, the cause last and its codes glued together', async () => {
      const reply = await post('Territory Assignment/Assign', { body: {} });

      expect([reply.status, reply.json()]).toEqual([
        500,
        {
          ERROR:
            "Method 'Assign' failed in 'Territory Assignment'.(SBL-BPR-00162)\n--\nThe postal code has no territory.(SBL-EXL-00151)(SBL-EAI-04376)",
        },
      ]);
    });

    it('of a duplicate are 500, where a batch of records has 409', async () => {
      const body = { Contact: { 'Person UId': 'TWICE', 'First Name': 'A', 'Last Name': 'B' } };
      const replies = [await post('Contact Intake/Submit', { body }), await post('Contact Intake/Submit', { body })];

      expect(replies.map(({ status }) => status)).toEqual([200, 500]);
      expect(replies[1]?.json().ERROR).toContain('SBL-EAI-04383');
    });

    it('of unknown services and methods are 500, of other verbs 405', async () => {
      const service = await post('No Such Service/Run', { body: {} });
      const method = await post('Credit Check/Guess', { body: {} });
      const inherited = await post('Credit Check/constructor', { body: {} });
      const get = await caller.get('/service/Credit Check/Check');
      const deeper = await post('Credit Check/Check/More', { body: {} });

      expect([service.status, service.json().ERROR]).toEqual([500, expect.stringContaining('SBL-DAT-00144')]);
      expect([method.status, inherited.status, get.status, deeper.status]).toEqual([500, 500, 405, 404]);
    });

    it('of a user without the responsibility are 403', async () => {
      const body = { Product: 'Rope', Price: '2.50' };
      const refused = await post('Price Administration/Set Price', { body });
      await fixture.control('PATCH', '/-/settings', {
        responsibilities: { [fixture.identity.callerClient.id]: ['Price Administrator'] },
      });
      const allowed = await post('Price Administration/Set Price', { body });
      await fixture.control('DELETE', '/-/settings');

      expect([refused.status, refused.json()]).toEqual([
        403,
        { ERROR: "Access to Resource 'Price Administration' of type BUS_SVC is denied(SBL-DAT-00825)" },
      ]);
      expect([allowed.status, allowed.json()]).toEqual([200, { Price: '2.50', 'Changed By': expect.any(String) }]);
    });

    it('of a guest are 403', async () => {
      const anonymous = await startSiebelFixture(domain, { anonymous: true, records: 0 });
      const reply = await anonymous.client.call(`${anonymous.siebel.baseUrl}/service/Workflow%20Utilities/Echo`, {
        method: 'POST',
        body: '{}',
      });
      await anonymous.close();

      expect(reply.status).toBe(403);
    });
  });
});
