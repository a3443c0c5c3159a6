interface CronField {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** Words for the numbers from `least` on. */
  readonly words?: readonly string[];
  /** Forms beside `*`, numbers, ranges, lists and steps. */
  readonly special?: RegExp;
  /** Default true. */
  readonly takesSteps?: boolean;
}

const MINUTES: CronField = { name: 'minute', least: 0, most: 59 };
const HOURS: CronField = { name: 'hour', least: 0, most: 23 };
const DAYS: CronField = { name: 'day of month', least: 1, most: 31, special: /^(?:\?|L|(?:[1-9]|[12]\d|3[01])W)$/ };
const MONTHS: CronField = {
  name: 'month',
  least: 1,
  most: 12,
  words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
};
const WEEKDAYS: CronField = {
  name: 'day of week',
  least: 1,
  most: 7,
  words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
  // One nth weekday alone: "3#1,6#3" would be two expressions.
  special: /^(?:\?|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)?L|(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)#[1-5])$/,
  takesSteps: false,
};
const YEARS: CronField = { name: 'year', least: 1_970, most: 2_199 };
const FIELDS = [MINUTES, HOURS, DAYS, MONTHS, WEEKDAYS, YEARS] as const;

const DAY_MINUTES = 1_440;
/** In the longest year. */
const DAYS_OF_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * What is wrong with the six fields of a cron expression; `undefined` when nothing is, and it can come to pass at least once.
 *
 * @param content What stands in the brackets of `cron(…)`.
 * @param nowMs What is over by then does not come to pass.
 * @see EventBridge Scheduler user guide, "Schedule types": cron-based schedules, fields and wildcards
 */
export function cronProblem(content: string, nowMs: number): string | undefined {
  const texts = content.split(' ');
  if (texts.length !== FIELDS.length) {
    return `has ${texts.length} fields, and six are needed: minutes hours day-of-month month day-of-week year`;
  }
  const wrong = FIELDS.map((field, index) => fieldProblem(texts[index] ?? '', field)).find((problem) => problem);
  if (wrong) return wrong;

  const [, , days = '', months = '', weekdays = '', years = ''] = texts;
  if ((days === '?') === (weekdays === '?')) return 'needs ? in one of day of month and day of week, and in one only';
  if (neverComes(days, months, years)) return `names a day that no month has: ${days} in month ${months}`;
  return isOver(months, years, nowMs) ? `is over: its last year is ${Math.max(...listed(years, YEARS))}` : undefined;
}

/** The longest time without a tick between two on days that follow each other, of an expression without problems. */
export function dayGapMinutes(content: string): number {
  const [minutes = '', hours = ''] = content.split(' ');
  const ticks = listed(hours, HOURS)
    .flatMap((hour) => listed(minutes, MINUTES).map((minute) => hour * 60 + minute))
    .sort((a, b) => a - b);
  const [first = 0] = ticks;
  return Math.max(...ticks.map((tick, index) => (ticks[index + 1] ?? first + DAY_MINUTES) - tick));
}

function fieldProblem(text: string, field: CronField): string | undefined {
  if (field.special?.test(text) || text.split(',').every((part) => valuesOf(part, field))) return undefined;
  const { name, least, most, words } = field;
  const orWords = words ? ` or ${words[0]} to ${words.at(-1)}` : '';
  return `has ${JSON.stringify(text)} as ${name}, which takes ${least} to ${most}${orWords}`;
}

/** The numbers that one part of a list stands for; nothing when it stands for none. */
function valuesOf(part: string, field: CronField): readonly number[] | undefined {
  const [, from = '', to, step = '1'] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d{1,4}))?$/.exec(part) ?? [];
  if (part.includes('/') && field.takesSteps === false) return undefined;
  const first = from === '*' ? field.least : numberOf(from, field);
  const openEnd = from === '*' || part.includes('/') ? field.most : first;
  const last = to === undefined ? openEnd : numberOf(to, field);
  const by = Number(step);
  if (first === undefined || last === undefined || last < first || by < 1 || by > field.most) return undefined;
  if (from === '*' && to !== undefined) return undefined;
  return Array.from({ length: Math.floor((last - first) / by) + 1 }, (_, index) => first + index * by);
}

function numberOf(text: string, { least, most, words }: CronField): number | undefined {
  const word = words?.indexOf(text) ?? -1;
  const value = word >= 0 ? least + word : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** Whether no listed month of any listed year has a listed day: the 31st of April, the 29th of February in 2027. */
function neverComes(days: string, months: string, years: string): boolean {
  if (days === '?' || days === 'L') return false;
  const first = Math.min(...listed(days.replace('W', ''), DAYS));
  const isLeap = listed(years, YEARS).some((year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
  return listed(months, MONTHS).every((month) => {
    const length = month === 2 && !isLeap ? 28 : (DAYS_OF_MONTHS[month - 1] ?? 0);
    return first > length;
  });
}

/** Whether the last listed month of the last listed year has passed in every time zone. */
function isOver(months: string, years: string, nowMs: number): boolean {
  const endMs = Date.UTC(Math.max(...listed(years, YEARS)), Math.max(...listed(months, MONTHS)), 2);
  return endMs < nowMs;
}

function listed(text: string, field: CronField): number[] {
  return text.split(',').flatMap((part) => valuesOf(part, field) ?? []);
}
