import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attachment,
  date,
  decimal,
  flag,
  instantFromWire,
  instantToWire,
  integer,
  isInstant,
  oneOf,
  optional,
  readOnly,
  searchedAs,
  text,
  time,
  utcDateTime,
  writeSchema,
  writtenValue,
} from '../../../lib/siebel/values.ts';
import { cpuMsOf } from '../../support/cpu-time.ts';

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
    ['true', { value: true }],
    ['false', { value: false }],
    ['', { unset: true }],
    ['y', { problem: 'is not a flag (Y or N)' }],
    ['0', { problem: 'is not a flag (Y or N)' }],
    ['__proto__', { problem: 'is not a flag (Y or N)' }],
  ])('reads %j', (wire, decoded) => expect(flag().fromWire(wire)).toEqual(decoded));

  it('writes Y and N', () => {
    expect([flag().toWire(true), flag().toWire(false)]).toEqual(['Y', 'N']);
  });

  it('takes no text for a flag', () => {
    expect(flag().schema.safeParse('Y').success).toBe(false);
  });

  it('writes the words of a component that has others', () => {
    const reference = flag({ yes: 'Yes', no: 'No' });
    const active = flag({ yes: '1', no: '0' });

    expect([reference.toWire(true), reference.toWire(false)]).toEqual(['Yes', 'No']);
    expect(['1', '0', 'Y', ''].map(active.fromWire)).toEqual([
      { value: true },
      { value: false },
      { value: true },
      { unset: true },
    ]);
  });

  it.each([
    { yes: '', no: 'N' },
    { yes: 'Y', no: '' },
    { yes: '1', no: '1' },
    { yes: 'x', no: 'Y' },
    { yes: 'N', no: 'Y' },
    { yes: 'N', no: 'No' },
    { yes: 'Yes', no: 'Y' },
  ])('refuses to be declared with %j', (words) => {
    expect(() => flag(words)).toThrow(RangeError);
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

describe('oneOf', () => {
  const status = oneOf('Active', 'In Active');

  it('takes the declared values and no others, in both directions', () => {
    expect(
      ['Active', 'active', 'Active ', '', '__proto__'].map((value) => status.schema.safeParse(value).success),
    ).toEqual([true, false, false, false, false]);
    expect(status.toWire('In Active')).toBe('In Active');
    expect(status.fromWire('In Active')).toEqual({ value: 'In Active' });
    expect(status.fromWire('')).toEqual({ unset: true });
    expect(status.fromWire('Aktiv')).toEqual({ problem: 'is none of the declared values' });
  });

  it('refuses to be declared with a value twice, empty or unprintable', () => {
    expect(() => oneOf('a', 'a')).toThrow(RangeError);
    expect(() => oneOf('a', '')).toThrow(RangeError);
    expect(() => oneOf('a\0')).toThrow(RangeError);
  });
});

describe('integer', () => {
  it.each([
    ['0', { value: 0 }],
    ['-0', { value: 0 }],
    ['12', { value: 12 }],
    ['+12', { value: 12 }],
    ['-7', { value: -7 }],
    ['007', { value: 7 }],
    ['12.', { value: 12 }],
    ['12.000', { value: 12 }],
    ['9007199254740991', { value: 9_007_199_254_740_991 }],
    ['', { unset: true }],
  ])('reads %j', (wire, decoded) => expect(integer().fromWire(wire)).toEqual(decoded));

  it.each(['9007199254740992', '12.5', '1e3', '0x10', '1,000', ' 1', '١٢', 'NaN', '-', '1'.repeat(1_000)])(
    'says that %j on the wire is no whole number',
    (wire) => expect(integer().fromWire(wire)).toEqual({ problem: 'is not a whole number that can be held exactly' }),
  );

  it('takes whole numbers of its range, and never text', () => {
    const employees = integer({ min: 0, max: 10 });
    const accepts = (value: unknown) => employees.schema.safeParse(value).success;

    expect([0, 10].map(accepts)).toEqual([true, true]);
    expect([-1, 11, 1.5, '1', null, Number.NaN, Number.POSITIVE_INFINITY].map(accepts)).toEqual(Array(7).fill(false));
    expect(integer().schema.safeParse(2 ** 53).success).toBe(false);
    expect([employees.toWire(10), employees.toWire(-0)]).toEqual(['10', '0']);
    expect(() => integer().toWire(2 ** 53)).toThrow(RangeError);
  });

  it.each([{ min: 1, max: 0 }, { max: 2 ** 53 }, { min: 0.5 }])('refuses to be declared with %j', (range) => {
    expect(() => integer(range)).toThrow(RangeError);
  });
});

describe('decimal', () => {
  const amount = decimal({ digits: 6, scale: 2 });

  it.each([
    ['12.50', '12.50'],
    ['12.5', '12.5'],
    ['.5', '0.5'],
    ['-.5', '-0.5'],
    ['5.', '5'],
    ['+5', '5'],
    ['0012.50', '12.50'],
    ['12.5000000', '12.50'],
    ['-0.00', '0.00'],
    ['9999.99', '9999.99'],
    ['0', '0'],
  ])('reads %j as %j', (wire, value) => {
    expect(amount.fromWire(wire)).toEqual({ value });
    expect(amount.schema.safeParse(value).success).toBe(true);
  });

  it.each(['12.345', '10000', '1e3', '1,5', '1.5.2', '.', '-', '--1', 'x', ' 1', '0'.repeat(1_000_000)])(
    'says that %j on the wire is no such number',
    (wire) => expect(amount.fromWire(wire)).toEqual({ problem: expect.stringContaining('2 behind it') }),
  );

  it.each(['12.345', '10000', '01', '.5', '5.', '+5', '-0', '-0.00', '1e3', '', ' 1', '1\n', 'NaN'])(
    'refuses %j as an input',
    (value) => {
      expect(amount.schema.safeParse(value).success).toBe(false);
      expect(() => amount.toWire(value)).toThrow(RangeError);
    },
  );

  it('never rounds: what no binary number holds goes there and back as it is', () => {
    const exact = decimal({ digits: 38, scale: 10 });
    const value = '1234567890123456789012345678.0000000001';

    expect(exact.toWire(value)).toBe(value);
    expect(exact.fromWire(value)).toEqual({ value });
    expect(exact.schema.safeParse(0.1).success).toBe(false);
  });

  it('reads an empty value as unset', () => {
    expect(amount.fromWire('')).toEqual({ unset: true });
  });

  it.each([
    { digits: 0, scale: 0 },
    { digits: 39, scale: 0 },
    { digits: 5, scale: 6 },
    { digits: 5, scale: -1 },
    { digits: 5, scale: 0.5 },
  ])('refuses to be declared with %j', (size) => {
    expect(() => decimal(size)).toThrow(RangeError);
  });
});

describe('date', () => {
  it('turns the form of the wire into a day and back', () => {
    expect(date().fromWire('03/14/2025')).toEqual({ value: '2025-03-14' });
    expect(date().fromWire('02/29/2024 00:00:00')).toEqual({ value: '2024-02-29' });
    expect(date().toWire('2025-03-14')).toBe('03/14/2025');
    expect(date().fromWire('')).toEqual({ unset: true });
  });

  it.each([
    '02/29/2025',
    '13/01/2025',
    '00/10/2025',
    '14/03/2025',
    '3/14/2025',
    '03/14/25',
    '2025-03-14',
    '03/14/2025 10:00:00',
    '03/14/2025\n',
  ])('says that %j on the wire is no date', (wire) =>
    expect(date().fromWire(wire)).toEqual({ problem: 'is not a date of the form MM/DD/YYYY' }),
  );

  it.each([
    '2025-02-29',
    '2100-02-29',
    '2025-04-31',
    '2025-13-01',
    '2025-3-14',
    '2025-03-14T00:00:00Z',
    '',
    '2025-03-14\n',
  ])('refuses %j as an input', (value) => {
    expect(date().schema.safeParse(value).success).toBe(false);
    expect(() => date().toWire(value)).toThrow(RangeError);
  });
});

describe('time', () => {
  it('is the same here and on the wire', () => {
    expect(time().fromWire('23:59:59')).toEqual({ value: '23:59:59' });
    expect(time().toWire('00:00:00')).toBe('00:00:00');
    expect(time().fromWire('')).toEqual({ unset: true });
  });

  it.each(['24:00:00', '09:60:00', '09:00:60', '9:26:53', '09:26', '09:26:53Z', '09:26:53\n'])(
    'is never %j',
    (value) => {
      expect(time().fromWire(value)).toEqual({ problem: 'is not a time of day of the form HH:MM:SS' });
      expect(time().schema.safeParse(value).success).toBe(false);
      expect(() => time().toWire(value)).toThrow(RangeError);
    },
  );
});

describe('attachment', () => {
  const file = attachment(5);

  it.each([
    ['QQ==', true],
    ['QUI=', true],
    ['QUJD', true],
    ['QUJDREU=', true],
    ['QUJDREVG', false],
    ['', false],
    ['QQ', false],
    ['QR==', false],
    ['Q===', false],
    ['-_8=', false],
    ['QQ==\n', false],
    ['Q Q=', false],
    ['Ä===', false],
  ])('takes %j as content of at most 5 bytes: %s', (value, taken) => {
    expect(file.schema.safeParse(value).success).toBe(taken);
    if (taken) expect(file.fromWire(file.toWire(value))).toEqual({ value });
    else expect(() => file.toWire(value)).toThrow(RangeError);
  });

  it.each([
    ['QUJD\r\nREU=', { value: 'QUJDREU=' }],
    ['', { unset: true }],
    ['QUJDREVG', { problem: 'is content of more than 5 bytes' }],
    ['????', { problem: 'is not content in Base64' }],
    ['https://siebel.example/siebel/v1.0/data/x', { problem: 'is an address in the place of its content' }],
    ['HTTP://x', { problem: 'is an address in the place of its content' }],
  ])('reads %j', (wire, decoded) => expect(file.fromWire(wire)).toEqual(decoded));

  it('takes megabytes in milliseconds, and refuses larger content without decoding it', () => {
    const large = attachment(5_000_000);
    const value = Buffer.alloc(5_000_000, 'x').toString('base64');

    const workMs = cpuMsOf(() => {
      expect(large.schema.safeParse(value).success).toBe(true);
      expect(large.fromWire(value)).toEqual({ value });
      expect(attachment(1_000).fromWire(value)).toEqual({ problem: 'is content of more than 1000 bytes' });
    });
    expect(workMs).toBeLessThan(2_000);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to be declared with %d bytes', (bytes) => {
    expect(() => attachment(bytes)).toThrow(RangeError);
  });
});

describe('values of 1 MB', () => {
  const huge = 'x'.repeat(1_048_576);

  it('are kept where the type is text, and refused by every other type and before every write', () => {
    const others = [
      flag(),
      oneOf('a'),
      integer(),
      decimal({ digits: 9, scale: 2 }),
      date(),
      time(),
      utcDateTime(),
      attachment(9),
    ];

    const workMs = cpuMsOf(() => {
      expect(text(100).fromWire(huge)).toEqual({ value: huge });
      expect(others.map((field) => field.fromWire(huge))).toEqual(others.map(() => ({ problem: expect.any(String) })));
      expect([text(65_536), ...others].map(({ schema }) => schema.safeParse(huge).success)).toEqual(
        Array(9).fill(false),
      );
    });
    expect(workMs).toBeLessThan(1_000);
  });
});

describe('writeSchema and writtenValue', () => {
  it('let null empty an optional field that is no text, and no other', () => {
    const emptied = [optional(date()), optional(flag()), optional(oneOf('a')), optional(integer())];
    const kept = [date(), flag(), text(5), optional(text(5)), readOnly(integer())];

    expect(emptied.map((field) => writeSchema(field).safeParse(null).success)).toEqual([true, true, true, true]);
    expect(emptied.map((field) => writtenValue(field, null))).toEqual(['', '', '', '']);
    expect(kept.map((field) => writeSchema(field).safeParse(null).success)).toEqual(Array(5).fill(false));
    for (const field of kept) expect(() => writtenValue(field, null)).toThrow(RangeError);
  });

  it('write every other value as its type does', () => {
    expect(writtenValue(optional(date()), '2025-03-14')).toBe('03/14/2025');
    expect(writeSchema(optional(date())).safeParse('2025-02-30').success).toBe(false);
  });
});

describe('searchedAs', () => {
  it('adds the name that searches use and leaves the rest alone', () => {
    expect(searchedAs('Employees', optional(integer()))).toMatchObject({
      searchName: 'Employees',
      kind: 'integer',
      optional: true,
    });
    expect(readOnly(optional(searchedAs('Employees', integer()))).searchName).toBe('Employees');
    expect(integer().searchName).toBeUndefined();
  });
});

describe('optional and readOnly', () => {
  it('change the declaration and leave the type alone', () => {
    expect(optional(readOnly(flag()))).toMatchObject({ kind: 'flag', optional: true, readOnly: true });
    expect(readOnly(optional(text(5)))).toMatchObject({ kind: 'text', maxLength: 5, optional: true, readOnly: true });
    expect(text(5)).toMatchObject({ optional: false, readOnly: false });
  });
});
