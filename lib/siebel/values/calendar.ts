import * as z from 'zod/mini';
import { coded, type Decoded, type Field, fieldOf } from './field.ts';

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.0{1,9})?Z$/;
const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;
const WIRE_DATE_TIME = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)$/;
// Some components answer midnight along with a date.
const WIRE_DATE = /^(\d\d)\/(\d\d)\/(\d{4})(?: 00:00:00)?$/;

/** A day of the calendar (`DTYPE_DATE`): `2025-03-14` here, `03/14/2025` on the wire. */
export function date(): Field<string, false, false, 'date'> {
  return fieldOf('date', {
    json: 'string',
    schema: z.string().check(coded('BAD_TIME', 'is not an existing date of the form 2025-03-14', isDate)),
    toWire(value) {
      if (!isDate(value)) throw new RangeError('not a date');
      const [, year, month, day] = DATE.exec(value) ?? [];
      return `${month}/${day}/${year}`;
    },
    fromWire(wire) {
      if (wire === '') return { unset: true };
      const [, month, day, year] = WIRE_DATE.exec(wire) ?? [];
      return exists(year, month, day, '00', '00', '00')
        ? { value: `${year}-${month}-${day}` }
        : { problem: 'is not a date of the form MM/DD/YYYY' };
    },
  });
}

/** A time of day (`DTYPE_TIME`), without a zone: `09:26:53`, from `00:00:00` to `23:59:59`, here and on the wire. */
export function time(): Field<string, false, false, 'time'> {
  return fieldOf('time', {
    json: 'string',
    schema: z
      .string()
      .check(coded('BAD_TIME', 'is not a time of day of the form 09:26:53', (value) => TIME.test(value))),
    toWire(value) {
      if (!TIME.test(value)) throw new RangeError('not a time of day');
      return value;
    },
    fromWire(wire) {
      if (TIME.test(wire)) return { value: wire };
      return wire === '' ? { unset: true } : { problem: 'is not a time of day of the form HH:MM:SS' };
    },
  });
}

/**
 * A date and time that Siebel keeps in UTC (`DTYPE_UTCDATETIME`): `2025-03-14T09:26:53Z` here, `03/14/2025 09:26:53` on the
 * wire, to the second.
 *
 * Only for fields that really are in UTC, and for an integration user whose zone is UTC: the wire says no zone. For other
 * zones there is `dateTime`.
 *
 * @see docs/siebel.md, values on the wire
 */
export function utcDateTime(): Field<string, false, false, 'utcDateTime'> {
  return fieldOf('utcDateTime', {
    json: 'string',
    schema: z.string().check(instantCheck()),
    toWire: instantToWire,
    fromWire: instantFromWire,
  });
}

/** The check of a text that must be an instant, with its code `BAD_TIME`. */
export function instantCheck(): z.core.$ZodCheck<string> {
  return coded('BAD_TIME', 'is not an existing instant of the form 2025-03-14T09:26:53Z', isInstant);
}

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

function isDate(value: string): boolean {
  const [, year, month, day] = DATE.exec(value) ?? [];
  return exists(year, month, day, '00', '00', '00');
}

// The platform rolls 02/30 over to March; the parts coming back unchanged shows that the instant exists.
function exists(...parts: (string | undefined)[]): boolean {
  const [year, month, day, hour, minute, second] = parts;
  const value = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const atMs = Date.parse(value);
  return !Number.isNaN(atMs) && new Date(atMs).toISOString() === value;
}
