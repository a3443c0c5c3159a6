import type { Capacity } from './capacity.ts';
import { ratePeriodMinutes } from './schedule-expression.ts';
import { type SyncJob, widestWindow } from './sync-job.ts';
import { LONGEST_LAG_ALARM_MINUTES, sweepName } from './sync-problems.ts';

/** One schedule of the schedule function: the ticks of a job, or the beginnings of its sweep. */
export interface SyncSchedule {
  readonly name: string;
  readonly job: string;
  readonly sweep: boolean;
  readonly expression: string;
  readonly timezone: string;
  readonly input: { readonly job: string; readonly sweep?: true };
}

/** What the template needs to know of the sync jobs beside their schedules. */
export interface PlannedSync {
  /** Containers of the schedule function; each reads as many pages at a time as the widest job. */
  readonly reservedConcurrency: number;
  /** Names of queues that jobs send to. */
  readonly queues: readonly string[];
  /** Names of event buses that jobs put events on. */
  readonly buses: readonly string[];
  /** Whether any job has a sweep. */
  readonly sweeps: boolean;
  /** Folders of the bucket that jobs write to. */
  readonly prefixes: readonly string[];
  /** Jobs with an alarm on their lag. */
  readonly lagAlarms: readonly {
    readonly job: string;
    readonly minutes: number;
    /** Whether the safety lag is the job's own, and not that of the stage. */
    readonly ownSafetyLag: boolean;
  }[];
}

/** What the schedule function may use, and what is watched of it. */
export function plannedSync(jobs: ReadonlyMap<string, SyncJob>, capacity: Capacity): PlannedSync {
  const targets = [...jobs.values()].map(({ to }) => to);
  return {
    reservedConcurrency: Math.max(1, Math.floor(capacity.sync / widestWindow(jobs))),
    queues: [...new Set(targets.flatMap((to) => (to.kind === 'sqs' ? [to.queueName] : [])))],
    buses: [...new Set(targets.flatMap((to) => (to.kind === 'eventbridge' ? [to.bus] : [])))],
    prefixes: [...new Set(targets.flatMap((to) => (to.kind === 's3' ? [to.prefix] : [])))],
    sweeps: [...jobs.values()].some(({ sweep }) => sweep !== undefined),
    lagAlarms: [...jobs].flatMap(([job, given]) => {
      const minutes = lagAlarmMinutes(given);
      const ownSafetyLag = given.safetyLagSeconds !== undefined;
      return minutes === undefined ? [] : [{ job, minutes, ownSafetyLag }];
    }),
  };
}

/** One schedule for each job, and one for each sweep. */
export function syncSchedules(jobs: ReadonlyMap<string, SyncJob>): SyncSchedule[] {
  return [...jobs].flatMap(([job, { every, timezone, sweep }]): SyncSchedule[] => [
    { name: job, job, sweep: false, expression: every, timezone, input: { job } },
    ...(sweep
      ? [
          {
            name: sweepName(job),
            job,
            sweep: true,
            expression: sweep.every,
            timezone: sweep.timezone,
            input: { job, sweep: true as const },
          },
        ]
      : []),
  ]);
}

/**
 * Three periods, so that two ticks may fail, half an hour, and the job's own safety lag, which no run falls below; nothing
 * where an alarm could not look back so far.
 */
function lagAlarmMinutes({ every, lagAlarmMinutes: given, safetyLagSeconds = 0 }: SyncJob): number | undefined {
  if (given !== undefined) return given;
  const period = ratePeriodMinutes(every);
  const minutes = period && 3 * period + 30 + Math.ceil(safetyLagSeconds / 60);
  return minutes === undefined || minutes > LONGEST_LAG_ALARM_MINUTES ? undefined : minutes;
}
