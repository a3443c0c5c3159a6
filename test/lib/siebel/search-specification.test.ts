import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../lib/errors.ts';
import {
  all,
  any,
  type Condition,
  conditions,
  exists,
  isFieldName,
  not,
  notQueryable,
  operatorsOf,
  searchNameOf,
  searchSpecification,
} from '../../../lib/siebel/search-specification.ts';
import {
  attachment,
  type DeclaredFields,
  date,
  dateTime,
  decimal,
  type Field,
  flag,
  integer,
  oneOf,
  optional,
  readOnly,
  searchedAs,
  text,
  time,
  utcDateTime,
} from '../../../lib/siebel/values.ts';

const { field } = conditions({
  Name: text(300),
  'Order #': text(30),
  'SR Type/Area': text(30),
  Status: optional(oneOf('Active', 'In Active')),
  VIP: optional(flag()),
  'Reference Flag': flag({ yes: 'Yes', no: 'No' }),
  Staff: searchedAs('Employees', optional(integer())),
  Amount: optional(decimal({ digits: 22, scale: 7 })),
  Birthday: optional(date()),
  Opens: optional(time()),
  Updated: readOnly(utcDateTime()),
  Due: optional(dateTime('Europe/Vienna')),
  Content: optional(attachment(1_000)),
});

const EQUALITY = ['is', 'isNot', 'oneOf'];
const ORDER = ['lessThan', 'atMost', 'greaterThan', 'atLeast'];
const OF_TEXT = ['startsWith', 'startsWithIgnoringCase', 'isIgnoringCase'];

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.code;
    throw error;
  }
}

