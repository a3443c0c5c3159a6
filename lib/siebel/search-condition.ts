import { invalidInput } from '../errors.ts';

export type Comparison = '=' | '<>' | '<' | '<=' | '>' | '>=' | '~=';

/** What a condition says, before it is text. Values are as Siebel writes them: a date is `03/14/2025 09:26:53`. */
export type Expression =
  | { readonly kind: 'compare'; readonly name: string; readonly operator: Comparison; readonly value: SearchValue }
  | { readonly kind: 'like'; readonly name: string; readonly anyCase: boolean; readonly prefix: string }
  | { readonly kind: 'null'; readonly name: string; readonly negated: boolean }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not' | 'exists'; readonly part: Expression };

/** Text stands between quotes, a number does not. */
export type SearchValue = { readonly text: string } | { readonly number: string };

/** How a literal holds a value with quotes of both kinds: not at all, or with quotes of its own kind doubled. */
export type QuoteEscape = 'refuse' | 'doubling';

/** What a record must satisfy: made by the builder of `search-specification.ts` alone, from declared fields. */
export class Condition {
  readonly #expression: Expression;

  constructor(expression: Expression) {
    this.#expression = expression;
    Object.freeze(this);
  }

  /**
   * What a condition says.
   *
   * @throws TypeError for what only looks like a condition: a cast, or an object out of a message.
   */
  static expressionOf(condition: Condition): Expression {
    return condition.#expression;
  }
}

/** Names of fields in Siebel's repository, among them `SR #` and `Order/Quote`: nothing that could end a bracket. */
const FIELD_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 _.#/()&%+-]{0,98}[A-Za-z0-9_#).%])?$/;
const MAX_VALUE_LENGTH = 200;
const NUMBER = /^-?\d{1,40}(?:\.\d{1,40})?$/;

/** Whether the text can name a field: checked where fields are declared. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name);
}

/** What makes a value unfit for a literal, as text after its name; `undefined` when nothing does. */
export function notQueryable(
  value: string,
  { quoteEscape = 'refuse' }: { readonly quoteEscape?: QuoteEscape | undefined } = {},
): string | undefined {
  if (value.trim() === '') return 'is blank, which a search cannot ask for';
  if (value.length > MAX_VALUE_LENGTH) return `is longer than the ${MAX_VALUE_LENGTH} characters a search may ask for`;
  if (/[\p{Cc}\u2028\u2029]/u.test(value) || !value.isWellFormed()) return 'contains a control character or line break';
  if (/[*?\\]/.test(value)) return 'contains * or ? or \\, which a search for equality cannot ask for';
  if (quoteEscape === 'refuse' && value.includes('"') && value.includes("'")) {
    return 'contains both kinds of quotes, which no literal can hold';
  }
  return undefined;
}

/** The text of an expression: every part of a whole in parentheses of its own, so that none changes another's meaning. */
export function render(expression: Expression, quoteEscape: QuoteEscape): string {
  const inner = (part: Expression) => `(${render(part, quoteEscape)})`;
  switch (expression.kind) {
    case 'all':
      return expression.parts.map(inner).join(' AND ');
    case 'any':
      return expression.parts.map(inner).join(' OR ');
    case 'not':
      return expression.part.kind === 'exists'
        ? `NOT ${render(expression.part, quoteEscape)}`
        : `NOT ${inner(expression.part)}`;
    case 'exists':
      return `EXISTS ${inner(expression.part)}`;
    case 'null':
      return `[${expression.name}] IS ${expression.negated ? 'NOT NULL' : 'NULL'}`;
    case 'like': {
      const { name, anyCase, prefix } = expression;
      return `[${name}] ${anyCase ? '~LIKE' : 'LIKE'} ${quoted(name, prefix, { quoteEscape, suffix: '*' })}`;
    }
    case 'compare': {
      const { name, operator, value } = expression;
      return `[${name}] ${operator} ${'text' in value ? quoted(name, value.text, { quoteEscape }) : number(name, value.number)}`;
    }
  }
}

/** The refusal of a value; its message names the field and never the value. */
export function unqueryable(name: string, problem: string, code = 'VALUE_NOT_QUERYABLE'): Error {
  return invalidInput('', code, `search: the value for ${name} ${problem}`);
}

function quoted(
  name: string,
  value: string,
  { quoteEscape, suffix = '' }: { readonly quoteEscape: QuoteEscape; readonly suffix?: '' | '*' },
): string {
  const problem = notQueryable(value, { quoteEscape });
  if (problem) throw unqueryable(name, problem);
  // The kind of quote that the value lacks needs no escape; with both kinds, doubling has been asked for.
  if (!value.includes('"')) return `"${value}${suffix}"`;
  return value.includes("'") ? `"${value.replaceAll('"', '""')}${suffix}"` : `'${value}${suffix}'`;
}

function number(name: string, value: string): string {
  if (!NUMBER.test(value)) throw unqueryable(name, 'is not a number');
  return value;
}
