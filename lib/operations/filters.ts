import * as z from 'zod/mini';
import { ConfigurationError, type InputIssue, InvalidInputError } from '../errors.ts';
import { pointerTo } from '../json.ts';
import {
  all,
  type Condition,
  conditions,
  exists,
  notQueryable,
  type Operator,
  type OperatorsOf,
  operatorsOf,
} from '../siebel/search-specification.ts';
import type { Field, ValueOf } from '../siebel/values.ts';
import { RESERVED, type Values } from './members.ts';
import type { InputMember } from './operation.ts';
import type { Fields, Flat } from './records.ts';

/** A filter under a name of its own: `updatedSince: { field: 'Updated', operator: 'atLeast' }`. */
export type FilterOn<F extends Fields> = {
  [N in keyof F & string]: {
    readonly field: N;
    readonly operator: OperatorsOf<F[N]>;
    /** Looks at every row of a multi-value field, and not at the primary one alone. Default false. */
    readonly anyRow?: boolean;
  };
}[keyof F & string];
/** Fields that must equal what is given, or by member of the input what it is compared with, and how. */
export type Filters<F extends Fields> =
  | readonly (keyof F & string)[]
  | ({ readonly [N in keyof F]?: OperatorsOf<F[N]> | FilterOn<F> } & {
      readonly [member: string]: Operator | FilterOn<F>;
    });

type ByOperator<F, O> = O extends 'oneOf' ? readonly ValueOf<F>[] : O extends 'isNull' ? boolean : ValueOf<F>;
type FilterValue<F extends Fields, M, D> = D extends { readonly field: infer N; readonly operator: infer O }
  ? ByOperator<F[N & keyof F], O>
  : M extends keyof F
    ? ByOperator<F[M], D>
    : never;
/** The members that filters add to an input; each may be left out. */
export type FilterInput<F extends Fields, X> = X extends readonly (infer N)[]
  ? { readonly [M in N & keyof F]?: ValueOf<F[M]> }
  : Flat<{ readonly [M in keyof X]?: FilterValue<F, M, X[M]> }>;

/** Filters, checked, as operations need them. */
export interface DeclaredFilters {
  readonly members: Readonly<Record<string, z.ZodMiniType>>;
  readonly inputMembers: readonly (readonly [string, InputMember])[];
  /** What the fixed condition and the filters that are given ask for; `undefined` when that is nothing. */
  conditionOf(input: Values): Condition | undefined;
  /** A refusal of the search by its builder as one of the members of the input that are at fault. */
  explained(error: unknown, input: Values): unknown;
}

interface Filter {
  readonly member: string;
  readonly name: string;
  readonly operator: Operator;
  readonly anyRow: boolean;
  readonly field: Field;
}

/** Most values of a `oneOf` filter: more do not fit into a search. */
const MAX_VALUES = 50;
/**
 * Checks filters against the fields that may be searched.
 *
 * @param component Name, for errors.
 * @throws ConfigurationError for a filter on a field that is not declared, or with an operator that it does not take.
 */
export function declareFilters(
  component: string,
  searchable: Fields,
  given: readonly string[] | Readonly<Record<string, unknown>>,
  where?: Condition,
): DeclaredFilters {
  const entries = Array.isArray(given)
    ? given.map((name: string): [string, unknown] => [name, 'is'])
    : Object.entries(given);
  const filters = entries.map(([member, definition]) => filterOf(component, searchable, member, definition));
  const { field: on } = conditions(searchable);

  const conditionOf = ({ name, operator, anyRow }: Filter, value: unknown): Condition => {
    const method = operator === 'isNull' && value === false ? 'isNotNull' : operator;
    const condition = (on(name)[method] as (value: unknown) => Condition)(value);
    return anyRow ? exists(condition) : condition;
  };
  return {
    members: Object.fromEntries(filters.map((filter) => [filter.member, z.optional(schemaOf(filter))])),
    inputMembers: filters.map((filter) => [filter.member, memberOf(filter)]),
    conditionOf(input) {
      const asked = filters.flatMap((filter) => {
        const value = Object.hasOwn(input, filter.member) ? input[filter.member] : undefined;
        return value === undefined ? [] : [conditionOf(filter, value)];
      });
      const [first, ...others] = where ? [where, ...asked] : asked;
      return first && all(first, ...others);
    },
    explained(error, input) {
      if (!(error instanceof InvalidInputError) || error.code !== 'VALUE_NOT_QUERYABLE') return error;
      const [first, ...others] = filters.flatMap(({ member }) => unqueryable(member, input[member]));
      return first ? new InvalidInputError([first, ...others], { cause: error }) : error;
    },
  };
}

function unqueryable(member: string, value: unknown): InputIssue[] {
  const texts = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'string');
  const message = texts.map((each) => notQueryable(each)).find((problem) => problem !== undefined);
  return message ? [{ pointer: pointerTo(['input', member]), code: 'VALUE_NOT_QUERYABLE', message }] : [];
}

function filterOf(component: string, searchable: Fields, member: string, definition: unknown): Filter {
  const refuse = (what: string) =>
    new ConfigurationError(`business component ${component}: the filter ${member} ${what}`);
  const {
    field: name,
    operator,
    anyRow = false,
  } = (typeof definition === 'string' ? { field: member, operator: definition } : definition) as {
    field: string;
    operator: Operator;
    anyRow?: boolean;
  };
  const field = Object.hasOwn(searchable, name) ? searchable[name] : undefined;
  if (!field)
    throw refuse(name === member ? 'is not a declared field' : `names ${name}, which is not a declared field`);
  if (RESERVED.has(member)) throw refuse(`has a name with a meaning of its own`);
  if (!operatorsOf(field).includes(operator))
    throw refuse(`asks ${name} for ${operator}, which its type does not have`);
  return { member, name, operator, anyRow, field };
}

function schemaOf({ field, operator }: Filter): z.ZodMiniType {
  if (operator === 'isNull') return z.boolean();
  const isPrefix = operator === 'startsWith' || operator === 'startsWithIgnoringCase';
  const one =
    field.json === 'string'
      ? (field.schema as z.ZodMiniType<string>).check(isPrefix ? queryablePrefix : queryable)
      : field.schema;
  return operator === 'oneOf' ? z.array(one).check(z.minLength(1), z.maxLength(MAX_VALUES)) : one;
}

function memberOf({ field, operator }: Filter): InputMember {
  if (operator === 'isNull') return { type: 'boolean' };
  return operator === 'oneOf' ? { type: field.json, list: true } : { type: field.json };
}

// Quotes of both kinds are judged where the search is written: a site may have an escape for them.
const queryablePrefix: z.core.CheckFn<string> = (payload) => {
  const { value, issues } = payload;
  if (!/^[*?]/.test(value)) return queryable(payload);
  const message = 'begins with a wildcard, which would read every record';
  issues.push({ code: 'custom', params: { code: 'LEADING_WILDCARD' }, message, input: value });
};
const queryable: z.core.CheckFn<string> = ({ value, issues }) => {
  const message = notQueryable(value, { quoteEscape: 'doubling' });
  if (message) issues.push({ code: 'custom', params: { code: 'VALUE_NOT_QUERYABLE' }, message, input: value });
};
