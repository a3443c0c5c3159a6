import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Association, type Component, findChild, findComponent } from '../../local-stack/siebel/components.ts';
import { isoToUs, usToIso } from '../../local-stack/siebel/dates.ts';
import { parseSearch } from '../../local-stack/siebel/search/parser.ts';
import { conditionOf } from '../../local-stack/siebel/search/sql.ts';
import { soundex } from '../../local-stack/siebel/search/sql-functions.ts';
import { openStore, type Store } from '../../local-stack/siebel/store.ts';

const ROWS = [
  {
    Id: '1-A',
    Name: 'Harbour Supplies',
    Location: 'Hull',
    Type: 'Customer',
    Employees: '12',
    Updated: '2025-03-14T10:00:00Z',
  },
  { Id: '1-B', Name: "O'Brien [North]", Location: null, Type: null, Employees: '7', Updated: '2025-03-14T10:00:00Z' },
  {
    Id: '1-C',
    Name: 'harbour "Star"',
    Location: 'Hull',
    Type: 'Partner',
    Employees: '12',
    Updated: '2025-03-15T00:00:00Z',
  },
  { Id: '1-D', Name: 'Łódź *', Location: 'ŁÓDŹ', Type: 'Partner', Employees: null, Updated: '2024-12-31T23:59:59Z' },
];

