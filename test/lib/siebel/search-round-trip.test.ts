import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidInputError } from '../../../lib/errors.ts';
import {
  all,
  any,
  type Condition,
  conditions,
  exists,
  not,
  type QuoteEscape,
  searchSpecification,
} from '../../../lib/siebel/search-specification.ts';
import { date, flag, integer, searchedAs, text } from '../../../lib/siebel/values.ts';
import type { Comparison, Expression, Operand } from '../../../local-stack/siebel/search/expression.ts';
import { parseSearch } from '../../../local-stack/siebel/search/parser.ts';

// What was meant is written down here beside each condition; the stand-in's parser shares no code with the builder.

const { field } = conditions({
  Name: text(300),
  'Order #': text(300),
  'SR Type/Area': searchedAs('INS Area (Sub-Area)', text(300)),
  Staff: searchedAs('Employees', integer()),
  Birthday: date(),
  VIP: flag(),
});
const TEXT_FIELDS = [
  ['Name', 'Name'],
  ['Order #', 'Order #'],
  ['SR Type/Area', 'INS Area (Sub-Area)'],
  ['Id', 'Id'],
] as const;

const HOSTILE_PARTS = [
  ...'"\'[]()=~,*?\\%#<>+-/;:|&^`$ x1Y',
  ...[
    '“',
    '”',
    '’',
    'ʼ',
    '＂',
    '＇',
    '′',
    'Ａ',
    '\u2028',
    '\u0085',
    '\n',
    '\r',
    '\t',
    '\0',
    '\u00a0',
    '\ufeff',
    '\u202e',
    '\ud800',
  ],
  ...['""', "''", '--', '/*', '<>', '%22', '&quot;', '\\"', "\\'", ' OR ', ' AND ', ' NOT ', ' IS NULL', ' LIKE '],
  ...['" OR [Name]<>"', "' OR [Name]<>'", '" OR "1"="1', 'EXISTS(', '[Name]', 'Today()', '1=1'],
];
function without(refused: RegExp): fc.Arbitrary<string> {
  const parts = HOSTILE_PARTS.filter((part) => !refused.test(part));
  return fc.array(fc.constantFrom(...parts), { maxLength: 12 }).map((chosen) => chosen.join(''));
}

const hostileText = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.array(fc.constantFrom(...HOSTILE_PARTS), { maxLength: 12 }).map((parts) => parts.join('')),
  },
  // Nothing but quotes stands in the way of these, and nothing at all in that of the last.
  { weight: 2, arbitrary: without(/[*?\\\p{Cc}\u2028\ud800]/u) },
  { weight: 3, arbitrary: without(/['*?\\\p{Cc}\u2028\ud800]/u) },
  fc.string({ unit: 'binary', maxLength: 220 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
);

interface Meant {
  readonly build: () => Condition;
  readonly as: Expression;
}

const fieldNamed = (name: string): Operand => ({ kind: 'field', name });
const literal = (value: string): Operand => ({ kind: 'literal', text: value, isNumber: false });
const numeric = (value: number): Operand => {
  const size: Operand = { kind: 'literal', text: String(Math.abs(value)), isNumber: true };
  return value >= 0
    ? size
    : { kind: 'arithmetic', operator: '-', left: { kind: 'literal', text: '0', isNumber: true }, right: size, at: 0 };
};
const compared = (name: string, operator: Comparison, right: Operand, anyCase = false): Expression => ({
  kind: 'compare',
  operator,
  left: fieldNamed(name),
  right,
  anyCase,
});
const like = (name: string, pattern: string, anyCase: boolean): Expression => ({
  kind: 'like',
  left: fieldNamed(name),
  right: literal(pattern),
  negated: false,
  anyCase,
});
/** A whole of one part is that part, for a parser. */
const whole = (kind: 'and' | 'or', operands: readonly Expression[]): Expression =>
  operands.length === 1 && operands[0] ? operands[0] : { kind, operands };

const onText: fc.Arbitrary<Meant> = fc
  .tuple(
    fc.constantFrom(...TEXT_FIELDS),
    hostileText,
    fc.array(hostileText, { minLength: 1, maxLength: 3 }),
    fc.nat(11),
  )
  .map(([[name, as], value, values, kind]): Meant => {
    const on = () => field(name);
    const meanings: Meant[] = [
      { build: () => on().is(value), as: compared(as, '=', literal(value)) },
      { build: () => on().isNot(value), as: compared(as, '<>', literal(value)) },
      { build: () => on().lessThan(value), as: compared(as, '<', literal(value)) },
      { build: () => on().atMost(value), as: compared(as, '<=', literal(value)) },
      { build: () => on().greaterThan(value), as: compared(as, '>', literal(value)) },
      { build: () => on().atLeast(value), as: compared(as, '>=', literal(value)) },
      { build: () => on().isIgnoringCase(value), as: compared(as, '=', literal(value), true) },
      { build: () => on().startsWith(value), as: like(as, `${value}*`, false) },
      { build: () => on().startsWithIgnoringCase(value), as: like(as, `${value}*`, true) },
      { build: () => on().isNull(), as: { kind: 'null', operand: fieldNamed(as), negated: false } },
      { build: () => on().isNotNull(), as: { kind: 'null', operand: fieldNamed(as), negated: true } },
      {
        build: () => on().oneOf(values),
        as: whole(
          'or',
          values.map((one) => compared(as, '=', literal(one))),
        ),
      },
    ];
    return meanings[kind] ?? (meanings[0] as Meant);
  });
const onOthers: fc.Arbitrary<Meant> = fc.oneof(
  fc
    .maxSafeInteger()
    .map((n): Meant => ({ build: () => field('Staff').atLeast(n), as: compared('Employees', '>=', numeric(n)) })),
  fc
    .boolean()
    .map((yes): Meant => ({ build: () => field('VIP').is(yes), as: compared('VIP', '=', literal(yes ? 'Y' : 'N')) })),
  fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 })).map(([m, d]): Meant => {
    const [month, day] = [m, d].map((n) => String(n).padStart(2, '0'));
    return {
      build: () => field('Birthday').between(`1999-${month}-${day}`, `2025-${month}-${day}`),
      as: {
        kind: 'and',
        operands: [
          compared('Birthday', '>=', literal(`${month}/${day}/1999`)),
          compared('Birthday', '<=', literal(`${month}/${day}/2025`)),
        ],
      },
    };
  }),
);

const { meant } = fc.letrec<{ meant: Meant; parts: [Meant, ...Meant[]] }>((tie) => ({
  parts: fc.array(tie('meant'), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<[Meant, ...Meant[]]>,
  meant: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'condition' },
    { weight: 5, arbitrary: onText },
    { weight: 2, arbitrary: onOthers },
    tie('parts').map(
      ([first, ...more]): Meant => ({
        build: () => all(first.build(), ...more.map(({ build }) => build())),
        as: whole(
          'and',
          [first, ...more].map(({ as }) => as),
        ),
      }),
    ),
    tie('parts').map(
      ([first, ...more]): Meant => ({
        build: () => any(first.build(), ...more.map(({ build }) => build())),
        as: whole(
          'or',
          [first, ...more].map(({ as }) => as),
        ),
      }),
    ),
    tie('meant').map(({ build, as }): Meant => ({ build: () => not(build()), as: { kind: 'not', operand: as } })),
    tie('meant').map(
      ({ build, as }): Meant => ({ build: () => exists(build()), as: { kind: 'exists', operand: as, at: 0 } }),
    ),
  ),
}));

