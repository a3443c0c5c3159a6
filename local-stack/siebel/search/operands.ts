import { type Component, type Field, fieldNamed, findChild } from '../components.ts';
import { fromWallClock, isoSeconds, toWallClock } from '../dates.ts';
import { badSearch, unknownSearchField } from '../siebel-error.ts';
import { columnOf, tableOf } from '../tables.ts';
import { isNumeric, isTemporal, type Locale, toStored } from '../values.ts';
import type { Operand } from './expression.ts';
import { FOLD, UNFOLD } from './sql-functions.ts';

/** Who searches, when, and in what. */
export interface SearchContext extends Locale {
  readonly component: Component;
  readonly user: string;
  readonly nowMs: number;
  readonly organization?: string | undefined;
}

/** A value in SQL: text, a number, or an instant in ISO 8601. */
export interface Value {
  readonly sql: string;
  readonly values: readonly string[];
  readonly kind: 'text' | 'number' | 'instant';
}

/** Finds what a field name means: the column and its field. */
export type Resolve = (name: string) => { readonly sql: string; readonly field: Field };

/** Fields of the component; a multi-value field is read on the primary row of its group. */
export function resolverOf(component: Component): Resolve {
  return (name) => {
    const field = fieldNamed(component, name);
    if (field) return { sql: `${tableOf(component)}.${columnOf(field)}`, field };
    const group = groupField(component, name);
    if (!group) throw unknownSearchField(name, component.name);
    const { child, link, field: of } = group;
    const sql = `(SELECT ${tableOf(child)}.${columnOf(of)} FROM ${tableOf(child)} WHERE ${tableOf(child)}."Id" = ${tableOf(component)}."${link.primary}")`;
    return { sql, field: of };
  };
}

/** What a multi-value field shows: a field of the rows that an association ties to the record. */
export function groupField(component: Component, name: string) {
  const known = component.multiValueFields.find((field) => field.name === name);
  const found = known && findChild(component, known.child);
  const field = found && fieldNamed(found.component, known.field);
  return found?.link.through && field && { name: known.child, child: found.component, link: found.link.through, field };
}

/** Turns an operand into SQL; a literal is read as the type of the field that it is compared with. */
export function sqlOf(
  operand: Operand,
  { context, resolve, like }: { context: SearchContext; resolve: Resolve; like?: Field | undefined },
): Value {
  switch (operand.kind) {
    case 'field': {
      const { sql, field } = resolve(operand.name);
      return { sql, values: [], kind: isNumeric(field) ? 'number' : isTemporal(field) ? 'instant' : 'text' };
    }
    case 'literal':
      return literalOf(operand, like, context);
    case 'function':
      return functionOf(operand, { context, resolve });
    case 'arithmetic':
      return arithmeticOf(operand, { context, resolve });
  }
}

/** The field whose type the other side of a comparison is read as. */
export function fieldOf(operand: Operand, resolve: Resolve): Field | undefined {
  return operand.kind === 'field' ? resolve(operand.name).field : undefined;
}

/** A value where a number is needed. */
export function asNumber({ sql, values, kind }: Value): Value {
  return kind === 'instant' ? { sql, values, kind } : { sql: `CAST(${sql} AS REAL)`, values, kind: 'number' };
}

function literalOf(
  { text, isNumber }: Extract<Operand, { kind: 'literal' }>,
  like: Field | undefined,
  context: SearchContext,
): Value {
  if (!like) return { sql: '?', values: [text], kind: isNumber ? 'number' : 'text' };
  // Digits that the field does not have find nothing, in the place of being rounded away.
  const stored = toStored(isNumeric(like) ? { ...like, type: 'decimal', scale: 22 } : like, text, context);
  return { sql: '?', values: [stored], kind: isNumeric(like) ? 'number' : isTemporal(like) ? 'instant' : 'text' };
}

function functionOf(
  { name, of, at }: Extract<Operand, { kind: 'function' }>,
  parts: { context: SearchContext; resolve: Resolve },
): Value {
  const { context } = parts;
  const text = (value: string): Value => ({ sql: '?', values: [value], kind: 'text' });
  const [first, second] = of.map((operand) => sqlOf(operand, parts));
  switch (name) {
    case 'Today':
      return { sql: '?', values: [today(context)], kind: 'instant' };
    case 'Timestamp':
      return { sql: '?', values: [isoSeconds(context.nowMs)], kind: 'instant' };
    case 'LoginName':
      return text(context.user);
    case 'OrganizationName':
      return text(context.organization ?? '');
    case 'GetProfileAttr':
      return { sql: "nullif(?, '')", values: [profileAttribute(of[0], context)], kind: 'text' };
    case 'LookupValue':
      if (of[1]?.kind !== 'literal') throw badSearch('LookupValue needs literals', at);
      return text(of[1].text);
    case 'Len':
      return call('length', [first], 'number');
    case 'Left':
      return call('substr', [first, second && asNumber(second)], 'text', ', 1, ');
    case 'Upper':
      return call(UNFOLD, [first], 'text');
    case 'Lower':
      return call(FOLD, [first], 'text');
    case 'IfNull':
      return call('ifnull', [first, second], first?.kind ?? 'text');
  }
}

function call(name: string, of: readonly (Value | undefined)[], kind: Value['kind'], between = ', '): Value {
  const present = of.filter((value) => value !== undefined);
  return {
    sql: `${name}(${present.map(({ sql }) => sql).join(between)})`,
    values: present.flatMap(({ values }) => values),
    kind,
  };
}

/** Days are added to and taken from an instant that is known; all else counts with numbers. */
function arithmeticOf(
  { operator, left, right, at }: Extract<Operand, { kind: 'arithmetic' }>,
  parts: { context: SearchContext; resolve: Resolve },
): Value {
  const [a, b] = [sqlOf(left, parts), sqlOf(right, parts)];
  if (a.kind === 'instant' || b.kind === 'instant') {
    const days = right.kind === 'literal' && right.isNumber ? Number(right.text) : Number.NaN;
    const startMs = a.sql === '?' && a.kind === 'instant' ? Date.parse(a.values[0] ?? '') : Number.NaN;
    const ms = startMs + (operator === '-' ? -days : days) * 86_400_000;
    const isPossible = (operator === '+' || operator === '-') && Math.abs(ms) < 8e15;
    if (!isPossible) throw badSearch('days can be added to Today() and Timestamp() only', at);
    return { sql: '?', values: [isoSeconds(ms)], kind: 'instant' };
  }
  const [x, y] = [asNumber(a), asNumber(b)];
  return { sql: `(${x.sql} ${operator} ${y.sql})`, values: [...x.values, ...y.values], kind: 'number' };
}

/** The day begins when it does where the user is. */
function today({ nowMs, timeZone = 'UTC' }: SearchContext): string {
  return fromWallClock(`${toWallClock(isoSeconds(nowMs), timeZone).slice(0, 10)}T00:00:00Z`, timeZone);
}

function profileAttribute(operand: Operand | undefined, { user, organization }: SearchContext): string {
  const name = operand?.kind === 'literal' ? operand.text : '';
  return { 'Login Name': user, 'Primary Organization Name': organization ?? '' }[name] ?? '';
}
