import { ratePeriodMinutes } from '../../operations/schedule-expression.ts';
import { RESERVE_MS } from './work.ts';

const MINUTE_MS = 60_000;
/** Of the time between two ticks of the job. The rest is left to its live runs, and to other jobs of the same containers. */
const SHARE = 0.8;
/** What a run does before its first call. */
const START_MS = 5_000;
/** How often a cron expression may come: one that names a single minute of the hour, else any other. */
const HOURLY_MINUTES = 60;
const OFTEN_MINUTES = 5;

/**
 * Until when one tick of a job works on its sweep: at least for one call, also when a live run has taken all its time.
 *
 * @param every Schedule of the job: `rate(…)` or `cron(…)`.
 * @param tick When the tick began, the time now, when its invocation ends, and how long one call to Siebel may take.
 */
export function sweepDeadlineAtMs(
  every: string,
  {
    startedAtMs,
    nowMs,
    deadlineAtMs,
    callTimeoutMs = 45_000,
  }: {
    readonly startedAtMs: number;
    readonly nowMs: number;
    readonly deadlineAtMs: number;
    readonly callTimeoutMs?: number | undefined;
  },
): number {
  const shareMs = periodMinutes(every) * MINUTE_MS * SHARE;
  return Math.min(deadlineAtMs, Math.max(startedAtMs + shareMs, nowMs + START_MS + callTimeoutMs + RESERVE_MS));
}

function periodMinutes(every: string): number {
  return ratePeriodMinutes(every) ?? (/^cron\(\d+ /.test(every) ? HOURLY_MINUTES : OFTEN_MINUTES);
}
