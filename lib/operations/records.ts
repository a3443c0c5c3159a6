import type { InputIssue } from '../errors.ts';
import { pointerTo } from '../json.ts';
import type { SiebelRecord } from '../siebel/component.ts';
import type { Field } from '../siebel/values.ts';

/** The declared fields of a business component by their names at Siebel. */
export type Fields = Readonly<Record<string, Field>>;

type ValueOf<F> = F extends Field<infer T> ? T : never;
type Flat<T> = { [N in keyof T]: T[N] } & {};
export type Writable<F extends Fields> = { [N in keyof F]: F[N]['readOnly'] extends true ? never : N }[keyof F] &
  keyof F;
export type Mandatory<F extends Fields> = { [N in keyof F]: F[N]['optional'] extends true ? never : N }[keyof F] &
  keyof F;
type Always<F extends Fields> = { [N in keyof F]: F[N]['kind'] extends 'text' ? N : never }[keyof F] | Mandatory<F>;

/** A record as operations answer it: values of the declared types; an optional date or flag that is unset is absent. */
export type ReadRecord<F extends Fields> = Flat<
  { readonly Id: string } & { readonly [N in keyof F & Always<F>]: ValueOf<F[N]> } & {
    readonly [N in Exclude<keyof F, Always<F>>]?: ValueOf<F[N]>;
  }
>;
/** The input of an upsert: every writable field; optional ones may be left out. */
export type WriteRecord<F extends Fields> = Flat<
  { readonly [N in Writable<F> & Mandatory<F>]: ValueOf<F[N]> } & {
    readonly [N in Exclude<Writable<F>, Mandatory<F>>]?: ValueOf<F[N]>;
  }
>;
/** The input of an update: the Id, and the fields to change. */
export type UpdateRecord<F extends Fields> = Flat<
  { readonly Id: string } & { readonly [N in Writable<F>]?: ValueOf<F[N]> }
>;
/** The input of a search: values that the filters must equal, and how many records are wanted at most. */
export type SearchInput<F extends Fields, N extends keyof F> = Flat<
  { readonly [M in N]?: ValueOf<F[M]> } & { readonly limit?: number }
>;

/** A record that was read and understood, or what is wrong with it, field by field (pointers `/Updated`). */
export type DecodedRecord<R> = { readonly record: R } | { readonly issues: readonly [InputIssue, ...InputIssue[]] };

/**
 * Turns a record of the wire into values of the declared types. A text that Siebel does not name is unset like an empty
 * one; any other field must be there unless it is optional.
 */
export function decodeRecord(fields: ReadonlyMap<string, Field>, record: SiebelRecord): DecodedRecord<unknown> {
  const issues: InputIssue[] = [];
  const values: [name: string, value: unknown][] = [];
  if (!wireValue(record, 'Id')) issues.push(issueAt('Id', 'is missing'));
  else values.push(['Id', wireValue(record, 'Id')]);

  for (const [name, field] of fields) {
    const decoded = field.fromWire(wireValue(record, name));
    if ('value' in decoded) values.push([name, decoded.value]);
    else if ('problem' in decoded) issues.push(issueAt(name, decoded.problem));
    else if (!field.optional) issues.push(issueAt(name, 'is not set'));
  }

  const [first, ...others] = issues;
  return first ? { issues: [first, ...others] } : { record: Object.fromEntries(values) };
}

/** The values of an accepted input as Siebel writes them; fields that are absent stay absent. */
export function encodeRecord(fields: ReadonlyMap<string, Field>, input: object): SiebelRecord {
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => {
      const field = fields.get(name);
      return field && value !== undefined ? [[name, field.toWire(value)]] : [];
    }),
  );
}

function wireValue(record: SiebelRecord, name: string): string {
  return Object.hasOwn(record, name) ? (record[name] ?? '') : '';
}

function issueAt(name: string, problem: string): InputIssue {
  return { pointer: pointerTo([name]), code: 'BAD_TYPE', message: `${name} ${problem}` };
}
