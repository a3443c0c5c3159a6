import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromWallClock, isTime, toWallClock, usDate, usToIso } from '../../local-stack/siebel/dates.ts';

describe('Siebel stand-in, dates and zones', () => {
  it.each([
    ['2026-01-15T12:00:00Z', 'America/New_York', '2026-01-15T07:00:00Z'],
    ['2026-07-15T12:00:00Z', 'America/New_York', '2026-07-15T08:00:00Z'],
    ['2026-07-15T22:30:00Z', 'Asia/Kolkata', '2026-07-16T04:00:00Z'],
    ['2026-07-15T12:00:00Z', 'UTC', '2026-07-15T12:00:00Z'],
  ])('shows %s in %s as %s', (instant, zone, wall) => {
    expect(toWallClock(instant, zone)).toBe(wall);
    expect(fromWallClock(wall, zone)).toBe(instant);
  });

  it('takes the earlier of two instants that the clock shows when it is put back', () => {
    expect(fromWallClock('2026-10-25T02:30:00Z', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z');
  });

  it('goes beyond the hour that is left out when the clock is put forward', () => {
    expect(fromWallClock('2026-03-29T02:30:00Z', 'Europe/Berlin')).toBe('2026-03-29T01:30:00Z');
  });

  it('finds the instant of any wall clock again, but for the hour that comes twice', () => {
    const zones = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kathmandu');
    const instants = fc.date({ min: new Date('1990-01-01'), max: new Date('2037-01-01'), noInvalidDate: true });
    fc.assert(
      fc.property(zones, instants, (zone, date) => {
        const instant = `${date.toISOString().slice(0, 19)}Z`;
        const back = fromWallClock(toWallClock(instant, zone), zone);
        expect(toWallClock(back, zone)).toBe(toWallClock(instant, zone));
        expect(back <= instant).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('reads US dates and date-times to ISO 8601', () => {
    expect(usToIso('03/04/2025')).toBe('2025-03-04T00:00:00Z');
    expect(usToIso('12/31/2025 23:59:59')).toBe('2025-12-31T23:59:59Z');
    expect(usToIso('02/29/2024')).toBe('2024-02-29T00:00:00Z');
  });

  it.each([
    '3/4/2025',
    '03/4/2025',
    '3/04/2025',
    '03/04/25',
    '2025-03-04',
    '04.03.2025',
    '03/04/2025 9:26:53',
    '03/04/2025 09:26',
    '03/04/2025T09:26:53',
    '03/04/2025 09:26:53 PM',
    ' 03/04/2025',
    '02/29/2025',
    '13/01/2025',
    '03/04/2025 24:00:00',
  ])('takes no other form and no day that there is not: %s', (text) => {
    expect(usToIso(text)).toBeUndefined();
  });

  it('tells times of day from other texts, and shows a day in US form', () => {
    expect(['09:26:53', '24:00:00', '9:26:53', '09:26'].map(isTime)).toEqual([true, false, false, false]);
    expect(usDate('2026-03-14')).toBe('03/14/2026');
  });
});
