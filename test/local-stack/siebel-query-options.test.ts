import { describe, expect, it } from 'vitest';
import { dataResources } from './siebel-data.ts';

describe('Siebel stand-in, query options', () => {
  const siebel = dataResources({ records: 60 });
  const names = (members: Record<string, string | number>, of = siebel) =>
    of
      .get('Account/Account', { uniformresponse: 'y', ...members })
      .json.items.map((item: { Name: string }) => item.Name);

  it('gives an administrator’s smaller number without asking, and nothing above it', () => {
    const small = dataResources({ records: 60, pageSizeLimit: 7 });

    expect(names({}, small)).toHaveLength(7);
    expect(small.get('Account/Account', { PageSize: 8 }).status).toBe(500);
    expect(names({ PageSize: 8 }, dataResources({ records: 60, pageSizeLimit: 7, overPageSize: 'cap' }))).toHaveLength(
      7,
    );
  });

  it('sorts numbers as numbers, and what is not set behind them', () => {
    const { items } = siebel.get('Account/Account', { sortspec: 'Employees:desc', PageSize: 100 }).json;
    const staff = items.map((item: { Staff: string }) => Number(item.Staff));
    const revenues = siebel.get('Account/Account', { sortspec: 'Annual Revenue', PageSize: 100 }).json.items;

    expect(staff).toEqual([...staff].sort((a, b) => b - a));
    expect([staff[0], staff.at(-1)]).toEqual([2_183, 0]);
    expect(revenues.slice(-9).map((item: { Revenue: string }) => item.Revenue)).toEqual(Array(9).fill(''));
  });

  it.each([
    { ExecutionMode: 'Forward' },
    { ExecutionMode: 'forwardonly' },
    { sortspec: 'Name:up' },
    { StartRowNum: '-1' },
    { ViewMode: 'Everyone' },
  ])('refuses %o', (members) => {
    expect(siebel.get('Account/Account', members).status).toBe(500);
  });

  it('refuses a plain query that selects a row too many, whatever page and count of it are asked for', () => {
    const limited = dataResources({ records: 60, rowLimit: 50 });
    const ask = (members: Record<string, string | number>) => limited.get('Account/Account', members);
    const fifty = `[Id] <= "${limited.records('Account')[49]?.['Id']}"`;
    const more = `[Id] <= "${limited.records('Account')[50]?.['Id']}"`;

    expect(ask({ PageSize: 1 }).codes).toEqual(['SBL-EAI-04451', 'SBL-DAT-00500']);
    expect(ask({ PageSize: 1, recordcountneeded: 'true' }).status).toBe(500);
    expect(ask({ PageSize: 1, ExecutionMode: 'BiDirectional' }).status).toBe(500);
    expect([ask({ searchspec: fifty }).status, ask({ searchspec: more }).status]).toEqual([200, 500]);
    const forward = ask({ PageSize: 20, StartRowNum: 50, ExecutionMode: 'ForwardOnly', recordcountneeded: 'true' });
    expect([forward.status, forward.json.items.length, forward.headers['Total-Record-Count']]).toEqual([200, 10, '60']);
  });

  it('counts the rows that a view mode shows, and no hidden ones', () => {
    const positions = { 'siebel-caller': 'Sales Representative 1' };
    const limited = dataResources({ records: 40, rowLimit: 20, positions });

    expect(limited.get('Account/Account', { ViewMode: 'Sales Rep' }).status).toBe(200);
    expect(limited.get('Account/Account', { ViewMode: 'All' }).status).toBe(500);
  });

  it('reads one record by its row id, however many others there are', () => {
    const limited = dataResources({ records: 60, rowLimit: 50 });

    expect(limited.get(`Account/Account/${limited.records('Account')[0]?.['Id']}`).status).toBe(200);
  });

  it('fails at the row that is one too many where only rows up to the page count', () => {
    const limited = dataResources({ records: 60, rowLimit: 50, rowCeiling: 'reached' });
    const status = (members: Record<string, string | number>) => limited.get('Account/Account', members).status;

    expect(status({ PageSize: 10, StartRowNum: 40 })).toBe(200);
    expect(status({ PageSize: 11, StartRowNum: 40 })).toBe(500);
    expect(status({ PageSize: 11, StartRowNum: 40, ExecutionMode: 'ForwardOnly' })).toBe(200);
  });

  it('leaves what is not set out of every other record where these may be unequal', () => {
    const unequal = dataResources({ records: 4, unequalMembers: true });
    const plain = siebel.get('Account/Account', { PageSize: 4, ChildLinks: 'None' }).json.items;
    const list = unequal.get('Account/Account', { PageSize: 4, ChildLinks: 'None', sortspec: 'Id' }).json.items;
    const emptyIn = (record: object) => Object.values(record).filter((value) => value === '').length;

    expect(new Set(plain.map((record: object) => Object.keys(record).length)).size).toBe(1);
    expect(list.map((record: object) => emptyIn(record) > 0)).toEqual([true, false, true, false]);
    expect(emptyIn(unequal.get(`Account/Account/${list[1].Id}`).json)).toBeGreaterThan(0);
  });

  it('has no mark behind the address of a list that was asked for nothing', () => {
    const manager = dataResources({ records: 5, positions: { 'siebel-caller': 'Sales Manager' } });
    const [link] = manager.send('GET', 'Account/Account', undefined).json.Link;

    expect(link.href).toBe('https://siebel.example.com/siebel/v1.0/data/Account/Account');
  });

  it('ignores uniformresponse before 18.12', () => {
    const old = dataResources({ records: 1, uniformResponse: false });

    expect(old.get('Account/Account', { uniformresponse: 'y' }).json.items).not.toBeInstanceOf(Array);
    expect(
      old.send('PUT', 'Account/Account', { Name: 'x', Location: '' }, { uniformresponse: 'y' }).json.items,
    ).toMatchObject({
      Id: expect.any(String),
    });
  });

  it('knows the main workspace and those of developers', () => {
    const of = (workspace: string) => siebel.get('Account/Account', { workspace });

    expect([of('MAIN').status, of('dev_caller_1').status]).toEqual([200, 200]);
    expect([of('nobody').status, of('nobody').codes]).toEqual([500, ['SBL-EAI-50238']]);
  });

  it('reads names with blanks, parentheses and number signs', () => {
    const path = 'Order Entry (Sales)/Order Entry - Orders';
    const { items } = siebel.get(path, {
      searchspec: '[Revision #] > 1 AND [Order Number] LIKE "7-*"',
      sortspec: 'Revision #:desc',
    }).json;

    expect(items.map((item: Record<string, string>) => item['Revision #'])).toEqual(['3', '3', '2', '2']);
    expect(siebel.get(`${path}/${items[0].Id}/Order Entry - Line Items`, { fields: 'Line #' }).json.items).toHaveLength(
      3,
    );
  });

  it('leaves empty members of children out too when asked', () => {
    const id = siebel.records('Account')[0]?.['Id'];
    const { items } = siebel.get(`Account/Account/${id}/Contact`, { excludeEmptyFieldsInResponse: 'true' }).json;

    for (const item of items) expect(Object.values(item)).not.toContain('');
  });
});

