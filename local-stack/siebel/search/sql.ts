import type { Field } from '../components.ts';
import { badLiteral, badSearch, unknownSearchField } from '../siebel-error.ts';
import { tableOf } from '../tables.ts';
import { isNumeric, isTemporal } from '../values.ts';
import type { Condition } from './condition.ts';
import { type Expression, fieldsIn, type Operand } from './expression.ts';
import {
  asNumber,
  fieldOf,
  groupField,
  type Resolve,
  resolverOf,
  type SearchContext,
  sqlOf,
  type Value,
} from './operands.ts';
import { FOLD, SOUND } from './sql-functions.ts';

export type { Condition } from './condition.ts';
export type { SearchContext } from './operands.ts';

/**
 * Turns a parsed search specification into SQL; a value that is not set makes a comparison unknown, as in Siebel's own SQL.
 *
 * @throws SiebelError for a field that the component has not, and for a literal that is none of its field's type.
 */
export function conditionOf(expression: Expression, context: SearchContext): Condition {
  return build(expression, { context, resolve: resolverOf(context.component) });
}

type Comparing = Extract<Expression, { kind: 'compare' }>;

interface Scope {
  readonly context: SearchContext;
  readonly resolve: Resolve;
}

function build(expression: Expression, scope: Scope): Condition {
  switch (expression.kind) {
    case 'and':
    case 'or':
      return balanced(
        expression.operands.map((operand) => build(operand, scope)),
        expression.kind.toUpperCase(),
      );
    case 'not': {
      const { sql, values } = build(expression.operand, scope);
      return { sql: `(NOT ${sql})`, values };
    }
    case 'exists':
      return existsCondition(expression, scope);
    case 'null': {
      const { sql, values } = sqlOf(expression.operand, scope);
      return { sql: `(${sql} IS ${expression.negated ? 'NOT ' : ''}NULL)`, values };
    }
    case 'like':
      return likeCondition(expression, scope);
    case 'sounds': {
      const [left, right] = [sqlOf(expression.left, scope), sqlOf(expression.right, scope)];
      const sql = `${SOUND}(${left.sql}) = ${SOUND}(${right.sql})`;
      return { sql: `(${expression.negated ? 'NOT ' : ''}(${sql}))`, values: [...left.values, ...right.values] };
    }
    case 'compare':
      return compareCondition(expression, scope);
  }
}

/** A chain of any length stays shallow: SQLite takes a thousand levels. */
function balanced(conditions: readonly Condition[], operator: string): Condition {
  const [only] = conditions;
  if (only && conditions.length === 1) return only;
  const middle = conditions.length >> 1;
  const left = balanced(conditions.slice(0, middle), operator);
  const right = balanced(conditions.slice(middle), operator);
  return { sql: `(${left.sql} ${operator} ${right.sql})`, values: [...left.values, ...right.values] };
}

function existsCondition({ operand, at }: Extract<Expression, { kind: 'exists' }>, { context }: Scope): Condition {
  const { component } = context;
  const groups = new Map(fieldsIn(operand).map((name) => [name, groupField(component, name)]));
  const [group] = groups.values();
  if (!group || [...groups.values()].some((other) => other?.name !== group.name)) {
    const unknown = [...groups.keys()].find(
      (name) => !groups.get(name) && !component.fields.some((f) => f.name === name),
    );
    if (unknown !== undefined) throw unknownSearchField(unknown, component.name);
    throw badSearch('EXISTS needs fields of one multi-value group', at);
  }
  const { child, link } = group;
  const resolve: Resolve = (name) => {
    const field = groups.get(name)?.field as Field;
    return { sql: `${tableOf(child)}."${field.name}"`, field };
  };
  const { sql, values } = build(operand, { context, resolve });
  const tied = `"${link.table}"."${link.child}" = ${tableOf(child)}."Id" AND "${link.table}"."${link.parent}" = ${tableOf(component)}."Id"`;
  return { sql: `EXISTS (SELECT 1 FROM "${link.table}", ${tableOf(child)} WHERE ${tied} AND ${sql})`, values };
}

function compareCondition(expression: Comparing, scope: Scope): Condition {
  const [leftField, rightField] = [fieldOf(expression.left, scope.resolve), fieldOf(expression.right, scope.resolve)];
  const left = sqlOf(expression.left, { ...scope, like: rightField });
  const right = sqlOf(expression.right, { ...scope, like: leftField });
  const values = [...left.values, ...right.values];
  const { operator, anyCase } = expression;
  if (anyCase) return { sql: `(${FOLD}(${left.sql}) = ${FOLD}(${right.sql}))`, values };

  const dayField = [leftField, rightField].find((field) => field?.type === 'date');
  // A day is compared with the day of an instant.
  if (dayField) return { sql: `(substr(${left.sql}, 1, 10) ${operator} substr(${right.sql}, 1, 10))`, values };

  const counts = isCounted(left, expression.left, right) || isCounted(right, expression.right, left);
  const [a, b] = counts && !isExact(expression, scope) ? [asNumber(left), asNumber(right)] : [left, right];
  return { sql: `(${a.sql} ${operator} ${b.sql})`, values };
}

/** A number written beside a text is compared as the text it is. */
function isCounted(value: Value, operand: Operand, other: Value): boolean {
  return value.kind === 'number' && (operand.kind !== 'literal' || other.kind === 'number');
}

/** Numbers are kept in their shortest form: equal ones are equal texts, however many digits they have. */
function isExact({ operator, left, right }: Comparing, { resolve }: Scope): boolean {
  const isField = (operand: Operand) => isNumericField(fieldOf(operand, resolve));
  const isOneLiteral = (isField(left) && right.kind === 'literal') || (isField(right) && left.kind === 'literal');
  return (operator === '=' || operator === '<>') && isOneLiteral;
}

function isNumericField(field: Field | undefined): boolean {
  return field !== undefined && isNumeric(field);
}

function likeCondition(expression: Extract<Expression, { kind: 'like' }>, scope: Scope): Condition {
  if (expression.right.kind !== 'literal') throw badSearch('LIKE needs a literal', 1);
  const field = fieldOf(expression.left, scope.resolve);
  // A pattern is no date, and a date is what such a field is compared with.
  if (field && isTemporal(field)) throw badLiteral(expression.right.text, field.name);
  const left = sqlOf(expression.left, scope);
  const { anyCase, negated } = expression;
  // `*` and `?` mean the same to GLOB; what GLOB knows beyond them is made a plain character.
  const pattern = expression.right.text.replaceAll('[', '[[]');
  const sql = anyCase ? `${FOLD}(${left.sql}) GLOB ${FOLD}(?)` : `${left.sql} GLOB ?`;
  return { sql: `(${negated ? 'NOT ' : ''}(${sql}))`, values: [...left.values, pattern] };
}
