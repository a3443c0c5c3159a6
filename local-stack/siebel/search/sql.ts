import { type Component, type Field, fieldNamed } from '../components.ts';
import { isoSeconds, usToIso } from '../dates.ts';
import { badLiteral, badSearch, unknownSearchField } from '../siebel-error.ts';
import type { Expression, Operand } from './parser.ts';

/** A condition in SQL and the values to bind. Literals of the caller never become SQL text. */
export interface Condition {
  readonly sql: string;
  readonly values: readonly string[];
}

export interface SearchContext {
  readonly component: Component;
  readonly user: string;
  readonly nowMs: number;
}

/** Name of the SQL function that ignores case, in every alphabet. */
export const FOLD = 'fold';

/** A column is named as its field: names come from the component's definition alone. */
export function columnOf({ name }: Field): string {
  return `"${name}"`;
}

/** Turns a parsed search specification into SQL; a value that is not set makes a comparison unknown, as in Siebel's own SQL. */
export function conditionOf(expression: Expression, context: SearchContext): Condition {
  switch (expression.kind) {
    case 'and':
    case 'or': {
      const left = conditionOf(expression.left, context);
      const right = conditionOf(expression.right, context);
      const operator = expression.kind.toUpperCase();
      return { sql: `(${left.sql} ${operator} ${right.sql})`, values: [...left.values, ...right.values] };
    }
    case 'not': {
      const { sql, values } = conditionOf(expression.operand, context);
      return { sql: `(NOT ${sql})`, values };
    }
    case 'null': {
      const { sql, values } = operandOf(expression.operand, { context, like: undefined });
      return { sql: `(${sql} IS ${expression.negated ? 'NOT ' : ''}NULL)`, values };
    }
    case 'like':
      return likeCondition(expression, context);
    case 'compare':
      return compareCondition(expression, context);
  }
}

function compareCondition(expression: Extract<Expression, { kind: 'compare' }>, context: SearchContext): Condition {
  const left = operandOf(expression.left, { context, like: fieldOf(expression.right, context) });
  const right = operandOf(expression.right, { context, like: fieldOf(expression.left, context) });
  const [a, b] = expression.anyCase ? [`${FOLD}(${left.sql})`, `${FOLD}(${right.sql})`] : [left.sql, right.sql];
  return { sql: `(${a} ${expression.operator} ${b})`, values: [...left.values, ...right.values] };
}

function likeCondition(expression: Extract<Expression, { kind: 'like' }>, context: SearchContext): Condition {
  if (expression.right.kind !== 'literal') throw badSearch('LIKE needs a literal', 1);
  const left = operandOf(expression.left, { context, like: undefined });
  const { anyCase, negated } = expression;
  // `*` and `?` mean the same to GLOB; what GLOB knows beyond them is made a plain character.
  const pattern = expression.right.text.replaceAll('[', '[[]');
  const sql = anyCase ? `${FOLD}(${left.sql}) GLOB ${FOLD}(?)` : `${left.sql} GLOB ?`;
  return { sql: `(${negated ? 'NOT ' : ''}(${sql}))`, values: [...left.values, pattern] };
}

function operandOf(
  operand: Operand,
  { context, like }: { context: SearchContext; like: Field | undefined },
): Condition {
  if (operand.kind === 'field') return { sql: columnOf(existing(operand.name, context)), values: [] };
  if (operand.kind === 'literal') return { sql: '?', values: [literalFor(operand.text, like)] };
  if (operand.name === 'LoginName') return { sql: '?', values: [context.user] };
  const now = isoSeconds(context.nowMs);
  return { sql: '?', values: [operand.name === 'Today' ? `${now.slice(0, 10)}T00:00:00Z` : now] };
}

function fieldOf(operand: Operand, context: SearchContext): Field | undefined {
  return operand.kind === 'field' ? existing(operand.name, context) : undefined;
}

function existing(name: string, { component }: SearchContext): Field {
  const field = fieldNamed(component, name);
  if (!field) throw unknownSearchField(name, component.name);
  return field;
}

function literalFor(text: string, field: Field | undefined): string {
  if (field?.type !== 'utcDateTime') return text;
  const iso = usToIso(text);
  if (iso === undefined) throw badLiteral(text, field.name);
  return iso;
}
