import type { Clock } from '../clock.ts';
import { errorNameOf, IntegrationError } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import type { RunRecord, SyncControl } from './checkpoint.ts';
import type { Totals } from './in-hand.ts';

/** What one run did; also the answer of the function. */
export interface SyncReport {
  readonly job: string;
  readonly window: string;
  /**
   * `complete`: everything up to the bound was read. `stopped`: time ran out, and the next tick goes on. `already-running`:
   * another run holds the lease, nothing was done. `lease-lost`: another run has taken over while this one was busy.
   * `paused`, `cancelled`: a person wants it so; what was under way is stored.
   */
  readonly outcome: 'complete' | 'stopped' | 'already-running' | 'lease-lost' | 'paused' | 'cancelled';
  readonly fence?: number;
  /** Pages read from Siebel, the empty ones at the ends included. */
  readonly pages: number;
  /** Records handed to the sink. */
  readonly records: number;
  /** Records that an earlier run had handed over already. */
  readonly repeats: number;
  readonly quarantined: number;
  /** Records that the integration wrote itself, and that were left out. */
  readonly own: number;
  /** Names of the objects that hold the records, for sinks that have names. */
  readonly objects: readonly string[];
  /** Why it stopped, when time had not run out. */
  readonly code?: string;
  /** The newest record that was handed over, by this run or an earlier one. */
  readonly cursor?: { readonly at: string; readonly id: string };
  /** The newest instant that was asked for. */
  readonly bound?: string;
  /** How far behind now the job has read. */
  readonly lagMs?: number;
}

/** A report of a run that did nothing. */
export function reportOfNothing(job: string, window: string, outcome: SyncReport['outcome']): SyncReport {
  return { job, window, outcome, pages: 0, records: 0, repeats: 0, quarantined: 0, own: 0, objects: [] };
}

/** Counts what a run did, however it ended. */
export function countTotals({ pages, records, repeats, quarantined, own }: Totals, metrics: Metrics): void {
  metrics.count('sync.records', records);
  metrics.count('sync.pages', pages);
  if (repeats > 0) metrics.count('sync.repeats', repeats);
  if (quarantined > 0) metrics.count('sync.quarantined', quarantined);
  if (own > 0) metrics.count('sync.own', own);
}

/**
 * Tells that Siebel shows no record of a component that had some: it was renamed, or the service user may not see it any
 * more. What this says stays so until it shows one, or the job is reset to an instant.
 */
export function tellNothingSeen(
  { job, window }: { readonly job: string; readonly window: string },
  { log, metrics }: { readonly log: Log; readonly metrics: Metrics },
): { readonly code: string } {
  metrics.count('sync.drift');
  log.warn('SYNC_NOTHING_SEEN', { job, window });
  return { code: 'SYNC_NOTHING_SEEN' };
}

/** Counts why a run failed, as far as somebody is called for it. */
export function countDrift(error: unknown, metrics: Metrics): void {
  if (codeOf(error) === 'SYNC_DRIFT') metrics.count('sync.drift');
}

/** Tells how far a live job is behind; also when a run has failed, as the lag grows with every one that does. */
export function tellLag(job: string, lagMs: number | undefined, metrics: Metrics): void {
  if (lagMs !== undefined) metrics.milliseconds('sync.lag', lagMs, { job });
}

/** Adds a run to the history of its job. A history that cannot be written is no reason to fail. */
export async function keepRun(
  job: string,
  {
    startedMs,
    lagMs,
    cursorAt,
    code,
    ...run
  }: Pick<RunRecord, 'outcome' | 'records' | 'pages'> & {
    readonly startedMs: number;
    readonly lagMs: number | undefined;
    readonly cursorAt: string | undefined;
    readonly code: string | undefined;
  },
  { control, clock, log }: { readonly control: SyncControl; readonly clock: Clock; readonly log: Log },
): Promise<void> {
  const durationMs = Math.round(clock.elapsed() - startedMs);
  await control
    .addRun(job, {
      atMs: clock.now(),
      durationMs,
      ...run,
      ...(lagMs !== undefined && { lagMs }),
      ...(cursorAt !== undefined && { cursorAt }),
      ...(code !== undefined && { code }),
    })
    .catch((error) => log.warn('SYNC_RUN_NOT_KEPT', { job, errorName: errorNameOf(error) }));
}

/** The code of a failure, as the history keeps it. */
export function codeOf(error: unknown): string {
  return error instanceof IntegrationError ? error.code : 'BUG';
}
