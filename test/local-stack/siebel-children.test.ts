import { beforeEach, describe, expect, it } from 'vitest';
import { type DataResources, dataResources } from './siebel-data.ts';

const PERSON = { 'Person UId': 'P-NEW', 'First Name': 'Ada', 'Last Name': 'Lovelace' };

describe('Siebel stand-in, child components', () => {
  let siebel: DataResources;
  let accountId: string;

  beforeEach(() => {
    siebel = dataResources();
    accountId = String(siebel.records('Account')[0]?.['Id']);
  });

  const contacts = () => `Account/Account/${accountId}/Contact`;
  const idOf = (component: string, index: number) => String(siebel.records(component)[index]?.['Id']);
  const list = (path: string, members = {}) => siebel.get(path, { uniformresponse: 'y', ...members }).json.items ?? [];

  describe('read', () => {
    it('shows the rows of a multi-value group, the primary one flagged', () => {
      const rows = list(contacts()).map((row: Record<string, string>) => [row['Person UId'], row['IsPrimaryMVG']]);

      expect(rows.sort()).toEqual([
        ['P-000001', 'Y'],
        ['P-000002', 'N'],
      ]);
      expect(siebel.get(`${contacts()}/${idOf('Contact', 1)}`).json.IsPrimaryMVG).toBe('N');
      expect(list(contacts(), { fields: 'IsPrimaryMVG' })[0]).not.toHaveProperty('Last Name');
    });

    it('goes through a many-to-many from both sides', () => {
      const accounts = list(`Contact/Contact/${idOf('Contact', 1)}/Account`);

      expect(accounts.map((row: { Id: string }) => row.Id).sort()).toEqual(
        [idOf('Account', 0), idOf('Account', 5)].sort(),
      );
    });

    it('goes down to grandchildren, whose whole way must exist', () => {
      const action = siebel.records('Action')[0];
      const request = siebel.records('Service Request').find(({ Id }) => Id === action?.['Activity SR Id']);
      const way = `Account/Account/${request?.['Account Id']}/Service Request/${request?.['Id']}/Action`;

      expect(list(way).map((row: { Id: string }) => row.Id)).toEqual([action?.['Id']]);
      expect(siebel.get(`${way}/${action?.['Id']}`).json['Activity UID']).toBe('A-000001');
      const elsewhere = `Account/Account/${idOf('Account', 1)}/Service Request/${request?.['Id']}/Action`;
      expect([siebel.get(elsewhere).status, siebel.get(`${elsewhere}/${action?.['Id']}`).status]).toEqual([404, 404]);
    });

    it('tells the last page in a word, by PageSize at every level', () => {
      const first = siebel.get(contacts(), { PageSize: 1, sortspec: 'Person UId' }).json;
      const second = siebel.get(contacts(), { PageSize: 1, StartRowNum: 1, sortspec: 'Person UId' }).json;

      expect([first.lastpage, first.items['Person UId']]).toEqual(['false', 'P-000001']);
      expect([second.lastpage, second.items['Person UId']]).toEqual(['true', 'P-000002']);
    });

    it('tells it on a bare record, too', () => {
      const bare = dataResources({ oneRow: 'bare record' });
      const path = `Account/Account/${bare.records('Account')[0]?.['Id']}/Contact`;
      const first = bare.get(path, { PageSize: 1, sortspec: 'Person UId' }).json;
      const second = bare.get(path, { PageSize: 1, StartRowNum: 1, sortspec: 'Person UId' }).json;

      expect([first['Person UId'], first.lastpage]).toEqual(['P-000001', 'false']);
      expect([second['Person UId'], second.lastpage]).toEqual(['P-000002', 'true']);
    });

    it('counts none below a record that is not there', () => {
      const reply = siebel.get('Account/Account/1-NEVER/Contact', { recordcountneeded: 'true' });

      expect([reply.status, reply.headers['Total-Record-Count']]).toEqual([404, '0']);
    });

    it('refuses more of them than a plain query may select, below this parent alone', () => {
      const limited = dataResources({ records: 30, rowLimit: 1 });
      const [first, other] = [0, 5].map((at) => limited.records('Account')[at]?.['Id']);

      expect(limited.get(`Account/Account/${first}/Contact`, { PageSize: 1 }).codes).toContain('SBL-DAT-00500');
      expect(
        limited.get(`Account/Account/${first}/Contact`, { PageSize: 1, ExecutionMode: 'ForwardOnly' }).status,
      ).toBe(200);
      expect(limited.get(`Account/Account/${other}/Contact`, { PageSize: 1 }).status).toBe(200);
    });

    it('gives all children at once where page sizes are for roots only', () => {
      const old = dataResources({ childPageSize: false });
      const reply = old.get(`Account/Account/${old.records('Account')[0]?.['Id']}/Contact`, {
        PageSize: 1,
        StartRowNum: 1,
      });

      expect([reply.json.items.length, reply.json.lastpage]).toEqual([2, 'true']);
    });

    it('searches, sorts and counts the children of this parent only', () => {
      const reply = siebel.get(contacts(), { searchspec: '[Person UId] = "P-000003"', recordcountneeded: 'true' });

      expect([reply.status, reply.headers['Total-Record-Count']]).toEqual([404, '0']);
      expect(siebel.get(contacts(), { recordcountneeded: 'true' }).headers['Total-Record-Count']).toBe('2');
    });

    it('are no resources of their own where they live below a parent only, but for attachments', () => {
      expect(siebel.get('Order Entry (Sales)/Order Entry - Line Items').codes).toEqual(['SBL-EAI-50257']);
      expect(siebel.get('Account/Account Attachment').codes).toEqual(['SBL-EAI-50257']);
      expect(siebel.get('AttachmentDocIO/Account Attachment').status).toBe(200);
    });

    it.each(['Action', 'contact', 'Account', '__proto__'])('knows no child %s of an account', (name) => {
      expect(siebel.get(`Account/Account/${accountId}/${name}`).codes).toEqual(['SBL-EAI-50257']);
    });
  });

  describe('one to many', () => {
    const path = () => `Account/Account/${accountId}/Service Request`;

    it('inserts without Id each time, below its parent, and answers the parent with the child in it', () => {
      const before = siebel.records('Service Request').length;
      const first = siebel.send('PUT', path(), { Abstract: 'Late' });
      const second = siebel.send('PUT', path(), { Abstract: 'Late' });
      const made = siebel.records('Service Request').at(-1);

      expect(first.json).toEqual({
        items: {
          Id: accountId,
          Link: { rel: 'self', href: expect.stringContaining(`/Account/Account/${accountId}`), name: 'Account' },
          'Service Request': {
            Id: expect.any(String),
            Link: {
              rel: 'self',
              href: expect.stringMatching(/Account\/Account\/.*\/Service Request\/1-/),
              name: 'Service Request',
            },
          },
        },
      });
      expect(second.json.items['Service Request'].Id).not.toBe(first.json.items['Service Request'].Id);
      expect(siebel.records('Service Request')).toHaveLength(before + 2);
      expect(made).toMatchObject({ 'Account Id': accountId, Account: siebel.records('Account')[0]?.['Name'] });
    });

    it('updates by Id in the address or the body, and by user key', () => {
      const sent = { Abstract: 'Late', 'SR Number': 'SR-1' };
      const id = siebel.send('PUT', path(), sent).json.items['Service Request'].Id;
      const ids = [
        siebel.send('PUT', `${path()}/${id}`, { Status: 'Pending' }),
        siebel.send('PUT', path(), { Id: id, Priority: '4-Low' }),
        siebel.send('PUT', path(), { 'SR Number': 'SR-1', Description: 'd' }),
      ].map((reply) => reply.json.items['Service Request'].Id);

      expect(ids).toEqual([id, id, id]);
      expect(siebel.records('Service Request').at(-1)).toMatchObject({
        Status: 'Pending',
        Priority: '4-Low',
        Description: 'd',
      });
    });

    it('does not take the child of another parent for its own', () => {
      siebel.send('PUT', path(), { Abstract: 'Late', 'SR Number': 'SR-1' });
      const other = `Account/Account/${idOf('Account', 1)}/Service Request`;

      expect(siebel.send('PUT', other, { 'SR Number': 'SR-1', Abstract: 'x' }).codes).toEqual(['SBL-EAI-04383']);
      const theirs = siebel.records('Service Request').at(-1);
      const inserted = siebel.send('PUT', `${other}/${theirs?.['Id']}`, { Abstract: 'x' }).json.items[
        'Service Request'
      ];
      expect(inserted.Id).not.toBe(theirs?.['Id']);
      expect(siebel.records('Service Request').find(({ Id }) => Id === theirs?.['Id'])).toEqual(theirs);
    });

    it('refuses a child below no parent', () => {
      const reply = siebel.send('PUT', 'Account/Account/1-NONE/Service Request', { Abstract: 'Late' });

      expect([reply.status, reply.codes]).toEqual([500, ['SBL-EAI-04378']]);
    });

    it('inserts on an unknown Id, or refuses it where that is set', () => {
      expect(siebel.send('PUT', `${path()}/1-NONE`, { Abstract: 'x' }).status).toBe(200);
      const strict = dataResources({ unknownIdOnPut: 'error' });
      const strictPath = `Account/Account/${strict.records('Account')[0]?.['Id']}/Service Request/1-NONE`;
      expect(strict.send('PUT', strictPath, { Abstract: 'x' }).codes).toEqual(['SBL-EAI-04378']);
    });

    it('writes grandchildren, and lets them go when their parent does', () => {
      const id = siebel.send('PUT', path(), { Abstract: 'Late' }).json.items['Service Request'].Id;
      const reply = siebel.send('PUT', `${path()}/${id}/Action`, { Type: 'Call' }).json.items;
      const removed = siebel.send('DELETE', `${path()}/${id}`);
      const action = siebel.records('Action').find((row) => row['Id'] === reply.Action.Id);

      expect(reply.Id).toBe(id);
      expect([removed.status, removed.body]).toEqual([200, '']);
      expect(action).toMatchObject({ Type: 'Call', 'Activity SR Id': '' });
    });

    it('deletes a child once, and not through another parent', () => {
      const id = siebel.send('PUT', path(), { Abstract: 'Late' }).json.items['Service Request'].Id;

      expect(siebel.send('DELETE', `Account/Account/${idOf('Account', 1)}/Service Request/${id}`).status).toBe(404);
      expect(siebel.send('DELETE', `${path()}/${id}`).status).toBe(200);
      expect(siebel.send('DELETE', `${path()}/${id}`).codes).toEqual(['SBL-EAI-04378']);
    });
  });

  describe('many to many', () => {
    it('ties a record that exists by the user key of the other side, and stays so when it comes again', () => {
      const target = idOf('Contact', 4);
      const replies = [1, 2].map(() => siebel.send('PUT', contacts(), { 'Person UId': 'P-000005' }));

      expect(replies.map((reply) => reply.json.items.Contact.Id)).toEqual([target, target]);
      expect(list(contacts())).toHaveLength(3);
      expect(siebel.records('Contact')).toHaveLength(6);
    });

    it('ties from the other side as well, by a user key of two fields', () => {
      const other = siebel.records('Account')[1];
      const path = `Contact/Contact/${idOf('Contact', 0)}/Account`;
      const { items } = siebel.send('PUT', path, { Name: other?.['Name'], Location: other?.['Location'] }).json;

      expect(items.Account.Id).toBe(other?.['Id']);
      expect(list(`Account/Account/${other?.['Id']}/Contact`)).toMatchObject([
        { 'Person UId': 'P-000001', IsPrimaryMVG: 'Y' },
      ]);
      expect(siebel.records('Contact')[0]?.['Account Id']).toBe(accountId);
    });

    it('makes the record that it shall tie when there is none, and shows it from both sides', () => {
      const { Id } = siebel.send('PUT', contacts(), PERSON).json.items.Contact;
      const made = siebel.records('Contact').at(-1);

      expect(made).toMatchObject({ Id, 'Account Id': accountId, Account: siebel.records('Account')[0]?.['Name'] });
      expect(list(`Contact/Contact/${Id}/Account`).map((row: { Id: string }) => row.Id)).toEqual([accountId]);
    });

    it('ties by an Id in the address, and makes it the primary one when asked', () => {
      const id = idOf('Contact', 4);
      siebel.send('PUT', `${contacts()}/${id}`, { IsPrimaryMVG: 'Y' });
      const primaries = list(contacts()).filter((row: Record<string, string>) => row['IsPrimaryMVG'] === 'Y');

      expect(primaries.map((row: { Id: string }) => row.Id)).toEqual([id]);
      expect(siebel.records('Account')[0]?.['Primary Contact Id']).toBe(id);
    });

    it('unties with DELETE and keeps the record', () => {
      const id = idOf('Contact', 0);

      expect(siebel.send('DELETE', `${contacts()}/${id}`).status).toBe(200);
      expect(siebel.send('DELETE', `${contacts()}/${id}`).status).toBe(404);
      expect(siebel.records('Contact').find((row) => row['Id'] === id)).toMatchObject({
        'Account Id': '',
        Account: '',
      });
      expect(siebel.records('Account')[0]?.['Primary Contact Id']).toBe('');
    });

    it('only unties the contacts of an account that is deleted, and takes its attachments along', () => {
      const files = siebel.records('Account Attachment').filter((row) => row['Account Id'] === accountId).length;
      const before = siebel.records('Account Attachment').length;
      siebel.send('DELETE', `Account/Account/${accountId}`);

      expect(files).toBeGreaterThan(0);
      expect(siebel.records('Account Attachment')).toHaveLength(before - files);
      expect(siebel.records('Contact')).toHaveLength(6);
      expect(siebel.get(`Contact/Contact/${idOf('Contact', 0)}/Account`).status).toBe(404);
      expect(siebel.records('Service Request').some((row) => row['Account Id'] === accountId)).toBe(false);
    });
  });

  describe('several at once', () => {
    const several = (...people: string[]) => people.map((uid) => ({ ...PERSON, 'Person UId': uid }));

    it('takes an object whose member is an array, and answers a bare array in which links are arrays', () => {
      const reply = siebel.send('PUT', contacts(), { Contact: several('P-A', 'P-B') });

      expect(reply.json).toHaveLength(2);
      expect(reply.json[0]).toEqual({ Id: expect.any(String), Link: [expect.objectContaining({ rel: 'self' })] });
      expect(list(contacts())).toHaveLength(4);
    });

    it('takes one in such a member, and an array by itself', () => {
      expect(siebel.send('PUT', contacts(), { Contact: several('P-A')[0] }).json.items.Contact.Id).toBeDefined();
      expect(siebel.send('POST', contacts(), several('P-C', 'P-D')).json).toHaveLength(2);
      expect(list(contacts())).toHaveLength(5);
    });

    it('writes none of them when one is refused', () => {
      const reply = siebel.send('PUT', contacts(), { Contact: [...several('P-A'), { 'Person UId': 'P-B' }] });

      expect([reply.status, reply.codes]).toEqual([400, ['SBL-EAI-04389', 'SBL-DAT-00498']]);
      expect([list(contacts()).length, siebel.records('Contact').length]).toEqual([2, 6]);
    });

    it('deletes several by Id or user key', () => {
      const rows = [{ Id: idOf('Contact', 0) }, { 'Person UId': 'P-000002' }];

      expect(siebel.send('DELETE', contacts(), rows).status).toBe(200);
      expect(siebel.get(contacts()).status).toBe(404);
      expect(siebel.send('DELETE', contacts(), rows).status).toBe(400);
    });
  });

  it('answers the parent alone, as created, as IP2016 did', () => {
    const old = dataResources({ childWriteAnswer: 'parent only' });
    const id = old.records('Account')[0]?.['Id'];
    const one = old.send('PUT', `Account/Account/${id}/Contact`, PERSON);
    const two = old.send('PUT', `Account/Account/${id}/Contact`, { Contact: [{ ...PERSON, 'Person UId': 'P-2' }] });

    for (const reply of [one, two])
      expect([reply.status, reply.json]).toEqual([201, { items: { Id: id, Link: expect.any(Object) } }]);
  });

  it('answers the parent alone with 200, as IP2016 did too', () => {
    const old = dataResources({ childWriteAnswer: 'parent only, 200' });
    const id = old.records('Account')[0]?.['Id'];
    const reply = old.send('PUT', `Account/Account/${id}/Contact`, PERSON);

    expect([reply.status, reply.json]).toEqual([200, { items: { Id: id, Link: expect.any(Object) } }]);
  });

  it.each([
    ['NULL', 200],
    ['', 200],
    ['1-NONE', 500],
  ])('takes "Id": "%s" for none unless it may be one: %i where unknown ones are refused', (Id, status) => {
    const strict = dataResources({ unknownIdOnPut: 'error' });
    const path = `Account/Account/${strict.records('Account')[0]?.['Id']}/Contact`;

    expect(strict.send('PUT', path, { ...PERSON, Id }).status).toBe(status);
  });
});
