import * as z from 'zod/mini';

/** What a wire value turned out to be: a value of the declared type, nothing at all, or something else. */
export type Decoded<T> =
  | { readonly value: T }
  | { readonly unset: true }
  /** Says what is wrong without the value itself: `is not a date of the form MM/DD/YYYY HH:MM:SS`. */
  | { readonly problem: string };

/** JSON type that a field has in our own inputs and outputs. */
export type JsonKind = 'string' | 'number' | 'boolean';

export type FieldKind =
  | 'text'
  | 'oneOf'
  | 'flag'
  | 'integer'
  | 'decimal'
  | 'date'
  | 'time'
  | 'utcDateTime'
  | 'dateTime'
  | 'attachment';

/**
 * The declared type of one field of a business component: how it looks in our inputs and outputs, and on Siebel's wire,
 * where every value is text.
 *
 * Values are converted by this declaration, never by the look of the text. What `schema` accepts, `toWire` writes, and
 * `fromWire` reads it back as the same value.
 */
export interface Field<
  T = unknown,
  Optional extends boolean = boolean,
  ReadOnly extends boolean = boolean,
  Kind extends FieldKind = FieldKind,
> {
  readonly kind: Kind;
  readonly json: JsonKind;
  /** May be left out of an upsert; the record then keeps what it has. */
  readonly optional: Optional;
  /** Set by Siebel: refused in every write. */
  readonly readOnly: ReadOnly;
  /** Characters that Siebel stores; longer values are refused before sending, for Siebel may cut them silently. */
  readonly maxLength: number | undefined;
  /** Name of the field in search specifications, where it is another than in records (`searchedAs`). */
  readonly searchName?: string | undefined;
  readonly schema: z.ZodMiniType<T>;
  /** @throws RangeError for a value that `schema` refuses and that has no form on the wire. */
  toWire(value: T): string;
  fromWire(wire: string): Decoded<T>;
}

/** Fields by their names in records: those of Siebel's payload, which the parameter `fields` takes as well. */
export type DeclaredFields = Readonly<Record<string, Field>>;

/** Type of a field's values in our inputs and outputs: `ValueOf<Field<string>>` is `string`. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

/**
 * A field of this kind: its limit, and how its values are checked, written and read.
 *
 * @param own.maxLength Default: no limit of characters.
 */
export function fieldOf<T, const K extends FieldKind>(
  kind: K,
  own: Pick<Field<T>, 'json' | 'schema' | 'toWire' | 'fromWire'> & { readonly maxLength?: number },
): Field<T, false, false, K> {
  return { kind, optional: false, readOnly: false, maxLength: undefined, ...own };
}

/** A field that an upsert may leave out, and that a record may lack. */
export function optional<T, R extends boolean, K extends FieldKind>(
  field: Field<T, boolean, R, K>,
): Field<T, true, R, K> {
  return { ...field, optional: true };
}

/** A field that Siebel sets by itself, or computes: read, never written. */
export function readOnly<T, O extends boolean, K extends FieldKind>(
  field: Field<T, O, boolean, K>,
): Field<T, O, true, K> {
  return { ...field, readOnly: true };
}

/**
 * A field that search specifications know by another name than records do: `Staff: searchedAs('Employees', integer())`.
 *
 * Records carry the names of the integration object, searches those of the business component, and the two may differ.
 *
 * @param searchName Name of the field in the business component.
 * @see docs/siebel.md, search specifications: two vocabularies
 */
export function searchedAs<T, O extends boolean, R extends boolean, K extends FieldKind>(
  searchName: string,
  field: Field<T, O, R, K>,
): Field<T, O, R, K> {
  return { ...field, searchName };
}

/** What a write accepts for a field: its values and, to empty an optional field that is no text, `null`. */
export function writeSchema<F extends Field>(field: F): z.ZodMiniType<ValueOf<F> | null> {
  const schema = field.schema as z.ZodMiniType<ValueOf<F>>;
  return canBeEmptied(field) ? (z.nullable(schema) as z.ZodMiniType<ValueOf<F> | null>) : schema;
}

/**
 * A value that `writeSchema` accepted, as Siebel writes it: `null` is the empty text, which empties the field.
 *
 * @throws RangeError for a value that `writeSchema` refuses and that has no form on the wire.
 */
export function writtenValue<F extends Field>(field: F, value: ValueOf<F> | null): string {
  if (value !== null) return field.toWire(value);
  if (!canBeEmptied(field)) throw new RangeError('a field that cannot be emptied by null');
  return '';
}

/** Adds a check that fails with a stable code of ours; the message never repeats the value. */
export function coded<T>(code: string, message: string, passes: (value: T) => boolean): z.core.$ZodCheck<T> {
  return z.refine(passes, { error: message, params: { code } });
}

// A text is emptied by the empty text, so that it needs no second way.
function canBeEmptied({ kind, optional: mayBeUnset }: Pick<Field, 'kind' | 'optional'>): boolean {
  return mayBeUnset && kind !== 'text';
}
