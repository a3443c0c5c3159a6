import { isObject } from '../json.ts';
import { Condition } from '../siebel/search-condition.ts';
import type { Field } from '../siebel/values.ts';
import { LEAST_CONCURRENCY } from './capacity.ts';
import type { Integration } from './integration.ts';
import { comesMonthly, longestGapMinutes, scheduleProblem } from './schedule-expression.ts';
import { type SyncJob, widestWindow } from './sync-job.ts';
import { targetConflicts, targetProblems } from './target-problems.ts';

const JOB_NAME = /^[a-z][a-z0-9-]{0,62}$/;
const MOST_WINDOW = 16;
/** Of a stage that sets none; a longer one is added to the alarms in infra/sync.cjs. */
const SAFETY_LAG_SECONDS = 60;
const NO_CONDITION = "where: is no condition like account.field('Account Status').is('Active')";
/** A week: the longest that an alarm of CloudWatch looks back. */
export const LONGEST_LAG_ALARM_MINUTES = 10_080;

const WORDS = {
  job: [
    'read',
    'cursor',
    'every',
    'timezone',
    'to',
    'where',
    'pageSize',
    'window',
    'safetyLagSeconds',
    'lookbackSeconds',
    'ownWrites',
    'sweep',
    'lagAlarmMinutes',
  ],
  ownWrites: ['field', 'is'],
  sweep: ['every', 'timezone', 'maxMissing', 'compare'],
} as const;

/** Everything that is wrong with the sync jobs of an integration. */
export function syncProblems(
  { sync, timed, capacity }: Pick<Integration, 'sync' | 'timed' | 'capacity'>,
  nowMs: number,
): readonly string[] {
  const named = new Set([...sync.keys(), ...timed.keys()]);
  return [
    ...[...sync].flatMap(([job, given]) => [
      ...jobProblems(job, given, nowMs),
      ...(given.sweep && named.has(sweepName(job))
        ? [`sync.${job}.sweep: its schedule is named ${sweepName(job)}, which is taken`]
        : []),
      ...(isWhole(capacity.sync, 1, MOST_WINDOW) && isWhole(given.window, capacity.sync + 1, MOST_WINDOW)
        ? [
            `sync.${job}.window (${given.window}) is wider than capacity.sync (${capacity.sync}): narrow it or raise the share`,
          ]
        : []),
    ]),
    ...targetConflicts(sync),
    ...(sync.size > 0 && isWhole(capacity.backfill, 0, LEAST_CONCURRENCY - 1)
      ? [
          `capacity.backfill (${capacity.backfill}) is less than ${LEAST_CONCURRENCY}, the least that Lambda can hold the ` +
            'backfill queue to: every sync job can be backfilled, so raise the share',
        ]
      : []),
  ];
}

/** The widest window that is one, so that the plan can be judged beside a job that cannot. */
export function usableWindow({ sync }: Pick<Integration, 'sync'>): number {
  return widestWindow(new Map([...sync].filter(([, { window }]) => isWhole(window, 1, MOST_WINDOW))));
}

/** Name of the schedule that begins the sweeps of a job. */
export function sweepName(job: string): string {
  return `${job}-sweep`;
}

function jobProblems(job: string, given: SyncJob, nowMs: number): string[] {
  const schedule = scheduleProblem(given.every, given.timezone, nowMs);
  const { safetyLagSeconds = 0, lookbackSeconds = 0, lagAlarmMinutes = 1 } = given;
  const numbers = [
    ['pageSize', given.pageSize, 1, 100],
    ['window', given.window, 1, MOST_WINDOW],
    ['safetyLagSeconds', safetyLagSeconds, 0, 3_600],
    ['lookbackSeconds', lookbackSeconds, 0, 86_400],
    ['lagAlarmMinutes', lagAlarmMinutes, 1, LONGEST_LAG_ALARM_MINUTES],
  ] as const;
  const wrongNumbers = numbers
    .filter(([, value, least, most]) => !isWhole(value, least, most))
    .map(([name, , least, most]) => `${name}: is not a whole number from ${least} to ${most}`);
  const lagAlarm = schedule === undefined && wrongNumbers.length === 0 ? lagAlarmProblem(given) : undefined;
  const said = [
    ...unknownWords(given, WORDS.job),
    ...fieldProblems(given),
    ...(given.where === undefined || given.where instanceof Condition ? [] : [NO_CONDITION]),
    ...(schedule ? [schedule] : []),
    ...wrongNumbers,
    ...(lagAlarm ? [lagAlarm] : []),
    ...sweepProblems(given.sweep, nowMs),
    ...targetProblems(given.to),
  ];
  return [
    ...(JOB_NAME.test(job) ? [] : [`the sync job ${JSON.stringify(job)} is not named like accounts`]),
    ...said.map((problem) => `sync.${job}.${problem}`),
  ];
}

