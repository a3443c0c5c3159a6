import * as z from 'zod/mini';

/** What a wire value turned out to be: a value of the declared type, nothing at all, or something else. */
export type Decoded<T> =
  | { readonly value: T }
  | { readonly unset: true }
  /** Says what is wrong without the value itself: `is not a date of the form MM/DD/YYYY HH:MM:SS`. */
  | { readonly problem: string };

/** JSON type that a field has in our own inputs and outputs. */
export type JsonKind = 'string' | 'number' | 'boolean';

/**
 * The declared type of one field of a business component: how it looks in our inputs and outputs, and on Siebel's wire,
 * where every value is text.
 *
 * Values are converted by this declaration, never by the look of the text.
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
  readonly schema: z.ZodMiniType<T>;
  toWire(value: T): string;
  fromWire(wire: string): Decoded<T>;
}

export type FieldKind = 'text' | 'utcDateTime' | 'flag';

/**
 * Text of at most `maxLength` characters. Unset is the empty text, on reads and on writes.
 *
 * Line breaks and tabs are kept; other control characters and lone surrogates are refused (`BAD_CHARACTER`).
 *
 * @param maxLength Length of the field in Siebel, 1 to 65 536.
 */
export function text(maxLength: number): Field<string, false, false, 'text'> {
  if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > 65_536) {
    throw new RangeError(`text(${maxLength}): the length of a field is a whole number from 1 to 65536`);
  }
  return {
    kind: 'text',
    json: 'string',
    optional: false,
    readOnly: false,
    maxLength,
    schema: z.string().check(z.maxLength(maxLength), printable),
    toWire: (value) => value,
    fromWire: (wire) => ({ value: wire }),
  };
}

/**
 * A date and time that Siebel keeps in UTC (`DTYPE_UTCDATETIME`): `2025-03-14T09:26:53Z` here, `03/14/2025 09:26:53` on the
 * wire, to the second.
 *
 * Only for fields that really are in UTC, and for an integration user whose zone is UTC: the wire says no zone.
 *
 * @see docs/siebel.md, values on the wire
 */
export function utcDateTime(): Field<string, false, false, 'utcDateTime'> {
  return {
    kind: 'utcDateTime',
    json: 'string',
    optional: false,
    readOnly: false,
    maxLength: undefined,
    schema: z.string().check(coded('BAD_TIME', 'is not an instant of the form 2025-03-14T09:26:53Z', isInstant)),
    toWire: instantToWire,
    fromWire: instantFromWire,
  };
}

/** A flag: `true` or `false` here, `Y` or `N` on the wire; `Yes` and `No` are read as well. */
export function flag(): Field<boolean, false, false, 'flag'> {
  return {
    kind: 'flag',
    json: 'boolean',
    optional: false,
    readOnly: false,
    maxLength: undefined,
    schema: z.boolean(),
    toWire: (value) => (value ? 'Y' : 'N'),
    fromWire(wire) {
      if (wire === 'Y' || wire === 'Yes') return { value: true };
      if (wire === 'N' || wire === 'No') return { value: false };
      return wire === '' ? { unset: true } : { problem: 'is not a flag (Y or N)' };
    },
  };
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

/** Adds a check that fails with a stable code of ours; the message never repeats the value. */
export function coded<T>(code: string, message: string, passes: (value: T) => boolean): z.core.$ZodCheck<T> {
  return z.refine(passes, { error: message, params: { code } });
}

const printable = coded<string>(
  'BAD_CHARACTER',
  'contains a control character or half of a character pair',
  (value) => !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value) && value.isWellFormed(),
);

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.0{1,9})?Z$/;
const WIRE_DATE_TIME = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)$/;

/** Whether the text is an existing instant, to the second, in UTC: `2025-02-30T00:00:00Z` is none. */
export function isInstant(value: string): boolean {
  const [, year, month, day, hour, minute, second] = INSTANT.exec(value) ?? [];
  return exists(year, month, day, hour, minute, second);
}

/** `2025-03-14T09:26:53Z` as Siebel writes it: `03/14/2025 09:26:53`. */
export function instantToWire(value: string): string {
  const [, year, month, day, hour, minute, second] = INSTANT.exec(value) ?? [];
  if (!exists(year, month, day, hour, minute, second)) throw new RangeError('not an instant');
  return `${month}/${day}/${year} ${hour}:${minute}:${second}`;
}

/** `03/14/2025 09:26:53` as an instant: `2025-03-14T09:26:53Z`. */
export function instantFromWire(wire: string): Decoded<string> {
  if (wire === '') return { unset: true };
  const [, month, day, year, hour, minute, second] = WIRE_DATE_TIME.exec(wire) ?? [];
  return exists(year, month, day, hour, minute, second)
    ? { value: `${year}-${month}-${day}T${hour}:${minute}:${second}Z` }
    : { problem: 'is not a date and time of the form MM/DD/YYYY HH:MM:SS' };
}

// Date rolls 02/30 over to March; the parts coming back unchanged shows that the instant exists.
function exists(...parts: (string | undefined)[]): boolean {
  const [year, month, day, hour, minute, second] = parts.map(Number);
  if (parts[0] === undefined || year === undefined || month === undefined) return false;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour ?? 0, minute, second);
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    date.getUTCHours() === hour &&
    date.getUTCMinutes() === minute &&
    date.getUTCSeconds() === second
  );
}
