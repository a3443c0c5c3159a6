import * as z from 'zod/mini';
import { coded, type Field, fieldOf } from './field.ts';

/**
 * Text of at most `maxLength` characters. Unset is the empty text, on reads and on writes.
 *
 * Line breaks and tabs are kept; other control characters and lone surrogates are refused (`BAD_CHARACTER`). What is read
 * is taken as it is, of whatever length.
 *
 * @param maxLength Length of the field in Siebel, 1 to 65 536.
 */
export function text(maxLength: number): Field<string, false, false, 'text'> {
  if (!Number.isInteger(maxLength) || maxLength < 1 || maxLength > 65_536) {
    throw new RangeError(`text(${maxLength}): the length of a field is a whole number from 1 to 65536`);
  }
  return fieldOf('text', {
    json: 'string',
    maxLength,
    schema: z
      .string()
      .check(
        z.maxLength(maxLength),
        coded('BAD_CHARACTER', 'contains a control character or half of a character pair', isPrintable),
      ),
    toWire: (value) => value,
    fromWire: (wire) => ({ value: wire }),
  });
}

/**
 * A text that is one of these: what a bounded pick list holds.
 *
 * Siebel takes and answers the display values of the object manager's language, so declare those. A value that is not
 * declared is a problem when it is read, too: use `text` for lists that administrators extend.
 *
 * @param values At least one; none empty, none twice.
 */
export function oneOf<const V extends string>(
  ...values: readonly [V, ...(readonly V[])]
): Field<V, false, false, 'oneOf'> {
  const declared: ReadonlySet<string> = new Set(values);
  if (declared.size !== values.length || !values.every((value) => value !== '' && isPrintable(value))) {
    throw new RangeError('oneOf: each value once, none of them empty or with control characters');
  }
  const isDeclared = (value: string): value is V => declared.has(value);
  const schema: z.ZodMiniType<string> = z
    .string()
    .check(coded('BAD_TYPE', 'is none of the declared values', isDeclared));
  return fieldOf('oneOf', {
    json: 'string',
    maxLength: Math.max(...values.map(({ length }) => length)),
    schema: schema as z.ZodMiniType<V>,
    toWire: (value) => value,
    fromWire(wire) {
      if (isDeclared(wire)) return { value: wire };
      return wire === '' ? { unset: true } : { problem: 'is none of the declared values' };
    },
  });
}

/**
 * A flag: `true` or `false` here, `Y` or `N` on the wire.
 *
 * `Yes` and `No`, and the JSON booleans that some services answer, are read as well.
 *
 * @param wire What is written where a component has other words: `flag({ yes: 'Yes', no: 'No' })`.
 */
export function flag(
  wire: { readonly yes: string; readonly no: string } = { yes: 'Y', no: 'N' },
): Field<boolean, false, false, 'flag'> {
  const words = new Map([
    ...[...YES, wire.yes].map((word) => [word, true] as const),
    ...[...NO, wire.no].map((word) => [word, false] as const),
  ]);
  if (wire.yes === '' || wire.no === '' || wire.yes === wire.no || NO.includes(wire.yes) || YES.includes(wire.no)) {
    throw new RangeError('flag: two different words, neither of them empty nor the opposite of its meaning');
  }
  return fieldOf('flag', {
    json: 'boolean',
    schema: z.boolean(),
    toWire: (value) => (value ? wire.yes : wire.no),
    fromWire(word) {
      const value = words.get(word);
      if (value !== undefined) return { value };
      return word === '' ? { unset: true } : { problem: `is not a flag (${wire.yes} or ${wire.no})` };
    },
  });
}

const YES: readonly string[] = ['Y', 'Yes', 'true'];
const NO: readonly string[] = ['N', 'No', 'false'];

function isPrintable(value: string): boolean {
  return !/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(value) && value.isWellFormed();
}