describe('the conditions on a field', () => {
  it.each<[string, Condition, string]>([
    ['is', field('Name').is('Acme'), '[Name] = "Acme"'],
    ['isNot', field('Name').isNot('Acme'), '[Name] <> "Acme"'],
    ['isIgnoringCase', field('Name').isIgnoringCase('acme'), '[Name] ~= "acme"'],
    ['startsWith', field('Name').startsWith('Ac'), '[Name] LIKE "Ac*"'],
    ['startsWithIgnoringCase', field('Name').startsWithIgnoringCase('ac'), '[Name] ~LIKE "ac*"'],
    ['isNull', field('Name').isNull(), '[Name] IS NULL'],
    ['isNotNull', field('Name').isNotNull(), '[Name] IS NOT NULL'],
    ['lessThan', field('Name').lessThan('B'), '[Name] < "B"'],
    ['atMost', field('Name').atMost('B'), '[Name] <= "B"'],
    ['greaterThan', field('Name').greaterThan('B'), '[Name] > "B"'],
    ['atLeast', field('Name').atLeast('B'), '[Name] >= "B"'],
    ['between', field('Name').between('B', 'C'), '([Name] >= "B") AND ([Name] <= "C")'],
    ['oneOf', field('Name').oneOf(['B', 'C']), '([Name] = "B") OR ([Name] = "C")'],
    ['oneOf with one value', field('Name').oneOf(['B']), '([Name] = "B")'],
    ['a name with # ', field('Order #').is('1'), '[Order #] = "1"'],
    ['a name with / ', field('SR Type/Area').is('x'), '[SR Type/Area] = "x"'],
    ['a pick list', field('Status').is('In Active'), '[Status] = "In Active"'],
    ['a flag', field('VIP').is(true), '[VIP] = "Y"'],
    ['a flag in words', field('Reference Flag').isNot(false), '[Reference Flag] <> "No"'],
    ['an integer', field('Staff').atLeast(250), '[Employees] >= 250'],
    ['a negative integer', field('Staff').is(-5), '[Employees] = -5'],
    ['a decimal', field('Amount').between('-0.5', '12.50'), '([Amount] >= -0.5) AND ([Amount] <= 12.50)'],
    ['a date', field('Birthday').is('2025-03-14'), '[Birthday] = "03/14/2025"'],
    ['a time', field('Opens').lessThan('09:00:00'), '[Opens] < "09:00:00"'],
    ['an instant', field('Updated').greaterThan('2025-03-14T09:26:53Z'), '[Updated] > "03/14/2025 09:26:53"'],
    ['an instant in a zone', field('Due').atMost('2025-07-14T09:26:53Z'), '[Due] <= "07/14/2025 11:26:53"'],
    ['an attachment', field('Content').isNotNull(), '[Content] IS NOT NULL'],
    ['an Id, which needs no declaration', field('Id').is('1-2AB+7'), '[Id] = "1-2AB+7"'],
    ['null, by the name of the business component', field('Staff').isNull(), '[Employees] IS NULL'],
  ])('are written: %s', (_what, condition, specification) => {
    expect(searchSpecification(condition)).toBe(specification);
  });

  it.each(['Password', 'name', '__proto__', 'constructor', 'Employees', 'Name] OR [Id', ''])(
    'exist for declared fields only, not for %j',
    (name) => {
      expect(codeOf(() => field(name as 'Name'))).toBe('BAD_FIELD');
    },
  );

  it('do not exist for a declared field whose name could end its bracket', () => {
    expect(codeOf(() => conditions({ 'a] OR [b': text(5) }).field('a] OR [b'))).toBe('BAD_FIELD');
    expect(codeOf(() => conditions({ a: searchedAs('x] OR [y', text(5)) }).field('a'))).toBe('BAD_FIELD');
  });

  it('exist for names that are known at run time only', () => {
    const declared: DeclaredFields = { Staff: searchedAs('Employees', integer()), Name: text(5) };
    const operator: 'is' | 'atLeast' = 'atLeast';

    expect(searchSpecification(conditions(declared).field('Staff')[operator](5))).toBe('[Employees] >= 5');
    expect(searchSpecification(conditions(declared).field('Name').startsWith('A'))).toBe('[Name] LIKE "A*"');
  });

  it.each<[string, Field, readonly string[]]>([
    ['an attachment', attachment(9), []],
    ['a flag', flag(), EQUALITY],
    ['a value of a list', oneOf('a'), EQUALITY],
    ['a date', date(), [...EQUALITY, ...ORDER]],
    ['a time', time(), [...EQUALITY, ...ORDER]],
    ['an instant', utcDateTime(), [...EQUALITY, ...ORDER]],
    ['an instant in a zone', dateTime('Europe/Vienna'), [...EQUALITY, ...ORDER]],
    ['an integer', integer(), [...EQUALITY, ...ORDER]],
    ['a decimal', decimal({ digits: 3, scale: 1 }), [...EQUALITY, ...ORDER]],
    ['a text', text(9), [...EQUALITY, ...ORDER, ...OF_TEXT]],
  ])('are those of its kind, also behind the back of the compiler: %s', (_what, declared, operators) => {
    const between = operators.includes('atLeast') ? ['between'] : [];
    const conditionsOn = conditions({ Any: declared }).field('Any');

    expect(new Set(Object.keys(conditionsOn))).toEqual(new Set(['isNull', 'isNotNull', ...operators, ...between]));
    expect(new Set(operatorsOf(declared))).toEqual(new Set(['isNull', ...operators]));
  });

  it('take values of the declared type only, also behind the back of the compiler', () => {
    const wrong = [
      () => field('Staff').is('5' as never),
      () => field('Staff').is('5 OR 1=1' as never),
      () => field('Staff').atLeast(0.5),
      () => field('Amount').is('1e3'),
      () => field('Amount').is('1 OR 1=1'),
      () => field('VIP').is('Y' as never),
      () => field('Status').is('Aktiv' as never),
      () => field('Birthday').is('2025-02-30'),
      () => field('Updated').is('03/14/2025 09:26:53'),
      () => field('Due').is('2025-10-26T00:30:00Z'),
      () => field('Name').is(null as never),
      () => field('Name').is({ toString: () => 'x' } as never),
      () => field('Name').oneOf(['ok', 7 as never]),
      () => field('Name').oneOf([]),
      () => field('Name').startsWith(5 as never),
    ];

    expect(wrong.map(codeOf)).toEqual(wrong.map(() => 'VALUE_NOT_QUERYABLE'));
  });
});

describe('a number', () => {
  it.each(['1 OR 1=1', '', '1e3', '0x1', '--1', '1.', '1"', 'Today()', '9'.repeat(41)])(
    'is never written as %j, whatever the type of a field makes of its values',
    (wire) => {
      const lying = { ...integer(), toWire: () => wire };
      expect(codeOf(() => searchSpecification(conditions({ lying }).field('lying').is(1)))).toBe('VALUE_NOT_QUERYABLE');
    },
  );
});

