import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../lib/errors.ts';
import { dateTime } from '../../../lib/siebel/values.ts';

const NEVER = { problem: expect.stringMatching(/never show: is it the zone of the integration user\?$/) };
const TWICE = { problem: expect.stringMatching(/show twice: say with fold which one is meant$/) };

describe('dateTime', () => {
  // By hand, from the rules of the zones: Vienna +1, summer +2; New York -5, summer -4; Lord Howe +10:30, summer +11.
  it.each([
    ['Europe/Vienna', '01/15/2025 12:00:00', '2025-01-15T11:00:00Z'],
    ['Europe/Vienna', '07/15/2025 12:00:00', '2025-07-15T10:00:00Z'],
    ['Europe/Vienna', '03/30/2025 01:59:59', '2025-03-30T00:59:59Z'],
    ['Europe/Vienna', '03/30/2025 03:00:00', '2025-03-30T01:00:00Z'],
    ['Europe/Vienna', '10/26/2025 01:59:59', '2025-10-25T23:59:59Z'],
    ['Europe/Vienna', '10/26/2025 03:00:00', '2025-10-26T02:00:00Z'],
    ['Europe/Vienna', '01/01/2025 00:30:00', '2024-12-31T23:30:00Z'],
    ['America/New_York', '01/15/2025 12:00:00', '2025-01-15T17:00:00Z'],
    ['America/New_York', '07/15/2025 12:00:00', '2025-07-15T16:00:00Z'],
    ['America/New_York', '03/09/2025 01:59:59', '2025-03-09T06:59:59Z'],
    ['America/New_York', '03/09/2025 03:00:00', '2025-03-09T07:00:00Z'],
    ['America/New_York', '11/02/2025 00:59:59', '2025-11-02T04:59:59Z'],
    ['America/New_York', '11/02/2025 02:00:00', '2025-11-02T07:00:00Z'],
    ['America/New_York', '12/31/2024 19:30:00', '2025-01-01T00:30:00Z'],
    ['Australia/Lord_Howe', '07/15/2025 12:00:00', '2025-07-15T01:30:00Z'],
    ['Australia/Lord_Howe', '01/15/2025 12:00:00', '2025-01-15T01:00:00Z'],
    ['Australia/Lord_Howe', '10/05/2025 01:59:59', '2025-10-04T15:29:59Z'],
    ['Australia/Lord_Howe', '10/05/2025 02:30:00', '2025-10-04T15:30:00Z'],
    ['Australia/Lord_Howe', '04/06/2025 01:29:59', '2025-04-05T14:29:59Z'],
    ['Australia/Lord_Howe', '04/06/2025 02:00:00', '2025-04-05T15:30:00Z'],
    ['Asia/Kathmandu', '07/15/2025 12:00:00', '2025-07-15T06:15:00Z'],
    ['Pacific/Kiritimati', '07/15/2025 12:00:00', '2025-07-14T22:00:00Z'],
    ['UTC', '07/15/2025 12:00:00', '2025-07-15T12:00:00Z'],
  ])('in %s turns %s into %s and back', (zone, wire, value) => {
    expect(dateTime(zone).fromWire(wire)).toEqual({ value });
    expect(dateTime(zone).toWire(value)).toBe(wire);
    expect(dateTime(zone).schema.safeParse(value).success).toBe(true);
  });

  it.each([
    ['Europe/Vienna', '03/30/2025 02:00:00'],
    ['Europe/Vienna', '03/30/2025 02:59:59'],
    ['America/New_York', '03/09/2025 02:30:00'],
    ['Australia/Lord_Howe', '10/05/2025 02:00:00'],
    ['Australia/Lord_Howe', '10/05/2025 02:29:59'],
    // The island went from one side of the date line to the other.
    ['Pacific/Apia', '12/30/2011 12:00:00'],
  ])('in %s says that no clock ever shows %s', (zone, wire) => {
    for (const fold of ['refuse', 'earlier', 'later'] as const) {
      expect(dateTime(zone, { fold }).fromWire(wire)).toEqual(NEVER);
    }
  });

  it.each([
    ['Europe/Vienna', '10/26/2025 02:00:00', '2025-10-26T00:00:00Z', '2025-10-26T01:00:00Z'],
    ['Europe/Vienna', '10/26/2025 02:59:59', '2025-10-26T00:59:59Z', '2025-10-26T01:59:59Z'],
    ['America/New_York', '11/02/2025 01:30:00', '2025-11-02T05:30:00Z', '2025-11-02T06:30:00Z'],
    ['Australia/Lord_Howe', '04/06/2025 01:30:00', '2025-04-05T14:30:00Z', '2025-04-05T15:00:00Z'],
    ['Australia/Lord_Howe', '04/06/2025 01:45:00', '2025-04-05T14:45:00Z', '2025-04-05T15:15:00Z'],
  ])('in %s, at %s which is shown twice, does as declared', (zone, wire, earlier, later) => {
    const [refusing, first, second] = [
      dateTime(zone),
      dateTime(zone, { fold: 'earlier' }),
      dateTime(zone, { fold: 'later' }),
    ];

    expect(refusing.fromWire(wire)).toEqual(TWICE);
    expect(first.fromWire(wire)).toEqual({ value: earlier });
    expect(second.fromWire(wire)).toEqual({ value: later });
    expect([first.toWire(earlier), second.toWire(later)]).toEqual([wire, wire]);
    // What would come back as the other instant is never written.
    for (const [field, value] of [
      [refusing, earlier],
      [refusing, later],
      [first, later],
      [second, earlier],
    ] as const) {
      expect(field.schema.safeParse(value).error?.issues).toMatchObject([{ params: { code: 'BAD_TIME' } }]);
      expect(() => field.toWire(value)).toThrow(RangeError);
    }
  });

  it.each([
    '02/30/2025 00:00:00',
    '2025-03-14T09:26:53Z',
    '03/14/2025',
    'x',
    '01/01/0999 00:00:00',
    '01/01/0000 00:00:00',
  ])('says that %j on the wire is no date of its years', (wire) =>
    expect(dateTime('Europe/Vienna').fromWire(wire)).toEqual({ problem: expect.any(String) }),
  );

  it.each([
    '2025-02-30T00:00:00Z',
    '2025-03-14',
    '',
    '9999-12-31T23:30:00Z',
    '0999-12-31T00:00:00Z',
    '0000-01-01T00:00:00Z',
  ])('refuses %j as an input', (value) => {
    expect(dateTime('Europe/Vienna').schema.safeParse(value).success).toBe(false);
    expect(() => dateTime('Europe/Vienna').toWire(value)).toThrow(RangeError);
  });

  it('says once what is wrong with a text that is no instant at all', () => {
    expect(dateTime('Europe/Vienna').schema.safeParse('x').error?.issues).toHaveLength(1);
  });

  it('reads an empty value as unset', () => {
    expect(dateTime('Europe/Vienna').fromWire('')).toEqual({ unset: true });
  });

  it.each(['', 'Europe/Wien', '+01:00', '-05:00', 'Mars/Olympus'])(
    'refuses the zone %j when it is declared, and says so',
    (zone) => {
      expect(() => dateTime(zone)).toThrow(ConfigurationError);
      expect(() => dateTime(zone)).toThrow(`dateTime: "${zone}" is no time zone of the IANA database`);
    },
  );

  it('agrees with the rule of the European Union for every second of a century', () => {
    // Directive 2000/84/EC: summer time from 01:00 UTC on the last Sunday of March to that of October.
    const switchesAt = (year: number, month: number) => {
      const lastDay = new Date(Date.UTC(year, month + 1, 0));
      return Date.UTC(year, month + 1, -lastDay.getUTCDay(), 1);
    };
    const wall = (atMs: number) => {
      const year = new Date(atMs).getUTCFullYear();
      const isSummer = atMs >= switchesAt(year, 2) && atMs < switchesAt(year, 9);
      const [date = '', time = ''] = new Date(atMs + (isSummer ? 2 : 1) * 3_600_000)
        .toISOString()
        .slice(0, 19)
        .split('T');
      const [y, m, d] = date.split('-');
      return `${m}/${d}/${y} ${time}`;
    };
    const anySecond = fc.integer({ min: Date.UTC(2002, 0, 2) / 1_000, max: Date.UTC(2099, 11, 30) / 1_000 });
    const nearSwitch = fc
      .tuple(fc.integer({ min: 2002, max: 2099 }), fc.constantFrom(2, 9), fc.integer({ min: -7_300, max: 7_300 }))
      .map(([year, month, seconds]) => switchesAt(year, month) / 1_000 + seconds);
    const [first, second] = [
      dateTime('Europe/Vienna', { fold: 'earlier' }),
      dateTime('Europe/Vienna', { fold: 'later' }),
    ];
    fc.assert(
      fc.property(fc.oneof(anySecond, nearSwitch), (seconds) => {
        const value = new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');
        const twin = [seconds - 3_600, seconds + 3_600].find((other) => wall(other * 1_000) === wall(seconds * 1_000));
        const expected = wall(seconds * 1_000);
        return (
          [
            [first, twin === undefined || seconds < twin],
            [second, twin === undefined || seconds > twin],
          ] as const
        ).every(([field, isMine]) => {
          if (field.schema.safeParse(value).success !== isMine) return false;
          if (!isMine) return true;
          return field.toWire(value) === expected && isDeepStrictEqual(field.fromWire(expected), { value });
        });
      }),
      { numRuns: 10_000 },
    );
  });
});
