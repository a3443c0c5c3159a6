import type { SyncJob } from '../../operations/index.ts';
import { holdingLease } from '../kept-lease.ts';
import { isoOf, upperBound } from '../position.ts';
import { LIVE } from '../run-parts.ts';
import { countDrift } from '../run-report.ts';
import { compareAll } from './comparing.ts';
import type { Phase, SweepIn, Underway } from './content.ts';
import { emitAll, takeBack } from './emitting.ts';
import { gather, list } from './gathering.ts';
import { guarded, isConfirmed } from './guard.ts';
import { readAll } from './read-ids.ts';
import {
  Interrupted,
  type Pause,
  refuseAnotherJob,
  SWEEP,
  type SweepParts,
  type Tally,
  type Work,
  workOf,
} from './work.ts';

export type { SweepParts } from './work.ts';

/** What one run of a sweep did. */
export interface SweepReport extends Readonly<Tally> {
  readonly job: string;
  /**
   * `complete`: the sweep is whole. `idle`: none is under way. `stopped`: time ran out, and the next run goes on. `waiting`:
   * the live job has not come far enough. `guard`: too much has vanished, and a person must confirm it. `paused`: the job is.
   * `already-running`: another run holds the lease. `lease-lost`: another run has taken over while this one was busy.
   */
  readonly outcome: 'complete' | 'idle' | 'already-running' | Pause;
  /** Number of the sweep under way, or the one that is whole now. */
  readonly sweep?: number;
  readonly phase?: Phase;
  /** This run began it; else it goes on with one, or there is none. */
  readonly begun: boolean;
  readonly fence?: number;
}

/**
 * Finds what a job's cursor does not show: deletions, and records that came or changed without moving it (R76 in
 * docs/reliability.md).
 *
 * Reads Id and cursor of every record, and compares with what the sink was given: absent from two whole sweeps is a
 * deletion, unknown or changed records are handed over. Nothing is said of a record before it was looked up by Id. All of it
 * may be cut off anywhere, and goes on in the next run; a sweep that is due while another is under way goes on with that
 * one. The first sweep of a job only learns what there is.
 *
 * @param options.begin Begins a sweep; else only one that is under way goes on.
 * @throws ConfigurationError `SWEEP_GUARD` when too much has vanished: nothing is reported then. `SWEEP_SETS` for sets that
 *   are missing or damaged: they are never taken for empty ones. `SORT_MISMATCH`, `SYNC_DRIFT`, `SYNC_JOB_CHANGED`.
 * @throws Whatever Siebel, the state, the bucket or the sink throw.
 */
export async function runSweep(
  name: string,
  job: SyncJob,
  { begin }: { readonly begin: boolean },
  { deadlineAtMs }: { readonly deadlineAtMs: number },
  parts: SweepParts,
): Promise<SweepReport> {
  const { state, control, clock, log, metrics, leaseMs = 60_000 } = parts;
  if (!begin && !(await state.look(name, SWEEP))?.checkpoint?.underway) return ended(name, 'idle');
  if ((await control.read(name)).paused) return ended(name, 'paused');
  const report = await holdingLease({ state, job: name, window: SWEEP, leaseMs, clock, log }, async (lease, kept) => {
    const work = workOf(name, job, { deadlineAtMs, lease, kept }, parts);
    try {
      const outcome = await toEnd(work, begin).then(
        (isWhole) => (isWhole ? 'complete' : 'idle'),
        (error: unknown) => {
          if (error instanceof Interrupted) return error.outcome;
          countDrift(error, metrics);
          throw error;
        },
      );
      return reported(work, outcome, lease.checkpoint.number);
    } finally {
      count(work);
    }
  });
  if (report) return report;
  metrics.count('lease.held');
  log.info('SYNC_ALREADY_RUNNING', { job: name, window: SWEEP });
  return ended(name, 'already-running');
}

/** Goes through the phases that are left; false when there is no sweep. */
async function toEnd(work: Work, begin: boolean): Promise<boolean> {
  let at = await startOf(work, begin);
  if (!at) return false;
  if (at.phase === 'reading') at = await readAll(work, at);
  if (at.phase === 'waiting') at = await list(work, at);
  if (at.phase === 'gathering') at = await gather(work, at);
  const isNew = at.phase === 'comparing';
  if (at.phase === 'comparing') at = await compareAll(work, at);
  if (at.phase === 'guarded') at = await guarded(work, at, { isNew });
  if (at.phase === 'emitting') await finish(work, await emitAll(work, at));
  return true;
}

