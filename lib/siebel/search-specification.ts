import { invalidInput } from '../errors.ts';
import {
  type Comparison,
  Condition,
  type Expression,
  isFieldName,
  type QuoteEscape,
  render,
  type SearchValue,
  unqueryable,
} from './search-condition.ts';
import { type DeclaredFields, type Field, type FieldKind, text, type ValueOf } from './values.ts';

export { isFieldName, notQueryable, type QuoteEscape } from './search-condition.ts';
export type { Condition };

declare const built: unique symbol;

/** A search specification that was built here, from declared fields, listed operators and checked literals (R51). */
export type SearchSpecification = string & { readonly [built]: true };

/** Conditions that any field can be part of. */
export interface NullConditions {
  isNull(): Condition;
  isNotNull(): Condition;
}

/** Conditions on a field with values that can be told apart. Comparisons never hold for a field that is not set. */
export interface EqualityConditions<T> {
  is(value: T): Condition;
  /** Another value: a field that is not set is no other value. */
  isNot(value: T): Condition;
  /** One of these, at least one. */
  oneOf(values: readonly T[]): Condition;
}

/** Conditions on a field whose values have an order. */
export interface OrderConditions<T> {
  lessThan(value: T): Condition;
  atMost(value: T): Condition;
  greaterThan(value: T): Condition;
  atLeast(value: T): Condition;
  /** Both ends included. */
  between(from: T, to: T): Condition;
}

/** Conditions on text. There is none that begins with a wildcard: Siebel would read the whole table for it. */
export interface TextConditions {
  /** @throws InvalidInputError for a prefix with `*`, `?` or `\`: `LEADING_WILDCARD` when it begins with one of the first. */
  startsWith(prefix: string): Condition;
  startsWithIgnoringCase(prefix: string): Condition;
  isIgnoringCase(value: string): Condition;
}

/** Kinds of which nothing is asked but whether they are there. */
type Unequal = 'attachment';
/** Kinds whose values have no order. */
type Unordered = Unequal | 'flag' | 'oneOf';

/** What can be asked of a field, by its kind: an attachment only whether it is there, a flag not whether it is less. */
export type FieldConditions<F extends Field> = NullConditions &
  ([F['kind']] extends [Unequal] ? unknown : EqualityConditions<ValueOf<F>>) &
  ([F['kind']] extends [Unordered] ? unknown : OrderConditions<ValueOf<F>>) &
  ('text' extends F['kind'] ? TextConditions : unknown);

/** The conditions on a field that compare it with one value of an input, or ask whether it has one. */
export type OperatorsOf<F extends Field> = Exclude<keyof FieldConditions<F>, 'isNotNull' | 'between'>;
export type Operator = OperatorsOf<Field>;

/** `Id` may be asked for in every business component, declared or not. */
type Searchable<F extends DeclaredFields> = F & { readonly Id: Field<string, false, true, 'text'> };

/** Conditions over declared fields, and over no others. */
export interface Conditions<F extends DeclaredFields> {
  /**
   * What can be asked of one field.
   *
   * @param name The declared name; where searches know another (`searchedAs`), that one goes into the specification.
   * @throws InvalidInputError `BAD_FIELD` for a name that is not declared.
   */
  field<N extends keyof Searchable<F> & string>(name: N): FieldConditions<Searchable<F>[N]>;
}

const ID = /* @__PURE__ */ text(100);
/** Kinds whose literals stand without quotes. */
const NUMBERS: readonly FieldKind[] = ['integer', 'decimal'];

/**
 * The builder of conditions over these fields:
 *
 * ```ts
 * const { field } = conditions({ Name: text(100), Updated: utcDateTime() });
 * all(field('Name').startsWith('Ac'), not(field('Updated').lessThan('2025-03-14T00:00:00Z')));
 * ```
 *
 * Values are of the declared type and are written by it: a flag is `true`, an instant `2025-03-14T09:26:53Z`.
 *
 * @param declared Fields by their names in records.
 * @throws InvalidInputError `VALUE_NOT_QUERYABLE` from each condition, for a value that is not of the declared type.
 */
export function conditions<const F extends DeclaredFields>(declared: F): Conditions<F> {
  return {
    field(name) {
      const field = Object.hasOwn(declared, name) ? declared[name] : name === 'Id' ? ID : undefined;
      const searchName = searchNameOf(name, field);
      if (!field || !isFieldName(searchName)) throw invalidInput('', 'BAD_FIELD', 'search: the field is not declared');
      return conditionsOn(searchName, field) as never;
    },
  };
}

/** The names of `OperatorsOf`, by the kind of the field. */
export function operatorsOf(field: Field): readonly Operator[] {
  return (Object.keys(conditionsOn('Id', field)) as (keyof FieldConditions<Field>)[]).filter(
    (name): name is Operator => name !== 'isNotNull' && name !== 'between',
  );
}

/** The name of a field in search specifications: its own, or what `searchedAs` says. */
export function searchNameOf(name: string, field: Pick<Field, 'searchName'> | undefined): string {
  return field?.searchName ?? name;
}

/** Every one of the conditions, at least one. */
export function all(...parts: readonly [Condition, ...Condition[]]): Condition {
  return joined('all', parts);
}

