/** A write that runs by the clock: a message on the queue at each tick. */
export interface TimedOperation {
  /** Name of the operation. */
  readonly run: string;
  /** `rate(5 minutes)` or `cron(0 2 * * ? *)`, as EventBridge Scheduler writes them. */
  readonly every: string;
  /** Zone of a cron expression; default `UTC`. */
  readonly timezone: string;
  /** The same at each tick, but for `scheduledTime` in texts. */
  readonly input: unknown;
}

/**
 * Stands in a text of a timed input for the time of the tick: `2025-03-14T09:26:00Z`.
 *
 * @see EventBridge Scheduler user guide, "Adding context attributes": the keyword is replaced wherever it stands
 */
export const scheduledTime = '<aws.scheduler.scheduled-time>';
