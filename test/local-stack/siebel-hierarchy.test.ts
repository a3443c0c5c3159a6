import { beforeEach, describe, expect, it } from 'vitest';
import { type DataResources, dataResources } from './siebel-data.ts';

describe('Siebel stand-in, hierarchies', () => {
  let siebel: DataResources;

  beforeEach(() => {
    siebel = dataResources();
  });

  const ask = (spec: unknown, members = {}, path = 'Account/Account') =>
    siebel.get(path, { QueryHierarchy: typeof spec === 'string' ? spec : JSON.stringify(spec), ...members });

  describe('read by QueryHierarchy', () => {
    it('gives children as an object or an array, with Id unasked and without any link', () => {
      const spec = { Contact: { fields: 'Last Name', sortspec: 'Person UId : asc' } };
      const { items } = ask(spec, { fields: 'Name', sortspec: 'Id', PageSize: 6 }).json;

      expect(Object.keys(ask(spec, { fields: 'Name' }).json)).toEqual(['items']);
      expect(items[0].Contact.map((row: object) => Object.keys(row))).toEqual([
        ['Id', 'Last Name'],
        ['Id', 'Last Name'],
      ]);
      expect(items[5].Contact).toEqual({ Id: siebel.records('Contact')[1]?.['Id'], 'Last Name': expect.any(String) });
      expect(Object.keys(items[1])).toEqual(['Id', 'Name']);
    });

    it('goes down to grandchildren, with a search at each level', () => {
      const spec = {
        'Service Request': { fields: 'SR Number', searchspec: '([Id] IS NOT NULL)', Action: { fields: 'Type' } },
      };
      const trees = ask(spec, { PageSize: 100 }).json.items as { 'Service Request'?: Record<string, unknown> }[];
      const withActions = trees.flatMap((tree) => [tree['Service Request']].flat()).filter((row) => row?.['Action']);

      expect(withActions.length).toBeGreaterThan(0);
      const none = ask({ 'Service Request': { searchspec: '[Id] IS NULL' } }, { PageSize: 100 }).json.items;
      expect(none.some((tree: object) => 'Service Request' in tree)).toBe(false);
    });

    it('takes the component of the address around its children, with its own search', () => {
      const number = siebel.records('Service Request')[2]?.['SR Number'];
      const spec = {
        'Service Request': { fields: 'SR Number', searchspec: `[SR Number] = '${number}'`, Action: { fields: 'Type' } },
      };
      const { items } = ask(spec, {}, 'Service Request/Service Request').json;

      expect(Object.keys(items)).toEqual(['Id', 'SR Number', 'Action']);
      expect([items['SR Number'], items.Action.length]).toEqual([number, 2]);
    });

    it('refuses more children of a record than a plain query may select', () => {
      const limited = dataResources({ records: 10, rowLimit: 1 });
      const ask = (members: Record<string, string>) => {
        const QueryHierarchy = JSON.stringify({ Contact: { fields: 'Last Name', PageSize: 1 } });
        const id = limited.records('Account')[0]?.['Id'];
        return limited.get('Account/Account', { searchspec: `[Id] = "${id}"`, QueryHierarchy, ...members });
      };

      expect(ask({}).codes).toContain('SBL-DAT-00500');
      expect(ask({ ExecutionMode: 'ForwardOnly' }).status).toBe(200);
    });

    it('limits the children of each record when it is asked to', () => {
      const [first] = ask({ Contact: { PageSize: 1 } }, { sortspec: 'Id', PageSize: 2 }).json.items;

      expect(first.Contact['Person UId']).toBeDefined();
    });

    it('adds the other children with getChildren=all, for one record as well', () => {
      const id = siebel.records('Account')[0]?.['Id'];
      const record = siebel.get(`Account/Account/${id}`, { getChildren: 'all' }).json;

      expect(record).toMatchObject({
        Contact: [{}, {}],
        'Account Attachment': { AccntFileExt: 'txt' },
        Link: [{}, {}, {}, {}, {}],
      });
      expect(record['Account Attachment'].Link[0].href).toContain(`/Account/Account/${id}/Account Attachment/`);
    });

    it.each([
      ['{"Contact":', []],
      ['[]', []],
      [{ Contact: 'Last Name' }, []],
      [{ Contact: { fields: ['Last Name'] } }, []],
      [{ Contact: { PageSize: 'all' } }, []],
      [{ Nope: {} }, ['SBL-DAT-00416']],
      [{ Contact: { Account: { Nope: {} } } }, ['SBL-DAT-00416']],
      [{ Contact: { fields: 'Nope' } }, ['SBL-EAI-50258']],
      [{ Contact: { searchspec: '[Nope] = "x"' } }, ['SBL-DAT-00416']],
    ])('refuses %j', (spec, codes) => {
      const reply = ask(spec);

      expect([reply.status, reply.codes]).toEqual([500, codes]);
    });
  });

  describe('written in one POST or PUT', () => {
    const tree = {
      Name: 'Tree',
      Location: '',
      Contact: [{ 'Person UId': 'P-NEW', 'First Name': 'A', 'Last Name': 'B' }, { 'Person UId': 'P-000001' }],
      'Service Request': { Abstract: 'Late', Action: [{ Type: 'Call' }, { Type: 'To Do' }] },
    };

    it('inserts the record, its children and theirs, and answers only their row ids and links', () => {
      const { items } = siebel.send('POST', 'Account/Account', tree).json;
      const known = siebel.records('Contact')[0]?.['Id'];

      expect(items.Contact.map((row: object) => Object.keys(row))).toEqual([
        ['Id', 'Link'],
        ['Id', 'Link'],
      ]);
      expect(items.Contact[1].Id).toBe(known);
      expect(items['Service Request'].Action).toHaveLength(2);
      expect(siebel.records('Action').slice(-2)).toMatchObject([
        { 'Activity SR Id': items['Service Request'].Id, Type: 'Call' },
        { 'Activity SR Id': items['Service Request'].Id, Type: 'To Do' },
      ]);
      expect(siebel.get(`Account/Account/${items.Id}/Contact`).json.items).toHaveLength(2);
    });

    it('changes a known record and writes the children below it with PUT', () => {
      const { Id } = siebel.send('POST', 'Account/Account', { Name: 'Tree', Location: '' }).json.items;
      const { items } = siebel.send('PUT', 'Account/Account', { ...tree, Staff: '3' }).json;

      expect(items.Id).toBe(Id);
      expect(siebel.records('Account').at(-1)).toMatchObject({ Staff: '3', 'Primary Contact Id': items.Contact[0].Id });
    });

    it('goes ten levels down and no further', () => {
      const opening = (level: number) =>
        level % 2 === 0
          ? `"Account":{"Name":"Deep ${level}","Location":"",`
          : `"Contact":{"Person UId":"P-${level}","First Name":"A","Last Name":"B",`;
      const nested = (levels: number) =>
        `${Array.from({ length: levels }, (_, at) => opening(at + 1)).join('')}"Link":[]${'}'.repeat(levels)}`;
      const status = (levels: number) =>
        siebel.send('PUT', 'Account/Account', `{"Name":"Deep","Location":"",${nested(levels)}}`).status;

      expect([status(9), status(11), status(9_999)]).toEqual([200, 500, 500]);
      expect(siebel.records('Account').filter(({ Name }) => Name?.startsWith('Deep'))).toHaveLength(5);
    });

    it('writes nothing at all when one grandchild is refused', () => {
      const counts = () =>
        ['Account', 'Contact', 'Service Request', 'Action'].map((name) => siebel.records(name).length);
      const before = counts();
      const bad = { ...tree, 'Service Request': { Abstract: 'Late', Action: { Type: 'Dance' } } };
      const reply = siebel.send('POST', 'Account/Account', bad);

      expect([reply.status, reply.codes]).toEqual([500, ['SBL-EAI-04401', 'SBL-DAT-00225']]);
      expect(counts()).toEqual(before);
    });
  });
});