/** One of the conditions or more, at least one. */
export function any(...parts: readonly [Condition, ...Condition[]]): Condition {
  return joined('any', parts);
}

/** The contrary. Of a comparison with a field that is not set neither it nor its contrary holds, as in SQL. */
export function not(condition: Condition): Condition {
  return new Condition({ kind: 'not', part: Condition.expressionOf(condition) });
}

/**
 * A row of a multi-value field that satisfies the condition; without `exists`, Siebel looks at the primary row alone.
 *
 * @param condition On multi-value fields of one group.
 * @see Siebel Developer's Reference, "EXISTS and NOT EXISTS Operators"
 */
export function exists(condition: Condition): Condition {
  return new Condition({ kind: 'exists', part: Condition.expressionOf(condition) });
}

/**
 * Writes a condition as a search specification in which every value stays inside its literal.
 *
 * Siebel knows no proven escape over REST: a quote of the same kind closes the literal, and what follows is searched
 * for as well. So the literal takes the kind of quote that its value lacks, and a value with both kinds is refused.
 *
 * @param options.quoteEscape `doubling` where a site has shown that a doubled quote stands for one. Default `refuse`.
 * @param options.maxLength Characters before they are encoded for the URL. Default 2 000.
 * @throws InvalidInputError `VALUE_NOT_QUERYABLE` for a value that cannot stand in a literal, `TOO_LONG` for a
 *   specification over the limit.
 * @see Siebel REST API Guide, "About URI Parameters": searchspec; docs/siebel.md, injection
 */
export function searchSpecification(
  condition: Condition,
  {
    quoteEscape = 'refuse',
    maxLength = 2_000,
  }: { readonly quoteEscape?: QuoteEscape | undefined; readonly maxLength?: number | undefined } = {},
): SearchSpecification {
  const specification = render(Condition.expressionOf(condition), quoteEscape);
  if (specification.length > maxLength) {
    const message = `search: the specification has ${specification.length} characters, and ${maxLength} are allowed`;
    throw invalidInput('', 'TOO_LONG', `${message}: ask for fewer or shorter values`);
  }
  return specification as SearchSpecification;
}

function joined(kind: 'all' | 'any', conditions: readonly Condition[]): Condition {
  if (conditions.length === 0) throw new TypeError('search: a condition without parts');
  return new Condition({ kind, parts: conditions.map((condition) => Condition.expressionOf(condition)) });
}

/** Only what the kind of the field takes is there: what a type forbids cannot be called in another way either. */
function conditionsOn(name: string, field: Field): NullConditions & Partial<FieldConditions<Field>> {
  const { kind } = field;
  return {
    ...nullConditions(name),
    ...(kind !== 'attachment' && equalityConditions(name, field)),
    ...(kind !== 'attachment' && kind !== 'flag' && kind !== 'oneOf' && orderConditions(name, field)),
    ...(kind === 'text' && textConditions(name, field)),
  };
}

function nullConditions(name: string): NullConditions {
  return {
    isNull: () => new Condition({ kind: 'null', name, negated: false }),
    isNotNull: () => new Condition({ kind: 'null', name, negated: true }),
  };
}

function equalityConditions(name: string, field: Field): EqualityConditions<unknown> {
  return {
    is: comparison(name, field, '='),
    isNot: comparison(name, field, '<>'),
    oneOf(values) {
      if (values.length === 0) throw unqueryable(name, 'is a list without values');
      return new Condition({ kind: 'any', parts: values.map((value) => compare(name, field, '=', value)) });
    },
  };
}

function orderConditions(name: string, field: Field): OrderConditions<unknown> {
  return {
    lessThan: comparison(name, field, '<'),
    atMost: comparison(name, field, '<='),
    greaterThan: comparison(name, field, '>'),
    atLeast: comparison(name, field, '>='),
    between: (from, to) =>
      new Condition({ kind: 'all', parts: [compare(name, field, '>=', from), compare(name, field, '<=', to)] }),
  };
}

function textConditions(name: string, field: Field): TextConditions {
  const like = (anyCase: boolean) => (prefix: string) =>
    new Condition({ kind: 'like', name, anyCase, prefix: checkedPrefix(name, prefix) });
  return {
    startsWith: like(false),
    startsWithIgnoringCase: like(true),
    isIgnoringCase: comparison(name, field, '~='),
  };
}

function comparison(name: string, field: Field, operator: Comparison) {
  return (value: unknown) => new Condition(compare(name, field, operator, value));
}

function compare(name: string, field: Field, operator: Comparison, value: unknown): Expression {
  return { kind: 'compare', name, operator, value: searchValue(name, field, value) };
}

function searchValue(name: string, field: Field, value: unknown): SearchValue {
  if (!field.schema.safeParse(value).success) throw unqueryable(name, 'is not of the declared type');
  const wire = field.toWire(value);
  return NUMBERS.includes(field.kind) ? { number: wire } : { text: wire };
}

function checkedPrefix(name: string, prefix: unknown): string {
  if (typeof prefix !== 'string') throw unqueryable(name, 'is not text');
  if (/^[*?]/.test(prefix)) throw unqueryable(name, 'begins with a wildcard', 'LEADING_WILDCARD');
  return prefix;
}