describe('Siebel stand-in, links', () => {
  const siebel = dataResources({ records: 10, responseBaseUrl: 'https://other.example.org/eai' });

  it('repeat the query of a list in another order behind ?&, with yes turned into y', () => {
    const members = { PageSize: 5, searchspec: '[Name] IS NOT NULL', uniformresponse: 'yes' };

    expect(siebel.get('Account/Account', members).json.Link).toEqual([
      {
        rel: 'self',
        href: 'https://other.example.org/eai/data/Account/Account?&uniformresponse=y&ViewMode=All&searchspec=[Name] IS NOT NULL&PageSize=5',
        name: 'Account',
      },
    ]);
  });

  it('name the way to a child, its own place, and its parent, at another host and with raw blanks', () => {
    const request = siebel.records('Service Request')[0];
    const base = 'https://other.example.org/eai/data';
    const account = `${base}/Account/Account/${request?.['Account Id']}`;
    const path = `Account/Account/${request?.['Account Id']}/Service Request/${request?.['Id']}`;

    expect(siebel.get(path).json.Link).toEqual([
      { rel: 'self', href: `${account}/Service Request/${request?.['Id']}`, name: 'Service Request' },
      { rel: 'canonical', href: `${base}/Service Request/Service Request/${request?.['Id']}`, name: 'Service Request' },
      { rel: 'parent', href: account, name: 'Account' },
      { rel: 'child', href: `${account}/Service Request/${request?.['Id']}/Action`, name: 'Action' },
    ]);
  });
});
