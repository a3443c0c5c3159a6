import { Cron } from 'croner';

/** When a schedule is due. */
export interface Timetable {
  /** The first time after the given one; nothing when there is none. */
  next(after: Date): Date | undefined;
}

/** A schedule expression or time zone that AWS would refuse; the message says what to write. */
export class ScheduleExpressionError extends Error {
  override readonly name = 'ScheduleExpressionError';
}

const UNIT_MS: Readonly<Record<string, number>> = { minute: 60_000, hour: 3_600_000, day: 86_400_000 };

/**
 * Reads an expression of EventBridge Scheduler: `rate(5 minutes)` or `cron(0 2 * * ? *)`.
 *
 * @param options.timezone IANA name; `cron` is read in it. Default `UTC`.
 * @param options.createdAt Where a rate starts to count: it is due first one interval later. Default now.
 * @see EventBridge Scheduler user guide, "Schedule types in EventBridge Scheduler"
 */
export function parseSchedule(
  expression: string,
  { timezone = 'UTC', createdAt = new Date() }: { timezone?: string; createdAt?: Date } = {},
): Timetable {
  checkTimezone(timezone);
  const [, kind, content = ''] = /^(rate|cron)\((.*)\)$/.exec(expression) ?? [];
  if (kind === 'rate') return rate(content, createdAt);
  if (kind === 'cron') return cron(content, timezone);
  throw new ScheduleExpressionError(`"${expression}" is neither rate(value unit) nor cron(six fields)`);
}

function checkTimezone(timezone: string): void {
  try {
    // Intl takes offsets such as +02:00 as well, and EventBridge Scheduler does not.
    if (!/^[A-Za-z]/.test(timezone)) throw new RangeError('not a name');
    Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new ScheduleExpressionError(`there is no time zone "${timezone}": write an IANA name such as Europe/Berlin`);
  }
}

function rate(content: string, createdAt: Date): Timetable {
  const [, value = '', unit = '', plural] = /^([1-9]\d{0,5}) (minute|hour|day)(s?)$/.exec(content) ?? [];
  const unitMs = UNIT_MS[unit];
  if (unitMs === undefined) {
    throw new ScheduleExpressionError(`rate(${content}) must be a whole number and minutes, hours or days`);
  }
  if ((value === '1') === (plural === 's')) {
    throw new ScheduleExpressionError(`rate(${content}) must read rate(${value} ${unit}${value === '1' ? '' : 's'})`);
  }
  const intervalMs = Number(value) * unitMs;
  return {
    next(after) {
      const passed = Math.max(0, Math.floor((after.getTime() - createdAt.getTime()) / intervalMs));
      return new Date(createdAt.getTime() + (passed + 1) * intervalMs);
    },
  };
}

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  readonly words?: readonly string[];
  /** Forms beside numbers, ranges, lists and steps. */
  readonly special?: RegExp;
  /** Added to a number to get croner's. */
  readonly shift?: number;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const FIELDS: readonly Field[] = [
  { name: 'minutes', least: 0, most: 59 },
  { name: 'hours', least: 0, most: 23 },
  { name: 'day of month', least: 1, most: 31, special: /^(?:L|(?:[1-9]|[12]\d|3[01])W)$/ },
  { name: 'month', least: 1, most: 12, words: MONTHS },
  // AWS counts from 1 for Sunday, croner from 0.
  { name: 'day of week', least: 1, most: 7, words: WEEKDAYS, special: /^(?:L|[1-7]L|[1-7]#[1-5])$/, shift: -1 },
  { name: 'year', least: 1_970, most: 2_199 },
];

function cron(content: string, timezone: string): Timetable {
  const texts = content.trim().split(/ +/);
  if (texts.length !== FIELDS.length) {
    throw new ScheduleExpressionError(
      `cron(${content}) must have six fields: minutes hours day-of-month month day-of-week year`,
    );
  }
  const [, , dayOfMonth, , dayOfWeek] = texts;
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    throw new ScheduleExpressionError(`cron(${content}) must have ? as day of month or as day of week, not as both`);
  }
  const fields = FIELDS.map((field, index) => translate(texts[index] ?? '', field));
  const job = build(`0 ${fields.join(' ')}`, timezone);
  return {
    next(after) {
      let due = job.nextRun(after);
      // A time that the clocks leap over is skipped on AWS; croner moves it to the end of the gap.
      while (due && !job.match(due)) due = job.nextRun(due);
      return due ?? undefined;
    },
  };
}

function build(pattern: string, timezone: string): Cron {
  try {
    return new Cron(pattern, { timezone, paused: true, mode: '7-part' });
  } catch (error) {
    throw new ScheduleExpressionError(`not understood: ${(error as Error).message}`);
  }
}

/** One field in croner's writing. */
function translate(text: string, field: Field): string {
  if (text === '?') {
    if (field.name.startsWith('day')) return '*';
    throw new ScheduleExpressionError(`${field.name} cannot be ?`);
  }
  if (field.special?.test(text)) return translateSpecial(text, field);
  return text
    .split(',')
    .map((part) => translatePart(part, field))
    .join(',');
}

function translateSpecial(text: string, { name }: Field): string {
  if (name === 'day of month') return text;
  // Alone, L is the last day of the week: Saturday. Behind a day, the last such day of the month.
  if (text === 'L') return '6';
  const day = Number(text[0]) - 1;
  return text.endsWith('L') ? `${day}#L` : `${day}${text.slice(1)}`;
}

function translatePart(part: string, field: Field): string {
  const [, from = '', to, step] = /^(\*|\w+)(?:-(\w+))?(?:\/(\d+))?$/.exec(part) ?? [];
  if (from === '' || (from === '*' && to !== undefined)) throw wrong(part, field);
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.most)) throw wrong(part, field);
  const every = step === undefined ? '' : `/${step}`;
  if (from === '*') return `*${every}`;

  const first = numberOf(from, part, field);
  // A start with a step runs to the end of the field.
  const last = to === undefined ? (step === undefined ? first : field.most) : numberOf(to, part, field);
  if (last < first) throw wrong(part, field);
  const shift = field.shift ?? 0;
  return first === last ? String(first + shift) : `${first + shift}-${last + shift}${every}`;
}

function numberOf(text: string, part: string, field: Field): number {
  const word = field.words?.indexOf(text.toUpperCase()) ?? -1;
  const value = word >= 0 ? word + 1 : /^\d{1,4}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= field.least && value <= field.most)) throw wrong(part, field);
  return value;
}

function wrong(part: string, { name, least, most, words }: Field): ScheduleExpressionError {
  const orWords = words ? ` or ${words[0]} to ${words.at(-1)}` : '';
  return new ScheduleExpressionError(`"${part}" is no ${name}: numbers ${least} to ${most}${orWords}, with , - * /`);
}