describe('search specification', () => {
  let store: Store;
  let account: Component;

  beforeAll(() => {
    store = openStore();
    account = findComponent('Account') as Component;
    for (const row of ROWS) store.insert(account, row);
  });

  afterAll(() => store.close());

  function search(source: string, options?: { doubling: boolean }): string {
    const context = { component: account, user: 'siebel-caller', nowMs: Date.UTC(2025, 2, 14, 12) };
    const where = conditionOf(parseSearch(source, options), context);
    const rows = store.query(account, { where, orderBy: '"Id"', limit: 100, offset: 0 });
    return rows.map((row) => String(row['Id']).slice(2)).join('');
  }

  it.each([
    ['[Name] = "Harbour Supplies"', 'A'],
    ["[Name] = 'Harbour Supplies'", 'A'],
    [`[Location]='Hull' AND [Type]="Partner"`, 'C'],
    ['Location="Hull"', 'AC'],
    ['[Employees] = 12', 'AC'],
    ['[Type] <> "Partner"', 'A'],
    ['[Id] > "1-B"', 'CD'],
    ['[Id] >= "1-B" and [Id] <= "1-C"', 'BC'],
    ['[Location] IS NULL', 'B'],
    ['[Location] is not null', 'ACD'],
    ['NOT [Location] = "Hull"', 'D'],
    ['NOT ([Location] IS NULL OR [Type] = "Partner")', 'A'],
    ['[Name] = [Name]', 'ABCD'],
    ['"Hull" = [Location]', 'AC'],
    ['LoginName() = "siebel-caller"', 'ABCD'],
  ])('finds by %s', (source, found) => {
    expect(search(source)).toBe(found);
  });

  it.each([
    ['[Name] LIKE "Harbour*"', 'A'],
    ['[Name] LIKE "?arbour*"', 'AC'],
    ['[Name] ~LIKE "HARBOUR*"', 'AC'],
    ['[Name] NOT LIKE "*arbour*"', 'BD'],
    ['[Name] = "Harbour*"', ''],
    ['[Name] LIKE "*[North]"', 'B'],
    ['[Location] ~= "łódź"', 'D'],
    ['[Location] = "łódź"', ''],
  ])('treats wildcards and case as LIKE and ~ say in %s', (source, found) => {
    expect(search(source)).toBe(found);
  });

  it.each([
    ['[Updated] >= "03/14/2025"', 'ABC'],
    ['[Updated] > "03/14/2025 10:00:00"', 'C'],
    ['[Updated] = "03/14/2025 10:00:00"', 'AB'],
    ['"01/01/2025" > [Updated]', 'D'],
    ['[Updated] >= Today()', 'ABC'],
    ['[Updated] >= Timestamp()', 'C'],
  ])('compares instants with US dates in %s', (source, found) => {
    expect(search(source)).toBe(found);
  });

  it.each([
    ['[Name] SOUNDSLIKE "Harber"', 'AC'],
    ['[Name] SOUNDSLIKE "Garber"', ''],
    ['[Location] SOUNDSLIKE "Hall"', 'AC'],
    ['"Hall" soundslike [Location]', 'AC'],
    ['[Type] NOT SOUNDSLIKE "Partnar"', 'A'],
    ['NOT [Type] SOUNDSLIKE "Partnar" AND [Id] = "1-A"', 'A'],
  ])('finds what sounds alike by %s', (source, found) => {
    expect(search(source)).toBe(found);
  });

  it.each([
    ['Robert', 'R163'],
    ['Rupert', 'R163'],
    ['Rubin', 'R150'],
    ['Ashcraft', 'A261'],
    ['Tymczak', 'T522'],
    ['Pfister', 'P236'],
    ['Honeyman', 'H555'],
    ['lee', 'L000'],
    ['', '000'],
  ])('hears %j as %s', (word, sound) => {
    expect(soundex(word)).toBe(sound);
  });

  it.each(['[Updated] LIKE "03*"', '[Last Call Date] ~LIKE "03*"', '[Customer Since Date] NOT LIKE "*"'])(
    'takes no pattern for a date: %s',
    (source) => {
      expect(() => search(source)).toThrow('SBL-DAT-00359');
    },
  );

  it('binds NOT before AND, and AND before OR', () => {
    expect(search('[Id]="1-A" OR [Id]="1-B" AND [Type]="Partner"')).toBe('A');
    expect(search('([Id]="1-A" OR [Id]="1-B") AND [Type]="Partner"')).toBe('');
    expect(search('NOT [Id]="1-A" AND [Type] IS NOT NULL')).toBe('CD');
  });

  it('ends a literal at its quote, whatever stands behind it', () => {
    expect(search(`[Name] = 'harbour "Star"'`)).toBe('C');
    expect(search(`[Name] = "O'Brien [North]"`)).toBe('B');
    expect(() => search('[Name] = "harbour ""Star"""')).toThrow('SBL-DAT-00501');
    expect(search('[Name] = "x" OR "1" = "1"')).toBe('ABCD');
  });

  it('takes a doubled quote for a quote only when that is switched on', () => {
    expect(search('[Name] = "harbour ""Star"""', { doubling: true })).toBe('C');
  });

  it.each([
    '2025-03-14',
    '2025-03-14T10:00:00Z',
    '3/14/2025',
    '02/30/2025',
    '13/01/2025',
    '03/14/2025 24:00:00',
    'yesterday',
  ])('refuses %s as a date', (text) => {
    expect(() => search(`[Updated] >= "${text}"`)).toThrow('SBL-DAT-00359');
  });

  it.each(['[Nope] = "x"', '[name] = "x"', '[ Name ] = "x"', '[Staff] = "1"', '[Contact.Name] = "x"', 'Nope = 1'])(
    'refuses %s, because the business component has no such field',
    (source) => {
      expect(() => search(source)).toThrow('SBL-DAT-00416');
    },
  );

  it.each([
    '[Name] =',
    '= "x"',
    '[Name] "x"',
    '[Name] = "x',
    '[Name] = \'x"',
    '[Name = "x"',
    '([Name] = "x"',
    '[Name] = "x")',
    '[Name] = "x" AND',
    '[Name] = "x" [Type] = "y"',
    '[Name] = \u201cx\u201d',
    '[Name] == "x"',
    '[Name] ~ "x"',
    '[Name] LIKE [Type]',
    '[Name] IS "x"',
    'NOT',
    '[Name]; DROP TABLE "Account"',
    'Unknown() = "x"',
    "EXISTS ([Type]='x')",
    '('.repeat(5_000),
  ])('refuses %s as a search specification', (source) => {
    expect(() => search(source)).toThrow('SBL-DAT-00501');
  });

  describe('by type', () => {
    beforeAll(() => {
      const changes = [
        {
          'Annual Revenue': '9',
          'Customer Since Date': '2025-03-14',
          'Opening Time': '09:30:00',
          'Reference Flag': 'Yes',
        },
        {
          'Annual Revenue': '10.5',
          'Customer Since Date': '2024-12-31',
          'Opening Time': '10:00:00',
          'Reference Flag': 'No',
        },
        { 'Annual Revenue': '12345678901234567890.12' },
      ];
      for (const [at, row] of changes.entries()) store.update(account, `1-${'ABC'[at]}`, row);
    });

    it.each([
      ['[Employees] > 9', 'AC'],
      ['[Employees] > "9"', 'AC'],
      ['[Employees] <= 7', 'B'],
      ['[Employees] = 012', 'AC'],
      ['[Employees] <> 7', 'AC'],
      ['[Annual Revenue] > 9', 'BC'],
      ['[Annual Revenue] = "10.50"', 'B'],
      ['[Annual Revenue] = 10.501', ''],
      ['[Annual Revenue] = 12345678901234567890.13', ''],
      ['[Annual Revenue] = 12345678901234567890.12', 'C'],
      ['[Annual Revenue] < [Employees]', 'A'],
      ['[Customer Since Date] >= "01/01/2025"', 'A'],
      ['[Customer Since Date] = Today()', 'A'],
      ['[Customer Since Date] < [Updated]', 'B'],
      ['[Opening Time] > "09:30:00"', 'B'],
      ['[Reference Flag] = "Yes"', 'A'],
      ['[Name] = 5', ''],
    ])('finds by %s', (source, found) => {
      expect(search(source)).toBe(found);
    });

    it.each([
      '[Employees] = "many"',
      '[Employees] = "1,5"',
      '[Annual Revenue] > ""',
      '[Opening Time] = "9 am"',
      '[Customer Since Date] > "2025-01-01"',
      '[Updated] > 5',
    ])('refuses the literal of %s', (source) => {
      expect(() => search(source)).toThrow('SBL-DAT-00359');
    });

    it.each([
      ['[Employees] + 1 = 13', 'AC'],
      ['[Employees] * 2 - 4 > [Annual Revenue]', 'A'],
      ['([Employees] + 1) * 2 = 26', 'AC'],
      ['[Employees] + 1 * 2 = 14', 'AC'],
      ['[Employees] / 2 = 3.5', 'B'],
      ['-[Employees] < -10', 'AC'],
      ['[Employees] > -1 AND ([Employees]) < 8', 'B'],
      ['[Updated] > Timestamp() - 1', 'ABC'],
      ['[Updated] > Today() + 1', ''],
      ['[Updated] >= Today() + 1', 'C'],
    ])('counts in %s', (source, found) => {
      expect(search(source)).toBe(found);
    });

    it.each([
      ['Len([Name]) = 16', 'A'],
      ['Left([Name], 3) = "har"', 'C'],
      ['Upper([Location]) = "HULL"', 'AC'],
      ['Lower([Location]) LIKE "łó*"', 'D'],
      ['IfNull([Type], "none") = "none"', 'B'],
      ['[Type] = LookupValue("ACCOUNT_TYPE", "Partner")', 'CD'],
      ["GetProfileAttr('Login Name') = 'siebel-caller'", 'ABCD'],
      ["GetProfileAttr('Nothing') IS NULL", 'ABCD'],
    ])('calls in %s', (source, found) => {
      expect(search(source)).toBe(found);
    });

    it.each([
      '[Updated] + 1 > Today()',
      'Today() * 2 > Today()',
      'Len() = 1',
      'Left([Name] 3) = "x"',
      '- = 1',
      '[Name] +',
    ])('refuses to count in %s', (source) => {
      expect(() => search(source)).toThrow('SBL-DAT-00501');
    });
  });

  describe('of multi-value fields', () => {
    beforeAll(() => {
      const contact = findComponent('Contact') as Component;
      const { through } = findChild(account, 'Contact')?.link ?? {};
      for (const [Id, first, last] of [
        ['1-P', 'Ada', 'Ito'],
        ['1-Q', 'Grace', 'Costa'],
      ] as const)
        store.insert(contact, { Id, 'Person UId': Id, 'First Name': first, 'Last Name': last });
      for (const [accountId, contactId] of [
        ['1-A', '1-P'],
        ['1-A', '1-Q'],
        ['1-C', '1-Q'],
      ] as const)
        store.link(through as Association, accountId, contactId);
      store.update(account, '1-A', { 'Primary Contact Id': '1-P' });
      store.update(account, '1-C', { 'Primary Contact Id': '1-Q' });
    });

    it.each([
      ["EXISTS ([Contact Last Name] = 'Costa')", 'AC'],
      ["NOT EXISTS ([Contact Last Name] = 'Ito')", 'BCD'],
      ["exists([Contact Last Name] ~LIKE 'i*')", 'A'],
      ["EXISTS (Upper([Contact Last Name]) = 'COSTA')", 'AC'],
      ["EXISTS ([Contact Last Name] SOUNDSLIKE 'Kosta' OR [Contact Last Name] SOUNDSLIKE 'Coasta')", 'AC'],
      // Both on one row of the group.
      ["EXISTS ([Contact Last Name] = 'Costa' AND [Contact First Name] = 'Ada')", ''],
      ["EXISTS ([Contact Last Name] = 'Costa') AND EXISTS ([Contact First Name] = 'Ada')", 'A'],
      // Without EXISTS the primary row counts.
      ["[Contact Last Name] = 'Costa'", 'C'],
      ['[Contact Last Name] IS NULL', 'BD'],
    ])('finds by %s', (source, found) => {
      expect(search(source)).toBe(found);
    });

    it.each([
      ["EXISTS ([Name] = 'x')", 'SBL-DAT-00501'],
      ["EXISTS ([Contact Last Name] = 'x' OR [Name] = 'y')", 'SBL-DAT-00501'],
      ["EXISTS ('x' = 'x')", 'SBL-DAT-00501'],
      ["EXISTS ([Nope] = 'x')", 'SBL-DAT-00416'],
      ["EXISTS [Contact Last Name] = 'x'", 'SBL-DAT-00501'],
    ])('refuses %s', (source, code) => {
      expect(() => search(source)).toThrow(code);
    });
  });

  it('takes a thousand alternatives and a hundred nested parentheses, and refuses more of these', () => {
    const many = Array.from({ length: 1_500 }, (_, at) => `[Id] = "1-${at}"`);

    expect(search(`${many.join(' OR ')} OR [Id] = "1-A"`)).toBe('A');
    expect(search(`${'('.repeat(99)}[Id] = "1-A"${')'.repeat(99)}`)).toBe('A');
    expect(() => search(`${'('.repeat(101)}[Id] = "1-A"${')'.repeat(101)}`)).toThrow('SBL-DAT-00501');
  });

  it('finds exactly the rows that have a value, for any value that holds no quote of one kind', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(value, (text) => {
        const quote = text.includes('"') ? "'" : '"';
        fc.pre(!text.includes(quote) && !text.includes('\0'));
        store.insert(account, { Id: '1-Z', Name: text });
        try {
          expect(search(`[Name] = ${quote}${text}${quote} AND [Id] = "1-Z"`)).toBe('Z');
        } finally {
          store.delete(account, '1-Z');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('answers any text with rows or with a refusal of its own, never with an error of the database', () => {
    const pieces = fc.constantFrom(
      '[Name]',
      '[Updated]',
      '"x"',
      "'y'",
      '=',
      'LIKE',
      '~',
      '(',
      ')',
      'AND',
      'OR',
      'NOT',
      'IS',
      'NULL',
      '3',
      ';',
      '--',
      '+',
      '/',
      ',',
      '[Employees]',
      '[Contact Last Name]',
      'EXISTS',
      'Today()',
      'Left(',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (words) => {
        try {
          search(words.join(' '));
        } catch (error) {
          expect(String(error)).toMatch(/SBL-DAT-\d{5}/);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads every instant it writes', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }), (instant) => {
        const iso = `${instant.toISOString().slice(0, 19)}Z`;
        expect(usToIso(isoToUs(iso))).toBe(iso);
      }),
    );
  });
});
