import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../lib/queue/instant.ts';

describe('parseInstant', () => {
  it.each([
    ['2026-03-01T12:00:00Z', 1_772_366_400_000],
    ['2026-03-01T12:00Z', 1_772_366_400_000],
    ['2026-03-01T12:00:00.5Z', 1_772_366_400_500],
    ['2026-03-01T12:00:00.123999999Z', 1_772_366_400_123],
    ['2026-03-01T13:30:00+01:30', 1_772_366_400_000],
    ['2026-02-28T23:00:00-13:00', 1_772_366_400_000],
    ['2024-02-29T00:00:00Z', 1_709_164_800_000],
    ['1970-01-01T00:00:00Z', 0],
  ])('reads %s', (text, instant) => {
    expect(parseInstant(text)).toBe(instant);
  });

  it.each([
    '',
    '2026-03-01',
    '2026-03-01T12:00:00',
    '2026-03-01 12:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-03-01T24:00:00Z',
    '2026-03-01T12:60:00Z',
    '2026-03-01T12:00:60Z',
    '2026-03-01T12:00:00+15:00',
    '2026-03-01T12:00:00+01:60',
    '2026-03-01T12:00:00+0100',
    '2026-03-01T12:00:00Z\n',
    ' 2026-03-01T12:00:00Z',
    '٢٠٢٦-03-01T12:00:00Z',
    '1772366400000',
    'March 1, 2026',
  ])('refuses %j', (text) => {
    expect(parseInstant(text)).toBeUndefined();
  });

  it('reads back what Date writes', () => {
    const written = fc.date({ min: new Date(0), max: new Date(253_402_300_799_999), noInvalidDate: true });
    fc.assert(fc.property(written, (date) => parseInstant(date.toISOString()) === date.getTime()));
  });
});
