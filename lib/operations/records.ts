import * as z from 'zod/mini';
import type { InputIssue } from '../errors.ts';
import { pointerTo } from '../json.ts';
import type { SiebelRecord } from '../siebel/component.ts';
import { coded, type Field, type ValueOf, writeSchema, writtenValue } from '../siebel/values.ts';

/** The declared fields of a business component by their names in Siebel's records. */
export type Fields = Readonly<Record<string, Field>>;

export type Flat<T> = { [N in keyof T]: T[N] } & {};
export type Writable<F extends Fields> = { [N in keyof F]: F[N]['readOnly'] extends true ? never : N }[keyof F] &
  keyof F;
export type Mandatory<F extends Fields> = { [N in keyof F]: F[N]['optional'] extends true ? never : N }[keyof F] &
  keyof F;
type Always<F extends Fields> = { [N in keyof F]: F[N]['kind'] extends 'text' ? N : never }[keyof F] | Mandatory<F>;
/** What a write takes for an optional field: `null` empties one that is no text. */
type Emptiable<F> = F extends { readonly kind: 'text' } ? ValueOf<F> : ValueOf<F> | null;

/** The fields that lists of records carry: attachments come with single records only. */
export type Listed<F extends Fields> = {
  readonly [N in keyof F as F[N]['kind'] extends 'attachment' ? never : N]: F[N];
};
/** A record as operations answer it: values of the declared types; an optional value that is unset is absent, a text `''`. */
export type ReadRecord<F extends Fields> = Flat<
  { readonly Id: string } & { readonly [N in keyof F & Always<F>]: ValueOf<F[N]> } & {
    readonly [N in Exclude<keyof F, Always<F>>]?: ValueOf<F[N]>;
  }
>;
/** The input of an upsert: every writable field; optional ones may be left out, or be `null` to be emptied. */
export type WriteRecord<F extends Fields> = Flat<
  { readonly [N in Writable<F> & Mandatory<F>]: ValueOf<F[N]> } & {
    readonly [N in Exclude<Writable<F>, Mandatory<F>>]?: Emptiable<F[N]>;
  }
>;
/** The input of an insert: as of an upsert, and its natural key is never left out. */
export type InsertRecord<F extends Fields, K extends keyof F> = Flat<
  { readonly [N in (Writable<F> & Mandatory<F>) | K]: ValueOf<F[N]> } & {
    readonly [N in Exclude<Writable<F>, Mandatory<F> | K>]?: Emptiable<F[N]>;
  }
>;
/** The fields to change of an update. */
export type UpdateFields<F extends Fields> = {
  readonly [N in Writable<F>]?: F[N]['optional'] extends true ? Emptiable<F[N]> : ValueOf<F[N]>;
};

/** A record that was read and understood, or what is wrong with it, field by field (pointers `/Updated`). */
export type DecodedRecord<R> = { readonly record: R } | { readonly issues: readonly [InputIssue, ...InputIssue[]] };

type FieldMap = ReadonlyMap<string, Field>;

/** Fields without attachments. */
export function listed(fields: FieldMap): FieldMap {
  return new Map([...fields].filter(([, { kind }]) => kind !== 'attachment'));
}

/** Fields that writes may have. */
export function writable(fields: FieldMap): FieldMap {
  return new Map([...fields].filter(([, field]) => !field.readOnly));
}

/**
 * Members of the schema of a written record.
 *
 * @param options.naturalKey Fields that are neither left out nor blank.
 * @param options.changes Every field may be left out.
 */
export function writeMembers(
  fields: FieldMap,
  { naturalKey = [], changes = false }: { readonly naturalKey?: readonly string[]; readonly changes?: boolean } = {},
): Record<string, z.ZodMiniType> {
  return Object.fromEntries(
    [...writable(fields)].map(([name, field]): [string, z.ZodMiniType] => {
      if (naturalKey.includes(name)) return [name, field.schema.check(filled)];
      const schema = writeSchema(field);
      return [name, field.optional || changes ? z.optional(schema) : schema];
    }),
  );
}

const filled = /* @__PURE__ */ coded<unknown>(
  'MISSING_FIELD',
  'is blank, and its record could not be found by it',
  (value) => typeof value !== 'string' || value.trim() !== '',
);

/**
 * Turns a record of the wire into values of the declared types. A text that Siebel does not name is unset like an empty
 * one; any other field must be there unless it is optional.
 */
export function decodeRecord(fields: FieldMap, record: SiebelRecord): DecodedRecord<Readonly<Record<string, unknown>>> {
  const issues: InputIssue[] = [];
  const values: [name: string, value: unknown][] = [];
  if (!wireValue(record, 'Id')) issues.push(recordIssue('Id', 'is missing'));
  else values.push(['Id', wireValue(record, 'Id')]);

  for (const [name, field] of fields) {
    const decoded = field.fromWire(wireValue(record, name));
    if ('value' in decoded) values.push([name, decoded.value]);
    else if ('problem' in decoded) issues.push(recordIssue(name, decoded.problem));
    else if (!field.optional) issues.push(recordIssue(name, 'is not set'));
  }

  const [first, ...others] = issues;
  return first ? { issues: [first, ...others] } : { record: Object.fromEntries(values) };
}

/** The values of an accepted input as Siebel writes them; fields that are absent stay absent. */
export function encodeRecord(fields: FieldMap, input: object): SiebelRecord {
  return Object.fromEntries(
    Object.entries(input).flatMap(([name, value]) => {
      const field = fields.get(name);
      return field && value !== undefined ? [[name, writtenValue(field, value)]] : [];
    }),
  );
}

/** Something that is wrong with a member of what Siebel answered. */
export function recordIssue(name: string, problem: string): InputIssue {
  return { pointer: pointerTo([name]), code: 'BAD_TYPE', message: `${name} ${problem}` };
}

function wireValue(record: SiebelRecord, name: string): string {
  return Object.hasOwn(record, name) ? (record[name] ?? '') : '';
}
