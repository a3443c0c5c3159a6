import type { SyncRunOptions } from './run.ts';

/** Smaller than that, a run is a short one. */
const SHORT_BELOW = 20_000;

type Pace = Pick<
  SyncRunOptions,
  | 'profile'
  | 'leastMs'
  | 'patienceMs'
  | 'tickEveryMs'
  | 'sweepEveryMs'
  | 'pauseMs'
  | 'sparesFirstRun'
  | 'repeatsShare'
  | 'bulk'
>;

/** How fast things happen in a run of so many records and kills. */
export function paceOf({ records, kills }: { readonly records: number; readonly kills: number }): Pace {
  const isShort = records < SHORT_BELOW;
  return {
    profile: { safetyLagMs: 2_000, lookbackMs: isShort ? 10_000 : 30_000, leaseMs: 1_000 },
    leastMs: isShort ? 12_000 : 60_000,
    patienceMs: Math.max(120_000, kills * 20_000),
    tickEveryMs: isShort ? 600 : 1_000,
    sweepEveryMs: isShort ? 5_000 : 45_000,
    pauseMs: isShort ? [4_000, 6_000] : [0, 7_500],
    sparesFirstRun: isShort,
    // Of few lines one chunk is a great part.
    repeatsShare: isShort ? 0.3 : 0.02,
    bulk: isShort ? { records: 1_000, everyMs: 6_000 } : { records: 4_000, everyMs: 60_000 },
  };
}
