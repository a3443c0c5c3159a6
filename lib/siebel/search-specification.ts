import { invalidInput } from '../errors.ts';

declare const built: unique symbol;

/** A search specification that was built here, from declared fields, listed operators and checked literals (R51). */
export type SearchSpecification = string & { readonly [built]: true };

export type ComparisonOperator = '=' | '<=' | '>' | '>=';

/** What a record must satisfy. `value` is text as Siebel writes it: a date is `03/14/2025 09:26:53`. */
export type Condition =
  | { readonly field: string; readonly operator: ComparisonOperator; readonly value: string }
  | { readonly all: readonly Condition[] }
  | { readonly any: readonly Condition[] };

const MAX_VALUE_LENGTH = 200;
/** Names of fields in Siebel's repository, among them `SR #` and `Order/Quote`: nothing that could end a bracket. */
const FIELD_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9 _.#/()&%+-]{0,98}[A-Za-z0-9_#).%])?$/;

/**
 * Builds a search specification in which every value stays inside its literal.
 *
 * Siebel knows no proven escape over REST: a quote of the same kind closes the literal, and what follows is searched
 * for as well. So the literal takes the kind of quote that its value lacks, and a value with both kinds is refused.
 *
 * @param fields The declared fields, and the only ones that may appear.
 * @throws InvalidInputError `VALUE_NOT_QUERYABLE` for a value that cannot stand in a literal, `BAD_FIELD` for a field
 *   that is not declared.
 * @see Siebel REST API Guide, "About URI Parameters": searchspec; docs/siebel.md, injection
 */
export function searchSpecification(fields: ReadonlySet<string>, condition: Condition): SearchSpecification {
  return render(fields, condition) as SearchSpecification;
}

/** What makes a value unfit for a literal, as text after its name; `undefined` when nothing does. */
export function notQueryable(value: string): string | undefined {
  if (value.trim() === '') return 'is blank, which a search cannot ask for';
  if (value.length > MAX_VALUE_LENGTH) return `is longer than the ${MAX_VALUE_LENGTH} characters a search may ask for`;
  if (/[\p{Cc}\u2028\u2029]/u.test(value) || !value.isWellFormed()) return 'contains a control character or line break';
  if (/[*?\\]/.test(value)) return 'contains * or ? or \\, which a search for equality cannot ask for';
  if (value.includes('"') && value.includes("'")) return 'contains both kinds of quotes, which no literal can hold';
  return undefined;
}

/** Whether the text can name a field: checked where fields are declared. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name);
}

function render(fields: ReadonlySet<string>, condition: Condition): string {
  if ('all' in condition) return joined(fields, condition.all, ' AND ');
  if ('any' in condition) return joined(fields, condition.any, ' OR ');

  const { field, operator, value } = condition;
  if (!fields.has(field) || !isFieldName(field))
    throw invalidInput('', 'BAD_FIELD', 'search: the field is not declared');
  return `[${field}] ${operator} ${literal(field, value)}`;
}

function joined(fields: ReadonlySet<string>, parts: readonly Condition[], by: ' AND ' | ' OR '): string {
  if (parts.length === 0) throw new TypeError('search: a condition without parts');
  return parts.map((part) => `(${render(fields, part)})`).join(by);
}

function literal(field: string, value: string): string {
  const problem = notQueryable(value);
  if (problem) throw invalidInput('', 'VALUE_NOT_QUERYABLE', `search: the value for ${field} ${problem}`);
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}
