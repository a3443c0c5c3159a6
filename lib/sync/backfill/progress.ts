import type { BackfillPlan } from './plan.ts';

/** How far a backfill has come. Records are those that were counted when it was planned. */
export interface BackfillProgress {
  /** `complete` when every window was read to its end, cancelled before that or not. */
  readonly state: 'running' | 'cancelled' | 'complete';
  readonly windows: number;
  readonly windowsDone: number;
  readonly records: number;
  readonly recordsDone: number;
  /** Since it was begun or resumed; `undefined` while no window has been done since, and when it does not run. */
  readonly recordsPerSecond?: number | undefined;
  readonly leftSeconds?: number | undefined;
}

/**
 * Reckons how far a plan has come, and when it will be whole.
 *
 * @param done Numbers of the windows that were read to their ends.
 */
export function progressOf(plan: BackfillPlan, done: ReadonlySet<number>, nowMs: number): BackfillProgress {
  const { windows, since, state } = plan;
  const whole = windows.filter(({ n }) => done.has(n));
  const [records, recordsDone] = [windows, whole].map((some) => some.reduce((sum, each) => sum + each.records, 0)) as [
    number,
    number,
  ];
  const isWhole = whole.length === windows.length;
  const counts = {
    state: isWhole ? 'complete' : state,
    windows: windows.length,
    windowsDone: whole.length,
    records,
    recordsDone,
  } as const;

  const seconds = (nowMs - since.atMs) / 1_000;
  const read = recordsDone - since.records;
  if (counts.state !== 'running' || seconds <= 0 || read <= 0) return counts;
  const recordsPerSecond = read / seconds;
  return { ...counts, recordsPerSecond, leftSeconds: (records - recordsDone) / recordsPerSecond };
}

/** Windows that were not noted as done: what a resumption asks for again. */
export function windowsLeft(plan: BackfillPlan, done: ReadonlySet<number>): readonly number[] {
  return plan.windows.filter(({ n }) => !done.has(n)).map(({ n }) => n);
}
