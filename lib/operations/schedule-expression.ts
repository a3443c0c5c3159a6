const RATE = /^rate\(([1-9]\d{0,4}) (minute|minutes|hour|hours|day|days)\)$/;
const CRON = /^cron\(([^()]{11,200})\)$/;
/** Characters of one field of a cron expression; AWS checks the rest when the schedule is deployed. */
const CRON_FIELD = /^[0-9A-Z*,/?#LW-]+$/;

/**
 * What is wrong with a schedule, as text after `sync.<job>.` or `timed.<name>.`; `undefined` when nothing is.
 *
 * @see EventBridge Scheduler user guide, "Schedule types": rate-based and cron-based schedules
 */
export function scheduleProblem(expression: string, timezone: string): string | undefined {
  if (!isTimezone(timezone)) return `timezone: ${JSON.stringify(timezone)} is not a time zone like Europe/Vienna`;

  const [, amount, unit] = RATE.exec(expression) ?? [];
  if (amount && unit) {
    const right = amount === '1' ? unit.replace(/s$/, '') : unit.replace(/s?$/, 's');
    return unit === right ? undefined : `every: ${expression}: write rate(${amount} ${right})`;
  }
  const cron = CRON.exec(expression)?.[1]?.split(' ') ?? [];
  const [, , dayOfMonth, , dayOfWeek] = cron;
  if (cron.length !== 6 || !cron.every((field) => CRON_FIELD.test(field))) {
    return "every: is neither of the form 'rate(5 minutes)' nor 'cron(0 2 * * ? *)'";
  }
  return (dayOfMonth === '?') === (dayOfWeek === '?')
    ? 'every: exactly one of day of month and day of week in a cron expression is ?'
    : undefined;
}

// Time zone data takes milliseconds to load, and a cold start of every function comes by here.
function isTimezone(name: string): boolean {
  if (name === 'UTC') return true;
  // EventBridge Scheduler knows zones by their names alone, and Intl offsets such as +02:00 as well.
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
