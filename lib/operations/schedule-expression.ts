import { cronProblem, dayGapMinutes } from './cron-expression.ts';
import { isTimeZone, spelledAs } from './time-zones.ts';

const RATE = /^rate\(([1-9]\d{0,4}) (minute|minutes|hour|hours|day|days)\)$/;
const CRON = /^cron\(([^()]{1,200})\)$/;
const MINUTES: Readonly<Record<string, number>> = { minute: 1, hour: 60, day: 1_440 };
const MONTH_MINUTES = 30 * 1_440;
const NO_SCHEDULE = "every: is neither of the form 'rate(5 minutes)' nor 'cron(0 2 * * ? *)'";

/**
 * What is wrong with a schedule, as text after `sync.<job>.` or `timed.<name>.`; `undefined` when nothing is.
 *
 * @param nowMs What is over by then never ticks.
 * @see EventBridge Scheduler user guide, "Schedule types": rate-based and cron-based schedules
 */
export function scheduleProblem(expression: unknown, timezone: unknown, nowMs: number): string | undefined {
  if (typeof timezone !== 'string') return 'timezone: is not a time zone like Europe/Vienna';
  if (!isTimeZone(timezone)) {
    const right = spelledAs(timezone);
    const hint = right ? `: write ${right}` : ' like Europe/Vienna';
    return `timezone: ${JSON.stringify(timezone)} is not a time zone${hint}`;
  }

  if (typeof expression !== 'string') return NO_SCHEDULE;
  const [, amount, unit] = RATE.exec(expression) ?? [];
  if (amount && unit) {
    const right = amount === '1' ? unit.replace(/s$/, '') : unit.replace(/s?$/, 's');
    return unit === right ? undefined : `every: ${expression}: write rate(${amount} ${right})`;
  }
  const [, content] = CRON.exec(expression) ?? [];
  if (expression.startsWith('rate('))
    return `every: ${expression}: a rate is like rate(5 minutes), of 1 to 99999 minutes, hours or days`;
  if (content === undefined) return NO_SCHEDULE;
  const problem = cronProblem(content, nowMs);
  return problem && `every: ${expression} ${problem}`;
}

/** Minutes between two ticks of a rate; `undefined` of a cron expression. */
export function ratePeriodMinutes(expression: string): number | undefined {
  const [, amount, unit = ''] = RATE.exec(expression) ?? [];
  return amount === undefined ? undefined : Number(amount) * (MINUTES[unit.replace(/s$/, '')] ?? 0);
}

/** The least that lies at some time between two ticks of a schedule without problems: a period, or the longest gap of a day. */
export function longestGapMinutes(expression: string): number {
  const [, content = ''] = CRON.exec(expression) ?? [];
  return ratePeriodMinutes(expression) ?? dayGapMinutes(content);
}

/** Whether a schedule without problems comes at least once in 30 days, or in every month that has its day. */
export function comesMonthly(expression: string): boolean {
  const period = ratePeriodMinutes(expression);
  if (period !== undefined) return period <= MONTH_MINUTES;
  const [, content = ''] = CRON.exec(expression) ?? [];
  // A fifth Monday may be three months away.
  return /^(?:\S+ ){3}\* (?!\S+#5)\S+ \*$/.test(content);
}
