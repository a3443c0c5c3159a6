import * as z from 'zod/mini';
import { coded, type Field, fieldOf } from './field.ts';

// A service that computes may answer 12.0 for a whole number.
const WIRE_INTEGER = /^([+-]?\d{1,20})(?:\.0*)?$/;
const DECIMAL = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;
const WIRE_DECIMAL = /^([+-]?)0*(\d*)(?:\.(\d*))?$/;
/** Far above what any column of Siebel holds. */
const MAX_DECIMAL_LENGTH = 64;

/**
 * A whole number: a JSON number here, its digits on the wire. Only whole numbers that JavaScript holds exactly.
 *
 * @param range Both ends included; checked before a value is sent, not when it is read. Default ± (2^53 − 1).
 */
export function integer({
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
}: {
  readonly min?: number;
  readonly max?: number;
} = {}): Field<number, false, false, 'integer'> {
  if (!Number.isSafeInteger(min) || !Number.isSafeInteger(max) || min > max) {
    throw new RangeError(`integer: the range ${min} to ${max} is none of whole numbers within ± (2^53 - 1)`);
  }
  return fieldOf('integer', {
    json: 'number',
    schema: z.int().check(z.minimum(min), z.maximum(max)),
    toWire: (value) => {
      if (!Number.isSafeInteger(value)) throw new RangeError('not a whole number that can be held exactly');
      return String(value);
    },
    fromWire(wire) {
      if (wire === '') return { unset: true };
      const [, digits] = WIRE_INTEGER.exec(wire) ?? [];
      const value = Number(digits);
      // Adding 0 turns -0 into 0.
      return digits !== undefined && Number.isSafeInteger(value)
        ? { value: value + 0 }
        : { problem: 'is not a whole number that can be held exactly' };
    },
  });
}

/**
 * A decimal number, exact: text here as well as on the wire, `"12.50"`, so that nothing is ever rounded in binary.
 *
 * Written as it is given. Read with the digits that came, in one form: `.5` becomes `0.5`, and zeros behind the last
 * declared place are left out. A number with more digits than declared is a problem, never rounded.
 *
 * @param size.digits Significant digits in all, 1 to 38.
 * @param size.scale Digits behind the point, 0 to `digits`.
 */
export function decimal({
  digits,
  scale,
}: {
  readonly digits: number;
  readonly scale: number;
}): Field<string, false, false, 'decimal'> {
  if (!Number.isInteger(digits) || digits < 1 || digits > 38) {
    throw new RangeError('decimal: digits is a whole number from 1 to 38');
  }
  if (!Number.isInteger(scale) || scale < 0 || scale > digits) {
    throw new RangeError('decimal: scale is a whole number from 0 to digits');
  }
  const message = `is not a decimal number with at most ${digits - scale} digits before the point and ${scale} behind it`;
  const fits = (whole: string, fraction: string) =>
    (whole === '0' ? 0 : whole.length) <= digits - scale && fraction.length <= scale;
  const isDecimal = (value: string) => {
    const [, sign, whole, fraction = ''] = DECIMAL.exec(value) ?? [];
    return whole !== undefined && fits(whole, fraction) && !(sign && isZero(whole + fraction));
  };
  return fieldOf('decimal', {
    json: 'string',
    schema: z.string().check(coded('BAD_NUMBER', message, isDecimal)),
    toWire: (value) => {
      if (!isDecimal(value)) throw new RangeError('not a decimal number of the declared size');
      return value;
    },
    fromWire(wire) {
      if (wire === '') return { unset: true };
      const parts = wire.length <= MAX_DECIMAL_LENGTH ? partsOf(wire, scale) : undefined;
      if (!parts || !fits(parts.whole, parts.fraction)) return { problem: message };
      const sign = parts.negative && !isZero(parts.whole + parts.fraction) ? '-' : '';
      return { value: `${sign}${parts.whole}${parts.fraction && `.${parts.fraction}`}` };
    },
  });
}

function partsOf(wire: string, scale: number) {
  const [, sign, whole, fraction = ''] = WIRE_DECIMAL.exec(wire) ?? [];
  if (whole === undefined || !/\d/.test(wire)) return undefined;
  const declared = fraction.slice(0, scale);
  return {
    negative: sign === '-',
    whole: whole || '0',
    fraction: isZero(fraction.slice(scale)) ? declared : fraction,
  };
}

function isZero(digits: string): boolean {
  return /^0*$/.test(digits);
}
