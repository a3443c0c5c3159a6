import { Cron } from 'croner';
import { ratePeriodMinutes } from '../../lib/operations/schedule-expression.ts';

/** When a schedule is due next, as far as that can be known from outside. */
export type NextTick =
  /** At this instant, or about then: a rate counts from the last run that is known. */
  | { readonly atMs: number; readonly isAbout?: true }
  /** Once in this time: only AWS knows since when it counts. */
  | { readonly withinMs: number }
  /** Never again, as a year that has passed. */
  | 'never';

const MINUTE_MS = 60_000;
const CRON = /^cron\((\S+) (\S+) (\S+) (\S+) (\S+) (\S+)\)$/;

/**
 * The next tick of a schedule of EventBridge Scheduler: `rate(5 minutes)` or `cron(0 2 * * ? *)` in a zone.
 *
 * A time that the clocks leap over is left out, and one that comes twice ticks the first time, as AWS does it.
 *
 * @param lastTickAtMs A tick that is known, from which a rate counts on.
 * @throws When the expression is none, which the build refuses before.
 * @see EventBridge Scheduler user guide, "Schedule types in EventBridge Scheduler", daylight saving time
 */
export function nextTick(
  { every, timezone }: { readonly every: string; readonly timezone: string },
  nowMs: number,
  lastTickAtMs?: number,
): NextTick {
  const minutes = ratePeriodMinutes(every);
  if (minutes !== undefined) {
    const intervalMs = minutes * MINUTE_MS;
    if (lastTickAtMs === undefined || lastTickAtMs > nowMs) return { withinMs: intervalMs };
    const passed = Math.floor((nowMs - lastTickAtMs) / intervalMs);
    return { atMs: lastTickAtMs + (passed + 1) * intervalMs, isAbout: true };
  }
  const atMs = nextOfCron(every, timezone, nowMs);
  return atMs === undefined ? 'never' : { atMs };
}

function nextOfCron(every: string, timezone: string, nowMs: number): number | undefined {
  const [, minutes, hours, dayOfMonth, months, dayOfWeek, years] = CRON.exec(every) ?? [];
  if (minutes === undefined) throw new RangeError(`${every} is neither rate(…) nor cron(…)`);
  // `?` is croner's for the moment at which it is made. L alone is its word for the last day, of a month only.
  const day = (text = '') => (text === '?' ? '*' : text);
  const weekday = dayOfWeek === 'L' ? '7' : (dayOfWeek ?? '').replace(/^([1-7])L$/, '$1#L');
  const pattern = ['0', minutes, hours, day(dayOfMonth), months, day(weekday), years].join(' ');
  const cron = new Cron(pattern, {
    timezone,
    paused: true,
    mode: '7-part',
    // As AWS counts: from 1 for Sunday; and a start with a step, 0/15, runs to the end.
    alternativeWeekdays: true,
    sloppyRanges: true,
  });
  let due = cron.nextRun(new Date(nowMs));
  // croner moves a time in the gap to its end; and gives both of an hour that comes twice to what is not at one time of day.
  while (due && (!cron.match(due) || isSecondOfTwo(due, timezone))) due = cron.nextRun(due);
  return due?.getTime();
}

/** The same time of day was an hour ago: the clocks were set back. */
function isSecondOfTwo(due: Date, timezone: string): boolean {
  const format = new Intl.DateTimeFormat('en', { timeZone: timezone, dateStyle: 'short', timeStyle: 'medium' });
  return format.format(due) === format.format(new Date(due.getTime() - 3_600_000));
}
