import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  comesMonthly,
  longestGapMinutes,
  scheduleProblem as problemAt,
  ratePeriodMinutes,
} from '../../../lib/operations/schedule-expression.ts';
import { parseSchedule } from '../../../local-stack/lambda/schedule-expression.ts';

const NOW = Date.UTC(2026, 2, 14, 9, 26);
const scheduleProblem = (every: unknown, timezone: unknown) => problemAt(every, timezone, NOW);

describe('a schedule', () => {
  it.each([
    'rate(1 minute)',
    'rate(5 minutes)',
    'rate(2 days)',
    'cron(0 2 * * ? *)',
    'cron(0/15 8-18 ? * MON-FRI *)',
    'cron(0 0 L * ? 2030)',
    'cron(0,15,45 */2 1,15 JAN-MAR,DEC ? 2026-2030)',
    'cron(5/20 0 3W * ? *)',
    'cron(0 8 ? * 2#1 *)',
    'cron(0 8 ? * L *)',
    'cron(0 8 ? * 6L *)',
    'cron(0 0 29 2 ? *)',
    'cron(0 0 29 2 ? 2028)',
    'cron(0 0 31 * ? *)',
    'cron(0 0 30,31 2,3 ? *)',
  ])('may be %s, which has a next time', (every) => {
    expect(scheduleProblem(every, 'Europe/Vienna')).toBeUndefined();
    expect(parseSchedule(every).next(new Date('2026-01-01T00:00:00Z'))).toBeInstanceOf(Date);
  });

  it.each([
    'rate(5 minutos)',
    'rate(0 minutes)',
    'rate(1 minutes)',
    'rate(5 minute)',
    'rate(5minutes)',
    'cron(0 2 * * *)',
    'cron(0 2 * * * *)',
    'cron(0 2 ? * ? *)',
    'cron(0 2 * * ? *) ',
    "cron(0 2 * * ? ';)",
    'cron()',
    'at(2030-01-01T00:00:00)',
    '5 minutes',
    '',
  ])('cannot be %j', (every) => {
    expect(scheduleProblem(every, 'UTC')).toMatch(/^every: /);
  });

  it.each([
    ['a minute that no hour has', 'cron(75 2 * * ? *)', '"75" as minute, which takes 0 to 59'],
    ['a minute 60', 'cron(60 2 * * ? *)', 'as minute'],
    ['an hour that no day has', 'cron(0 24 * * ? *)', '"24" as hour, which takes 0 to 23'],
    ['a day 0', 'cron(0 2 0 * ? *)', 'as day of month'],
    ['a day 32', 'cron(0 2 32 * ? *)', 'as day of month'],
    ['a month 13', 'cron(0 2 1 13 ? *)', '"13" as month, which takes 1 to 12 or JAN to DEC'],
    ['a month that is spelt out', 'cron(0 2 1 JUNE ? *)', '"JUNE" as month'],
    ['a month in small letters', 'cron(0 2 1 jun ? *)', 'as month'],
    [
      'a day of week 0, which is Sunday elsewhere',
      'cron(0 2 ? * 0 *)',
      '"0" as day of week, which takes 1 to 7 or SUN to SAT',
    ],
    ['a day of week in another language', 'cron(0 2 ? * DIM *)', 'as day of week'],
    ['a step in the days of the week', 'cron(0 2 ? * 2/2 *)', 'as day of week'],
    ['two nth days', 'cron(0 2 ? * 3#1,6#3 *)', 'as day of week'],
    ['a sixth Monday', 'cron(0 2 ? * 2#6 *)', 'as day of week'],
    ['a year of the past century but one', 'cron(0 2 1 1 ? 1969)', '"1969" as year, which takes 1970 to 2199'],
    ['a range that runs back', 'cron(30-10 2 * * ? *)', 'as minute'],
    ['a step of nothing', 'cron(0/0 2 * * ? *)', 'as minute'],
    ['an empty place in a list', 'cron(0,,5 2 * * ? *)', 'as minute'],
    ['? as a minute', 'cron(? 2 * * ? *)', 'as minute'],
    ['L as an hour', 'cron(0 L * * ? *)', 'as hour'],
    ['seven fields', 'cron(0 0 2 * * ? *)', 'has 7 fields, and six are needed'],
    ['no minutes', 'rate(0 minutes)', 'rate(0 minutes): a rate is like rate(5 minutes), of 1 to 99999 minutes'],
    ['both days', 'cron(0 2 * * * *)', 'needs ? in one of day of month and day of week, and in one only'],
    ['five fields', 'cron(0 2 * * *)', 'has 5 fields, and six are needed'],
    ['two blanks', 'cron(0  2 * * ? *)', 'has 7 fields'],
  ])('is refused with %s: %s', (_what, every, words) => {
    expect(scheduleProblem(every, 'UTC')).toContain(words);
  });

  it.each([
    ['cron(0 0 31 2 ? *)', '31 in month 2'],
    ['cron(0 0 30 FEB ? *)', '30 in month FEB'],
    ['cron(0 0 31 4,6,9,11 ? *)', '31 in month 4,6,9,11'],
    ['cron(0 0 31W APR-APR ? *)', '31W in month APR-APR'],
    ['cron(0 0 29 2 ? 2026,2027)', '29 in month 2'],
    ['cron(0 0 29 2 ? 2100)', '29 in month 2'],
  ])('is refused when it can never come: %s', (every, words) => {
    expect(scheduleProblem(every, 'UTC')).toBe(`every: ${every} names a day that no month has: ${words}`);
  });

  it.each([
    ['rate(10 minute)', 'rate(10 minutes)'],
    ['rate(1 hours)', 'rate(1 hour)'],
    ['rate(1 days)', 'rate(1 day)'],
  ])('is told how %s is to be written', (every, right) => {
    expect(scheduleProblem(every, 'UTC')).toBe(`every: ${every}: write ${right}`);
  });

  it.each(['Mars/Olympus', '+02:00', '', 'Europe/vienna/', 'GMT+02:00', 'Etc/GMT+13', null, 1, {}])(
    'is refused in the time zone %j',
    (timezone) => {
      expect(scheduleProblem('rate(5 minutes)', timezone)).toMatch(/^timezone: .*is not a time zone like Europe/);
    },
  );

  it.each([
    ['europe/vienna', 'Europe/Vienna'],
    ['EUROPE/VIENNA', 'Europe/Vienna'],
    ['utc', 'UTC'],
    ['asia/kolkata', 'Asia/Kolkata'],
    ['us/pacific', 'US/Pacific'],
    ['america/port_of_spain', 'America/Port_of_Spain'],
  ])('is told that the zone %s is spelled %s: EventBridge Scheduler takes names exactly', (timezone, right) => {
    expect(scheduleProblem('rate(5 minutes)', timezone)).toBe(
      `timezone: ${JSON.stringify(timezone)} is not a time zone: write ${right}`,
    );
    expect(scheduleProblem('rate(5 minutes)', right)).toBeUndefined();
  });

  it.each([
    'UTC',
    'GMT',
    'EST5EDT',
    'Etc/GMT+3',
    'Etc/UTC',
    'Europe/Kyiv',
    'America/Argentina/Buenos_Aires',
    'GB-Eire',
  ])('may be in the zone %s, which the clock knows', (timezone) => {
    expect(scheduleProblem('rate(5 minutes)', timezone)).toBeUndefined();
    expect(() => new Intl.DateTimeFormat('en', { timeZone: timezone })).not.toThrow();
  });

  it.each([null, undefined, 5, true, [], {}])('cannot be %j', (every) => {
    expect(scheduleProblem(every, 'UTC')).toMatch(/^every: /);
  });

  it.each([
    ['cron(0 3 * * ? 2020)', 2020],
    ['cron(0 3 1 1,2 ? 2024-2026)', 2026],
    ['cron(0 3 1 FEB ? 2025,2026)', 2026],
  ])('is refused when it is over: %s', (every, year) => {
    expect(scheduleProblem(every, 'UTC')).toBe(`every: ${every} is over: its last year is ${year}`);
  });

  it.each(['cron(0 3 * 3 ? 2026)', 'cron(0 3 * 1-4 ? 2026)', 'cron(0 3 ? * MON 2020/6)'])(
    'is not over in its last month: %s',
    (every) => {
      expect(scheduleProblem(every, 'UTC')).toBeUndefined();
    },
  );

  it('comes to pass whenever it is accepted', () => {
    const number = (most: number) => fc.integer({ min: 0, max: most }).map(String);
    const part = (most: number) =>
      fc.oneof(
        fc.constant('*'),
        number(most),
        fc.tuple(number(most), number(most)).map(([from, to]) => `${from}-${to}`),
        fc.tuple(fc.oneof(fc.constant('*'), number(most)), number(most)).map(([from, step]) => `${from}/${step}`),
      );
    const field = (most: number) =>
      fc.array(part(most), { minLength: 1, maxLength: 3 }).map((parts) => parts.join(','));
    const fields = fc.tuple(field(70), field(26), field(33), field(14));
    let accepted = 0;
    fc.assert(
      fc.property(fields, ([minutes, hours, days, months]) => {
        const every = `cron(${minutes} ${hours} ${days} ${months} ? *)`;
        if (scheduleProblem(every, 'UTC') !== undefined) return;
        accepted += 1;
        expect(parseSchedule(every).next(new Date('2026-01-01T00:00:00Z')), every).toBeInstanceOf(Date);
      }),
      { numRuns: 1_000 },
    );
    expect(accepted).toBeGreaterThan(20);
  });
});

