import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Domain, type SiebelFixture, startDomain, startSiebelFixture } from './siebel-fixture.ts';

const NO_DATA = { ERROR: 'There is no data for the requested resource' };
const ACCOUNTS = 'Account/Account';

let domain: Domain;

beforeAll(async () => {
  domain = await startDomain();
});

afterAll(() => domain.identity.close());

describe('Siebel stand-in, reading', () => {
  let fixture: SiebelFixture;

  beforeAll(async () => {
    fixture = await startSiebelFixture(domain);
  });

  afterAll(() => fixture.close());

  const get: SiebelFixture['get'] = (path, members) => fixture.get(path, members);

  describe('one record', () => {
    it('is bare, with every value a string, dates in US form and a list of links', async () => {
      const [known] = fixture.siebel.records('Account');
      const record = (await get(`${ACCOUNTS}/${encodeURIComponent(String(known?.['Id']))}`)).json();
      const { Link: links, ...values } = record;

      expect(values).toEqual(known);
      expect(Object.values(values).every((value) => typeof value === 'string')).toBe(true);
      expect(values.Updated).toMatch(/^\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d$/);
      expect(links.map((link: { rel: string; name: string }) => `${link.rel} ${link.name}`)).toEqual([
        'self Account',
        'canonical Account',
        'child Contact',
        'child Service Request',
        'child Account Attachment',
      ]);
      expect(links[3].href).toBe(
        `https://siebel.example.com/siebel/v1.0/data/Account/Account/${values.Id}/Service Request`,
      );
    });

    it('is found by a row id that holds a plus, bare or encoded', async () => {
      const id = String(fixture.siebel.records('Account').find((record) => record['Id']?.includes('+'))?.['Id']);

      expect((await get(`${ACCOUNTS}/${id}`)).json().Id).toBe(id);
      expect((await get(`${ACCOUNTS}/${encodeURIComponent(id)}`)).json().Id).toBe(id);
    });

    it('is no data when it does not exist, and just so when the view mode hides it', async () => {
      const id = String(fixture.siebel.records('Account')[0]?.['Id']);
      const replies = [
        await get(`${ACCOUNTS}/1-NONE`),
        await fixture.send('GET', `/data/${ACCOUNTS}/${id}`),
        await get(`${ACCOUNTS}/${id}`, { ViewMode: 'Personal' }),
      ];

      for (const reply of replies) expect([reply.status, reply.json()]).toEqual([404, NO_DATA]);
    });
  });

  describe('collection', () => {
    it('gives ten rows when no page size is asked for, and at most a hundred', async () => {
      expect((await get(ACCOUNTS)).json().items).toHaveLength(10);
      expect((await get(ACCOUNTS, { PageSize: 100 })).json().items).toHaveLength(100);
      for (const PageSize of [101, 0, 'ten', '-1', '1e2']) {
        const reply = await get(ACCOUNTS, { PageSize });
        expect([PageSize, reply.status, reply.json().ERROR]).toEqual([
          PageSize,
          500,
          expect.stringContaining('PageSize'),
        ]);
      }
    });

    it('pages through every row once and ends with no data', async () => {
      const ids: string[] = [];
      let status = 200;
      for (let start = 0; status === 200; start += 100) {
        const reply = await get(ACCOUNTS, { PageSize: 100, StartRowNum: start, sortspec: 'Updated,Id', fields: 'Id' });
        status = reply.status;
        if (status === 200) ids.push(...reply.json().items.map((item: { Id: string }) => item.Id));
        else expect([status, reply.json()]).toEqual([404, NO_DATA]);
      }

      expect(ids).toHaveLength(300);
      expect(new Set(ids).size).toBe(300);
    });

    it('takes parameter names in any case, values only as they are, and ignores what it does not know', async () => {
      const reply = await fixture.send(
        'GET',
        `/data/${ACCOUNTS}/?viewmode=All&PAGESIZE=3&page=2&recordCountNeeded=True`,
      );

      expect(reply.json().items).toHaveLength(3);
      expect(reply.headers['total-record-count']).toBeUndefined();
    });

    it('counts the rows when asked in lower case', async () => {
      const reply = await get(ACCOUNTS, { recordcountneeded: 'true', searchspec: '[Type] = "Partner"', PageSize: 1 });
      const partners = fixture.siebel.records('Account', { Type: 'Partner' });

      expect(Number(reply.headers['total-record-count'])).toBe(partners.length);
    });

    it('shows one row as an object, and as an array when uniformresponse is set', async () => {
      const one = { searchspec: '[Name] = "Harbour Supplies"', fields: 'Name', ChildLinks: 'None' };

      expect((await get(ACCOUNTS, one)).json().items.Name).toBe('Harbour Supplies');
      for (const uniformresponse of ['y', 'Y', 'yes']) {
        expect((await get(ACCOUNTS, { ...one, uniformresponse })).json().items).toHaveLength(1);
      }
    });

    it.each(['Sales Rep', 'Personal', 'Manager', 'Group', 'Catalog'])('hides every row under %s', async (ViewMode) => {
      expect((await get(ACCOUNTS, { ViewMode })).status).toBe(404);
    });

    it('hides every row when no view mode is sent', async () => {
      const reply = await fixture.send('GET', `/data/${ACCOUNTS}?uniformresponse=y`);

      expect([reply.status, reply.json()]).toEqual([404, NO_DATA]);
    });

    it.each(['All', 'Organization', 'Sub-Organization', '"All"'])('shows them under %s', async (ViewMode) => {
      expect((await get(ACCOUNTS, { ViewMode })).status).toBe(200);
    });

    it('refuses a view mode that does not exist', async () => {
      expect((await get(ACCOUNTS, { ViewMode: 'all' })).status).toBe(500);
    });

    it('reads a bare plus as a blank, so that a search for a row id with a plus silently misses', async () => {
      const id = String(fixture.siebel.records('Account').find((record) => record['Id']?.includes('+'))?.['Id']);
      const search = (spec: string) =>
        fixture.send('GET', `/data/${ACCOUNTS}?ViewMode=All&searchspec=[Id]%3D%22${spec}%22`);

      expect((await search(id)).status).toBe(404);
      expect((await search(encodeURIComponent(id))).json().items.Id).toBe(id);
    });

    it('sorts by several fields in both directions, blanks around the signs ignored', async () => {
      const reply = await get(ACCOUNTS, { sortspec: ' Type : desc , Name:asc', PageSize: 100 });
      const shown = reply.json().items.map((item: { Type: string; Name: string }) => [item.Type, item.Name]);
      const expected = fixture.siebel
        .records('Account')
        .map((record) => [record['Type'] ?? '', record['Name'] ?? ''] as const)
        // What is not set is greater than any text, as in Oracle's databases.
        .sort((a, b) => compare(b[0] || '\u{10ffff}', a[0] || '\u{10ffff}') || compare(a[1], b[1]));

      expect(shown).toEqual(expected.slice(0, 100));
    });

    it('keeps two vocabularies: payload names in fields, business component names in searches', async () => {
      const texts = [];
      for (const members of [
        { fields: 'Staff' },
        { fields: 'Employees' },
        { searchspec: '[Employees] = "37"' },
        { searchspec: '[Staff] = "37"' },
        { sortspec: 'Staff' },
      ]) {
        const reply = await get(ACCOUNTS, members);
        texts.push([reply.status, /SBL-[A-Z]{3}-\d{5}/.exec(reply.body)?.[0]]);
      }

      expect(texts).toEqual([
        [200, undefined],
        [500, 'SBL-EAI-50258'],
        [200, undefined],
        [500, 'SBL-DAT-00416'],
        [500, 'SBL-DAT-00416'],
      ]);
    });

    it('shows the fields that were asked for, and Id', async () => {
      const [item] = (await get(ACCOUNTS, { fields: 'Name, Location', ChildLinks: 'None' })).json().items;

      expect(Object.keys(item)).toEqual(['Id', 'Name', 'Location', 'Link']);
    });

    it('leaves out empty members when asked', async () => {
      const search = { searchspec: '[Location] IS NULL', PageSize: 2, ChildLinks: 'None' };
      const [full] = (await get(ACCOUNTS, search)).json().items;
      const [sparse] = (await get(ACCOUNTS, { ...search, excludeEmptyFieldsInResponse: 'true' })).json().items;

      expect(full.Location).toBe('');
      expect(sparse).not.toHaveProperty('Location');
    });

    it('links to the children that ChildLinks names, to none of them with None', async () => {
      const rels = async (ChildLinks: string) => {
        const [item] = (await get(ACCOUNTS, { ChildLinks, PageSize: 2 })).json().items;
        return item.Link.map((link: { rel: string; name: string }) => `${link.rel} ${link.name}`);
      };

      expect(await rels('None')).toEqual(['self Account', 'canonical Account']);
      expect(await rels('Contact')).toEqual(['self Account', 'canonical Account', 'child Contact']);
    });

    it('reads children below their parent, with lastpage as text', async () => {
      const contact = fixture.siebel.records('Contact')[0];
      const path = `${ACCOUNTS}/${encodeURIComponent(String(contact?.['Account Id']))}/Contact`;
      const body = (await get(path, { uniformresponse: 'y' })).json();

      expect(body.items.map((item: { Id: string }) => item.Id)).toContain(contact?.['Id']);
      expect(body.lastpage).toBe('true');
      expect((await get(`${path}/${encodeURIComponent(String(contact?.['Id']))}`)).json()['Person UId']).toBe(
        'P-000001',
      );
      expect((await get(`${ACCOUNTS}/1-NONE/Contact`)).status).toBe(404);
      expect((await get(`${ACCOUNTS}/1-NONE/Contact/${encodeURIComponent(String(contact?.['Id']))}`)).status).toBe(404);
    });
  });
});

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
