import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../lib/errors.ts';
import { type Condition, notQueryable, searchSpecification } from '../../../lib/siebel/search-specification.ts';

const FIELDS: ReadonlySet<string> = new Set(['Id', 'Name', 'Updated', 'Order #', 'SR Type/Area']);

// A tokenizer written from the grammar of docs/siebel.md alone: a quote of the same kind ends a literal, nothing escapes it.
type Token = { readonly kind: 'field' | 'literal' | 'operator' | 'word' | 'bracket'; readonly text: string };
function tokens(specification: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  const until = (end: string) => {
    const stop = specification.indexOf(end, at + 1);
    if (stop < 0) throw new Error(`no ${end} after position ${at}`);
    const text = specification.slice(at + 1, stop);
    at = stop + 1;
    return text;
  };
  while (at < specification.length) {
    const next = specification.charAt(at);
    if (next === ' ') at += 1;
    else if (next === '[') found.push({ kind: 'field', text: until(']') });
    else if (next === '"' || next === "'") found.push({ kind: 'literal', text: until(next) });
    else if (next === '(' || next === ')') {
      found.push({ kind: 'bracket', text: next });
      at += 1;
    } else {
      const [text] = /^(?:<>|<=|>=|=|<|>|[A-Z]+)/.exec(specification.slice(at)) ?? [];
      if (!text) throw new Error(`unexpected ${JSON.stringify(next)} at position ${at}`);
      found.push({ kind: /[A-Z]/.test(text) ? 'word' : 'operator', text });
      at += text.length;
    }
  }
  return found;
}

function equals(field: string, value: string): Condition {
  return { field, operator: '=', value };
}

function codeOf(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof InvalidInputError) return error.code;
    throw error;
  }
}

const HOSTILE_PARTS = [
  '"',
  "'",
  '[',
  ']',
  '(',
  ')',
  ' OR ',
  ' AND ',
  '=',
  '<>',
  '*',
  '?',
  '\\',
  '\n',
  '\0',
  '%22',
  '~',
  ',',
  '“',
  '’',
  'ʼ',
  'Ａ',
  '\u2028',
  'x',
  ' ',
  '\ud800',
  '#',
  '--',
  '""',
  "''",
];
const hostileValue = fc.oneof(
  fc.array(fc.constantFrom(...HOSTILE_PARTS), { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary', maxLength: 220 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

describe('searchSpecification', () => {
  it('keeps every generated value inside its literal, or refuses it (R51)', () => {
    let kept = 0;
    fc.assert(
      fc.property(hostileValue, fc.constantFrom(...FIELDS), (value, field) => {
        const code = codeOf(() => searchSpecification(FIELDS, equals(field, value)));
        if (code !== undefined) {
          expect(code).toBe('VALUE_NOT_QUERYABLE');
          return;
        }
        kept += 1;
        expect(tokens(searchSpecification(FIELDS, equals(field, value)))).toEqual([
          { kind: 'field', text: field },
          { kind: 'operator', text: '=' },
          { kind: 'literal', text: value },
        ]);
      }),
      { numRuns: 10_000 },
    );
    expect(kept).toBeGreaterThan(1_000);
  });

  it('accepts every value without quotes of both kinds, wildcards, controls and undue length', () => {
    const plain = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((value) => /^[^"*?\\\p{Cc}\u2028\u2029]+$/u.test(value) && value.trim() !== '' && value.length <= 200);
    fc.assert(
      fc.property(plain, (value) => codeOf(() => searchSpecification(FIELDS, equals('Name', value))) === undefined),
    );
  });

  it('takes the kind of quote that the value lacks', () => {
    expect(searchSpecification(FIELDS, equals('Name', "O'Hara"))).toBe('[Name] = "O\'Hara"');
    expect(searchSpecification(FIELDS, equals('Name', '2" pipes'))).toBe("[Name] = '2\" pipes'");
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
  ])('refuses a value with %s', (_what, value) => {
    expect(codeOf(() => searchSpecification(FIELDS, equals('Name', value)))).toBe('VALUE_NOT_QUERYABLE');
    expect(notQueryable(value)).toBeTypeOf('string');
  });

  it('puts an attempt to leave the literal into the other kind of quotes', () => {
    const value = 'x" OR [Name]<>"';
    expect(searchSpecification(FIELDS, equals('Name', value))).toBe(`[Name] = '${value}'`);
  });

  it('names no value in its refusal', () => {
    const canary = `secret"value'`;
    expect(() => searchSpecification(FIELDS, equals('Name', canary))).toThrow(/both kinds of quotes/);
    expect(() => searchSpecification(FIELDS, equals('Name', canary))).not.toThrow(/secret/);
  });

  it.each(['Password', 'name', '__proto__', 'constructor', 'Name] OR [Id', ''])(
    'refuses the undeclared field %j',
    (field) => {
      expect(codeOf(() => searchSpecification(FIELDS, equals(field, 'x')))).toBe('BAD_FIELD');
    },
  );

  it('refuses a declared field whose name could end its bracket', () => {
    expect(codeOf(() => searchSpecification(new Set(['a] OR [b']), equals('a] OR [b', 'x')))).toBe('BAD_FIELD');
  });

  it('joins conditions so that no part can change the meaning of another', () => {
    const after: Condition = {
      all: [
        {
          any: [
            { field: 'Updated', operator: '>', value: '03/14/2025 09:26:53' },
            { all: [equals('Updated', '03/14/2025 09:26:53'), { field: 'Id', operator: '>', value: '1-2AB+7' }] },
          ],
        },
        { field: 'Updated', operator: '<=', value: '03/15/2025 00:00:00' },
      ],
    };
    expect(searchSpecification(FIELDS, after)).toBe(
      '(([Updated] > "03/14/2025 09:26:53") OR (([Updated] = "03/14/2025 09:26:53") AND ([Id] > "1-2AB+7"))) ' +
        'AND ([Updated] <= "03/15/2025 00:00:00")',
    );
  });

  it('refuses a condition without parts, which would select everything or nothing', () => {
    expect(() => searchSpecification(FIELDS, { all: [] })).toThrow(TypeError);
    expect(() => searchSpecification(FIELDS, { any: [] })).toThrow(TypeError);
  });
});