describe('a prefix', () => {
  it.each([
    ['*', 'LEADING_WILDCARD'],
    ['*Acme', 'LEADING_WILDCARD'],
    ['?cme', 'LEADING_WILDCARD'],
    ['Ac*e', 'VALUE_NOT_QUERYABLE'],
    ['Ac?', 'VALUE_NOT_QUERYABLE'],
    ['Ac\\', 'VALUE_NOT_QUERYABLE'],
    ['', 'VALUE_NOT_QUERYABLE'],
    [' ', 'VALUE_NOT_QUERYABLE'],
    [`"'`, 'VALUE_NOT_QUERYABLE'],
  ])('%j is refused', (prefix, code) => {
    expect(codeOf(() => searchSpecification(field('Name').startsWith(prefix)))).toBe(code);
    expect(codeOf(() => searchSpecification(field('Name').startsWithIgnoringCase(prefix)))).toBe(code);
  });

  it('keeps its quotes in the other kind', () => {
    expect(searchSpecification(field('Name').startsWith('2"'))).toBe(`[Name] LIKE '2"*'`);
  });
});

describe('all, any, not and exists', () => {
  const [a, b, c] = [field('Name').is('a'), field('Name').is('b'), field('VIP').is(true)] as const;

  it('put every part into parentheses of its own', () => {
    expect(searchSpecification(all(a, any(b, c), not(a)))).toBe(
      '([Name] = "a") AND (([Name] = "b") OR ([VIP] = "Y")) AND (NOT ([Name] = "a"))',
    );
    expect(searchSpecification(any(all(a, b), not(any(a, c))))).toBe(
      '(([Name] = "a") AND ([Name] = "b")) OR (NOT (([Name] = "a") OR ([VIP] = "Y")))',
    );
    expect(searchSpecification(all(a))).toBe('([Name] = "a")');
  });

  it('ask for rows of a multi-value field', () => {
    expect(searchSpecification(exists(a))).toBe('EXISTS ([Name] = "a")');
    expect(searchSpecification(not(exists(all(a, b))))).toBe('NOT EXISTS (([Name] = "a") AND ([Name] = "b"))');
  });

  it('say what is behind one record and not newer than a bound', () => {
    const [at, upTo] = ['2025-03-14T09:26:53Z', '2025-03-15T00:00:00Z'] as const;
    const updated = field('Updated');
    const behind = any(updated.greaterThan(at), all(updated.is(at), field('Id').greaterThan('1-2AB+7')));

    expect(searchSpecification(all(behind, updated.atMost(upTo)))).toBe(
      '(([Updated] > "03/14/2025 09:26:53") OR (([Updated] = "03/14/2025 09:26:53") AND ([Id] > "1-2AB+7"))) ' +
        'AND ([Updated] <= "03/15/2025 00:00:00")',
    );
  });

  it('refuse to be empty, which would select everything or nothing', () => {
    const none = [] as unknown as [Condition];

    expect(() => all(...none)).toThrow(TypeError);
    expect(() => any(...none)).toThrow(TypeError);
  });

  it('take conditions that were built here, and nothing that merely looks like one', () => {
    const forged = [
      { kind: 'null', name: 'Name] OR [Id', negated: true },
      { field: 'Name', operator: '=', value: 'x' },
      JSON.parse(JSON.stringify(a)),
      Object.create(Object.getPrototypeOf(a)),
      '[Name] = "x"',
      null,
      undefined,
    ] as unknown as Condition[];

    for (const condition of forged) {
      expect(() => all(condition)).toThrow(TypeError);
      expect(() => not(condition)).toThrow(TypeError);
      expect(() => exists(condition)).toThrow(TypeError);
      expect(() => searchSpecification(condition)).toThrow(TypeError);
    }
  });

  it('cannot be changed once they are built', () => {
    expect(Object.isFrozen(a)).toBe(true);
    expect(Object.keys(a)).toEqual([]);
  });
});

