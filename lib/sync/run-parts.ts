import type { Clock } from '../clock.ts';
import type { Log, Metrics } from '../logger.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { SyncControl, SyncLease, SyncState } from './checkpoint.ts';
import type { DriftProbe } from './drift.ts';
import { holdingLease, type KeptLease } from './kept-lease.ts';
import { reportOfNothing, type SyncReport } from './run-report.ts';
import type { SeenRecords } from './seen-records.ts';
import type { SyncSink } from './sink.ts';

/** What runs and windows are made of. */
export interface SyncParts {
  readonly siebel: Pick<SiebelClient, 'queryPage'>;
  readonly state: SyncState;
  readonly control: SyncControl;
  readonly sink: SyncSink;
  /** Told what is handed over by jobs that have a sweep. */
  readonly seen?: SeenRecords | undefined;
  /** Absent: fields are not looked at before a run. */
  readonly drift?: DriftProbe | undefined;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How far behind now a run reads, unless the job says it. Default 60 000. */
  readonly safetyLagMs?: number;
  /** How long a transaction at Siebel may take, unless the job says it: so far a pass looks back. Default 600 000. */
  readonly lookbackMs?: number;
  /** Longest time of one call to Siebel with its second attempt. Default 45 000. */
  readonly callTimeoutMs?: number;
  /** How long a run that has died keeps others out. Default 60 000. */
  readonly leaseMs?: number;
}

export interface Limits {
  /** When the invocation ends, by `Clock.now()`. */
  readonly deadlineAtMs: number;
}

/** The window that ticks read, beside those of backfills. */
export const LIVE = 'live';

/**
 * Runs under the lease of a window, which is kept meanwhile and given back afterwards; ends quietly when another holds it.
 */
export async function underLease(
  name: string,
  window: string,
  { state, clock, log, metrics, leaseMs = 60_000 }: Pick<SyncParts, 'state' | 'clock' | 'log' | 'metrics' | 'leaseMs'>,
  run: (lease: SyncLease, kept: KeptLease) => Promise<SyncReport>,
): Promise<SyncReport> {
  const report = await holdingLease({ state, job: name, window, leaseMs, clock, log }, run);
  if (report) return report;
  metrics.count('lease.held');
  log.info('SYNC_ALREADY_RUNNING', { job: name, window });
  return reportOfNothing(name, window, 'already-running');
}