/** The sweep that is under way, or a new one when it is due. */
async function startOf(work: Work, begin: boolean): Promise<Underway | undefined> {
  const { name, job, parts, content } = work;
  const { underway, number } = content;
  refuseAnotherJob(work, (await parts.live.look(name, LIVE))?.checkpoint);
  if (!begin) return underway;
  if (underway && !(await isToBeginAnew(work, underway))) {
    parts.log.info('SWEEP_GOES_ON', { job: name, sweep: number, phase: underway.phase });
    return underway;
  }
  if (underway?.phase === 'guarded') await takeBack(work, underway);
  // Above every number that somebody has confirmed, also after a reset: a word is for one sweep.
  const next = Math.max(number, (await parts.control.read(name)).confirmedSweep ?? 0) + 1;
  const nowMs = parts.clock.now();
  const lagMs = job.safetyLagSeconds === undefined ? (parts.safetyLagMs ?? 60_000) : job.safetyLagSeconds * 1_000;
  const boundMs = upperBound(nowMs, lagMs);
  const begun: SweepIn<'reading'> = {
    phase: 'reading',
    atMs: nowMs,
    boundMs,
    open: [{ upToMs: boundMs }],
    read: [],
    records: 0,
  };
  await work.save({ ...content, number: next, underway: begun });
  parts.log.info('SWEEP_BEGUN', { job: name, sweep: next, bound: isoOf(boundMs) });
  return begun;
}

/** A sweep that the guard has stopped is not gone on with unless somebody has confirmed it. */
async function isToBeginAnew(work: Work, underway: Underway): Promise<boolean> {
  return underway.phase === 'guarded' && !(await isConfirmed(work, underway.held));
}

/** What was compared is known from now on. */
async function finish(
  work: Work,
  { atMs, known, counts, list: gathered, totals, records }: SweepIn<'emitting'>,
): Promise<void> {
  const { name, parts, content } = work;
  const { number } = content;
  const isBaseline = content.known === undefined;
  const endedAtMs = parts.clock.now();
  const { added, ...handedOver } = totals;
  const { missing } = counts;
  const held = counts.next + added - totals.tombstones;
  const told = { ...handedOver, missing };
  await work.save({ number, known: { number, atMs, endedAtMs, parts: known, records: held, list: gathered, told } });
  const durationMs = endedAtMs - atMs;
  const fields = { job: name, sweep: number, records, known: counts.known, missing, durationMs };
  if (isBaseline) parts.log.info('SWEEP_BASELINE', fields);
  else parts.log.info('SWEEP_ENDED', { ...fields, lookedUp: counts.gone + counts.found, ...handedOver });
}

function count({ name, parts: { metrics }, tally }: Work): void {
  const job = { job: name };
  if (tally.pages > 0) metrics.count('sweep.pages', tally.pages);
  if (tally.found > 0) metrics.count('sweep.found', tally.found, job);
  if (tally.tombstones > 0) metrics.count('sweep.tombstones', tally.tombstones, job);
  if (tally.quarantined > 0) metrics.count('sync.quarantined', tally.quarantined);
  if (tally.own > 0) metrics.count('sync.own', tally.own);
}

function reported(work: Work, outcome: SweepReport['outcome'], numberBefore: number): SweepReport {
  const { name, parts, fence, content, tally } = work;
  if (outcome === 'lease-lost') {
    parts.metrics.count('lease.lost');
    parts.log.warn('SYNC_LEASE_LOST', { job: name, window: SWEEP, fence });
  }
  const phase = content.underway?.phase;
  const { objects, ...counts } = tally;
  const begun = content.number !== numberBefore;
  const what = { job: name, outcome, sweep: content.number, ...(phase && { phase }), begun, fence, ...counts };
  parts.log.info('SWEEP_RUN_ENDED', what);
  return { ...what, objects };
}

function ended(job: string, outcome: SweepReport['outcome']): SweepReport {
  const nothing = { pages: 0, read: 0, lookedUp: 0, found: 0, tombstones: 0, quarantined: 0, own: 0, objects: [] };
  return { job, outcome, begun: false, ...nothing };
}