describe('searchSpecification', () => {
  it('takes the kind of quote that the value lacks', () => {
    expect(searchSpecification(field('Name').is("O'Hara"))).toBe('[Name] = "O\'Hara"');
    expect(searchSpecification(field('Name').is('2" pipes'))).toBe("[Name] = '2\" pipes'");
  });

  it('puts an attempt to leave the literal into the other kind of quotes', () => {
    const value = 'x" OR [Name]<>"';
    expect(searchSpecification(field('Name').is(value))).toBe(`[Name] = '${value}'`);
  });

  it('doubles a quote only for a value with both kinds, and only where that has been asked for', () => {
    const [both, double, single] = [`2" O'Hara`, '2"', "O'Hara"].map((value) => field('Name').is(value)) as [
      Condition,
      Condition,
      Condition,
    ];

    expect(codeOf(() => searchSpecification(both))).toBe('VALUE_NOT_QUERYABLE');
    expect(searchSpecification(both, { quoteEscape: 'doubling' })).toBe(`[Name] = "2"" O'Hara"`);
    expect(searchSpecification(double, { quoteEscape: 'doubling' })).toBe(`[Name] = '2"'`);
    expect(searchSpecification(single, { quoteEscape: 'doubling' })).toBe(`[Name] = "O'Hara"`);
    expect(notQueryable(`2" O'Hara`, { quoteEscape: 'doubling' })).toBeUndefined();
    expect(notQueryable('a\nb', { quoteEscape: 'doubling' })).toBeTypeOf('string');
  });

  it.each([
    ['both kinds of quotes', `2" O'Hara`],
    ['an injection that was measured on a live system, with both quotes', `x" OR [Name]<>"' `],
    ['a star', 'Acme*'],
    ['a question mark', 'Acme?'],
    ['a backslash', 'a\\b'],
    ['a line break', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['a C1 control', 'a\u0085b'],
    ['NUL', 'a\0b'],
    ['half of a character pair', 'a\ud83d'],
    ['nothing', ''],
    ['only blanks', '   '],
    ['201 characters', 'x'.repeat(201)],
    ['a million characters', 'x'.repeat(1_000_000)],
  ])('refuses a value with %s', (_what, value) => {
    for (const build of [
      field('Name').is,
      field('Name').isNot,
      field('Name').greaterThan,
      field('Name').isIgnoringCase,
    ]) {
      expect(codeOf(() => searchSpecification(build(value)))).toBe('VALUE_NOT_QUERYABLE');
    }
    expect(codeOf(() => searchSpecification(field('Name').oneOf(['ok', value])))).toBe('VALUE_NOT_QUERYABLE');
    expect(notQueryable(value)).toBeTypeOf('string');
  });

  it('names no value in its refusal', () => {
    const canary = `secret"value'`;
    expect(() => searchSpecification(field('Name').is(canary))).toThrow(/both kinds of quotes/);
    expect(() => searchSpecification(field('Name').is(canary))).not.toThrow(/secret/);
    expect(() => searchSpecification(field('Updated').is(canary))).not.toThrow(/secret/);
  });

  it('refuses a specification over the limit, and says how long it is', () => {
    const ids = Array.from({ length: 100 }, (_, n) => `1-${String(n).padStart(4, '0')}`);
    const limit = (maxLength: number) => () => searchSpecification(field('Id').oneOf(ids), { maxLength });

    // 100 times ([Id] = "1-0000"), and ' OR ' between them.
    expect(codeOf(() => searchSpecification(field('Id').oneOf(ids)))).toBe('TOO_LONG');
    expect(() => searchSpecification(field('Id').oneOf(ids))).toThrow(/2096 characters, and 2000 are allowed/);
    expect(codeOf(limit(2_095))).toBe('TOO_LONG');
    expect(limit(2_096)()).toHaveLength(2_096);
  });
});

describe('names', () => {
  it('are those of searches where a field has another there', () => {
    expect(searchNameOf('Staff', searchedAs('Employees', integer()))).toBe('Employees');
    expect(searchNameOf('Staff', integer())).toBe('Staff');
    expect(searchNameOf('Id', undefined)).toBe('Id');
  });

  it('hold nothing that could end a bracket', () => {
    expect(['SR #', 'Order/Quote', 'Line #', '% Complete', 'A'].map(isFieldName)).toEqual([
      true,
      true,
      true,
      false,
      true,
    ]);
    expect(['', 'a]', '[a', 'a"b', "a'b", 'a ', ' a', 'a\nb', 'x'.repeat(101)].some(isFieldName)).toBe(false);
  });
});