/** The specification, or the code of its refusal. */
function written({ build }: Meant, quoteEscape: QuoteEscape): { specification: string } | { code: string } {
  try {
    return { specification: searchSpecification(build(), { quoteEscape, maxLength: 100_000 }) };
  } catch (error) {
    if (error instanceof InvalidInputError) return { code: error.code };
    throw error;
  }
}

// Positions in the text are not what was meant.
const placeless = (expression: Expression) =>
  JSON.parse(JSON.stringify(expression, (key, value) => (key === 'at' ? 0 : value)));

function expectToMean(specification: string, { as }: Meant, options: { doubling: boolean }) {
  expect(placeless(parseSearch(specification, options))).toEqual(placeless(as));
}

describe('a search specification', () => {
  it.each([
    ['one condition', onText],
    ['a whole of conditions', meant],
  ])('is parsed as exactly what was meant, or refused (R51): %s (10 000 runs)', (_what, arbitrary) => {
    let kept = 0;
    fc.assert(
      fc.property(arbitrary, (condition) => {
        const result = written(condition, 'refuse');
        if ('code' in result) {
          expect(result.code).toMatch(/^(VALUE_NOT_QUERYABLE|LEADING_WILDCARD)$/);
          return;
        }
        kept += 1;
        expectToMean(result.specification, condition, { doubling: false });
        // And so it is where a doubled quote is an escape, whether we know that or not.
        expectToMean(result.specification, condition, { doubling: true });
      }),
      { numRuns: 10_000 },
    );
    expect(kept).toBeGreaterThan(2_000);
  });

  it('is parsed as exactly what was meant where a doubled quote is an escape (10 000 runs)', () => {
    let doubled = 0;
    fc.assert(
      fc.property(onText, (condition) => {
        const result = written(condition, 'doubling');
        if ('code' in result) return;
        if ('code' in written(condition, 'refuse')) doubled += 1;
        expectToMean(result.specification, condition, { doubling: true });
      }),
      { numRuns: 10_000 },
    );
    expect(doubled).toBeGreaterThan(50);
  });

  it('exists for every value without both quotes, wildcards, controls and undue length', () => {
    const plain = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 60 })
      .filter((value) => /^[^"*?\\\p{Cc}\u2028\u2029]+$/u.test(value) && value.trim() !== '' && value.length <= 200);
    fc.assert(
      fc.property(plain, (value) => {
        expect(searchSpecification(field('Name').is(value))).toBe(`[Name] = "${value}"`);
      }),
    );
  });
});