function fieldProblems({ read, cursor, ownWrites }: SyncJob): string[] {
  if (!isObject(read) || !isObject(read.fields)) return ['read: is no business component'];
  const declared = (name: unknown) =>
    typeof name === 'string' && Object.hasOwn(read.fields, name) ? read.fields[name] : undefined;
  const field = declared(cursor);
  return [
    ...(field?.kind === 'utcDateTime' && !field.optional
      ? []
      : [`cursor: ${named(cursor)} is not a utcDateTime() field that every record has`]),
    ...ownWritesProblems(ownWrites, declared),
  ];
}

function ownWritesProblems(ownWrites: unknown, declared: (name: unknown) => Field | undefined): string[] {
  if (ownWrites === undefined) return [];
  if (!isObject(ownWrites)) return ["ownWrites: is not of the form { field: 'Updated By Name', is: 'SIEBEL_CALLER' }"];
  const { field, is } = ownWrites;
  return [
    ...unknownWords(ownWrites, WORDS.ownWrites).map((problem) => `ownWrites.${problem}`),
    ...(declared(field)?.kind === 'text' ? [] : [`ownWrites.field: ${named(field)} is not a declared text() field`]),
    ...(typeof is === 'string' && is !== '' ? [] : ['ownWrites.is: is not a text']),
  ];
}

/** An alarm that no run could keep silent: a run reads up to the safety lag, and the next comes a period later. */
function lagAlarmProblem({
  every,
  safetyLagSeconds = SAFETY_LAG_SECONDS,
  lagAlarmMinutes,
}: SyncJob): string | undefined {
  const least = longestGapMinutes(every) + Math.ceil(safetyLagSeconds / 60) + 1;
  return isWhole(lagAlarmMinutes, 1, least - 1)
    ? `lagAlarmMinutes: ${lagAlarmMinutes} would always alarm: ${every} and the safety lag need at least ${least}`
    : undefined;
}

function sweepProblems(sweep: unknown, nowMs: number): string[] {
  if (sweep === undefined) return [];
  if (!isObject(sweep)) return ["sweep: is not of the form { every: 'rate(1 day)' }"];
  const { every, timezone, maxMissing, compare = 'cursor', ...others } = sweep;
  const schedule = scheduleProblem(every, timezone, nowMs);
  return [
    ...unknownWords(others, WORDS.sweep).map((problem) => `sweep.${problem}`),
    ...(schedule ? [`sweep.${schedule}`] : []),
    // What a sweep compares with is kept for 90 days.
    ...(schedule || comesMonthly(String(every))
      ? []
      : ['sweep.every: does not come every month, and sets of Ids are not kept longer']),
    ...(typeof maxMissing === 'number' && maxMissing > 0 && maxMissing <= 1
      ? []
      : ['sweep.maxMissing: is not a share above 0 and up to 1']),
    ...(compare === 'cursor' || compare === 'records' ? [] : ["sweep.compare: is neither 'cursor' nor 'records'"]),
  ];
}

function named(name: unknown): string {
  return typeof name === 'string' ? name : 'what is given';
}

function unknownWords(given: object, words: readonly string[]): string[] {
  return Object.keys(given)
    .filter((member) => !words.includes(member))
    .map((member) => `${member}: means nothing`);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;
}
