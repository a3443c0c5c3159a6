import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  flag,
  instantFromWire,
  instantToWire,
  isInstant,
  optional,
  readOnly,
  text,
  utcDateTime,
} from '../../../lib/siebel/values.ts';

describe('utcDateTime', () => {
  it('turns the form of the wire into an instant and back', () => {
    expect(utcDateTime().fromWire('03/14/2025 09:26:53')).toEqual({ value: '2025-03-14T09:26:53Z' });
    expect(utcDateTime().toWire('2025-03-14T09:26:53Z')).toBe('03/14/2025 09:26:53');
    expect(utcDateTime().toWire('2025-03-14T09:26:53.000Z')).toBe('03/14/2025 09:26:53');
  });

  it('agrees with the calendar of the machine for every second', () => {
    const seconds = fc.integer({ min: Date.UTC(1000, 0, 1) / 1_000, max: Date.UTC(9999, 11, 31) / 1_000 });
    fc.assert(
      fc.property(seconds, (second) => {
        const iso = new Date(second * 1_000).toISOString();
        expect(isInstant(iso)).toBe(true);
        expect(instantFromWire(instantToWire(iso))).toEqual({ value: iso.replace('.000Z', 'Z') });
      }),
    );
  });

  it.each([
    '02/30/2025 00:00:00',
    '13/01/2025 00:00:00',
    '03/14/2025 24:00:00',
    '03/14/2025 09:60:00',
    '3/14/2025 9:26:53',
    '2025-03-14T09:26:53Z',
    '03/14/2025',
    '03/14/2025 09:26:53 ',
    'x',
  ])('says that %j on the wire is no date', (wire) =>
    expect(utcDateTime().fromWire(wire)).toEqual({ problem: expect.stringContaining('MM/DD/YYYY') }),
  );

  it.each([
    '2025-02-30T00:00:00Z',
    '2025-03-14',
    '2025-03-14T09:26:53',
    '2025-03-14T09:26:53+01:00',
    '2025-03-14T09:26:53.500Z',
    '2025-03-14t09:26:53z',
    '',
    '2025-03-14T09:26:53Z\n',
  ])('refuses %j as an input', (value) => {
    expect(utcDateTime().schema.safeParse(value).success).toBe(false);
    expect(() => utcDateTime().toWire(value)).toThrow(RangeError);
  });

  it('reads an empty value as unset', () => {
    expect(utcDateTime().fromWire('')).toEqual({ unset: true });
  });
});

describe('flag', () => {
  it.each([
    ['Y', { value: true }],
    ['N', { value: false }],
    ['Yes', { value: true }],
    ['No', { value: false }],
    ['', { unset: true }],
    ['true', { problem: 'is not a flag (Y or N)' }],
  ])('reads %j', (wire, decoded) => expect(flag().fromWire(wire)).toEqual(decoded));

  it('writes Y and N', () => {
    expect([flag().toWire(true), flag().toWire(false)]).toEqual(['Y', 'N']);
  });

  it('takes no text for a flag', () => {
    expect(flag().schema.safeParse('Y').success).toBe(false);
  });
});

describe('text', () => {
  it('keeps any printable text as it is, line breaks included', () => {
    const value = 'Zürich 北京 🏔\n"quoted"\t\'too\' ';
    expect(text(100).schema.safeParse(value)).toMatchObject({ success: true, data: value });
    expect(text(100).toWire(value)).toBe(value);
    expect(text(100).fromWire(value)).toEqual({ value });
  });

  it.each(['a\0', 'a\u001b[31m', 'a\u007f', '\ud800', 'a\udc00b'])('refuses %j', (value) => {
    expect(text(100).schema.safeParse(value).success).toBe(false);
  });

  it('refuses what Siebel would cut', () => {
    expect(text(3).schema.safeParse('abcd').success).toBe(false);
    expect(text(3).schema.safeParse('abc').success).toBe(true);
  });

  it.each([0, -1, 1.5, Number.NaN, 65_537])('refuses to be declared with length %d', (length) => {
    expect(() => text(length)).toThrow(RangeError);
  });
});

describe('optional and readOnly', () => {
  it('change the declaration and leave the type alone', () => {
    expect(optional(readOnly(flag()))).toMatchObject({ kind: 'flag', optional: true, readOnly: true });
    expect(readOnly(optional(text(5)))).toMatchObject({ kind: 'text', maxLength: 5, optional: true, readOnly: true });
    expect(text(5)).toMatchObject({ optional: false, readOnly: false });
  });
});