describe('the period of a schedule', () => {
  it.each([
    ['rate(1 minute)', 1],
    ['rate(5 minutes)', 5],
    ['rate(2 hours)', 120],
    ['rate(3 days)', 4_320],
    ['cron(0 2 * * ? *)', undefined],
  ])('of %s has %s minutes', (every, minutes) => {
    expect(ratePeriodMinutes(every)).toBe(minutes);
  });

  it.each([
    ['rate(30 days)', true],
    ['rate(31 days)', false],
    ['cron(0 3 * * ? *)', true],
    ['cron(0 3 1 * ? *)', true],
    ['cron(0 3 ? * SUN *)', true],
    ['cron(0 3 ? * 2#4 *)', true],
    ['cron(0 3 ? * 2#5 *)', false],
    ['cron(0 3 ? * MON#5 *)', false],
    ['cron(0 3 1 1 ? *)', false],
    ['cron(0 3 1 * ? 2030)', false],
  ])('of %s is a month at most: %s', (every, is) => {
    expect(comesMonthly(every)).toBe(is);
  });

  it.each([
    ['rate(2 hours)', 120],
    ['cron(0 3 * * ? *)', 1_440],
    ['cron(0/15 * * * ? *)', 15],
    ['cron(0 8-18 * * ? *)', 14 * 60],
    ['cron(30 2,14,20 ? * MON-FRI *)', 12 * 60],
    ['cron(*/20 9 * * ? *)', 1_440 - 40],
  ])('of %s leaves at some time %s minutes between two ticks', (every, minutes) => {
    expect(longestGapMinutes(every)).toBe(minutes);
  });
});
