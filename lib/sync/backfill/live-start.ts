import type { SyncJob } from '../../operations/index.ts';
import type { SyncLook } from '../checkpoint.ts';
import { upperBound, wholeSecond } from '../position.ts';

/** How late the clock of an operator's machine may be wrong: it is not one of those that the functions have. */
const MACHINE_CLOCK_MS = 300_000;

/** How far behind now a job reads, and how long a transaction at Siebel may take. */
export interface SyncTimes {
  readonly safetyLagMs: number;
  readonly lookbackMs: number;
}

/** What a job says itself goes before the settings. */
export function syncTimesOf(
  { safetyLagSeconds, lookbackSeconds }: Pick<SyncJob, 'safetyLagSeconds' | 'lookbackSeconds'>,
  { safetyLagMs, lookbackMs }: SyncTimes,
): SyncTimes {
  return {
    safetyLagMs: safetyLagSeconds === undefined ? safetyLagMs : safetyLagSeconds * 1_000,
    lookbackMs: lookbackSeconds === undefined ? lookbackMs : lookbackSeconds * 1_000,
  };
}

/**
 * Up to where (exclusive) records stand still: what has an older instant was committed, and what changes from now on gets
 * a newer one. A backfill that ends here has nothing to look back for, and what comes behind it is the live job's.
 */
export function settledUntil(nowMs: number, { safetyLagMs, lookbackMs }: SyncTimes): number {
  return wholeSecond(upperBound(nowMs, safetyLagMs) - lookbackMs - MACHINE_CLOCK_MS);
}

/** From where on the live job reads: `everything` while its own first pass comes from the beginning. */
export type LiveStart = 'nothing-known' | 'everything' | { readonly atMs: number };

/**
 * From where on the live job will hand records over, by what is stored of it; whatever is older, it has handed over, or was
 * told to leave alone.
 *
 * @param looked What the state has of the live run; `undefined` for a job that never ran.
 */
export function liveStartOf(
  looked: Pick<SyncLook, 'checkpoint' | 'leaseUntilMs'> | undefined,
  { nowMs, lookbackMs }: { readonly nowMs: number; readonly lookbackMs: number },
): LiveStart {
  const { checkpoint, leaseUntilMs = 0 } = looked ?? {};
  // A first run that has not stored anything yet reads from the beginning.
  if (!checkpoint) return leaseUntilMs > nowMs ? 'everything' : 'nothing-known';
  const { boundMs, floorMs, pass } = checkpoint;
  if (!pass || pass.open.length === 0) {
    if (boundMs === undefined) return floorMs === undefined ? 'nothing-known' : { atMs: floorMs };
    return { atMs: Math.max(wholeSecond(boundMs - lookbackMs), floorMs ?? Number.NEGATIVE_INFINITY) };
  }
  // Neither was there a whole pass before this one, nor was it told where to begin.
  if (boundMs === undefined && floorMs === undefined) return 'everything';
  const atMs = Math.min(...pass.open.map(({ fromMs }) => fromMs ?? Number.NEGATIVE_INFINITY));
  return Number.isFinite(atMs) ? { atMs } : 'everything';
}
