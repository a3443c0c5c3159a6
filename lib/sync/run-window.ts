import type { SyncJob } from '../operations/index.ts';
import type { Checkpoint, Span, SyncLease } from './checkpoint.ts';
import { handoverOf } from './handover.ts';
import { refuseAnother, shapeOf } from './job-shape.ts';
import type { KeptLease } from './kept-lease.ts';
import { instantOf, isoOf, placeOf } from './position.ts';
import { readPass, runTimes } from './reading.ts';
import { type Limits, type SyncParts, underLease } from './run-parts.ts';
import { countDrift, countTotals, reportOfNothing, type SyncReport, tellNothingSeen } from './run-report.ts';
import { seenOf } from './seen-records.ts';

/** One range of a backfill. */
export interface WindowToRead {
  /** Names its lease, its checkpoint and its output; no other range may have it. */
  readonly window: string;
  /** The same every time. */
  readonly span: Span;
  /** Records that were counted when it was planned; absent: nobody knows. */
  readonly counted?: number;
  /** Asked before it begins, and after each checkpoint that is not the last one. */
  isCancelled(): Promise<boolean>;
}

/**
 * Reads one fixed range of a job and hands it to the sink, as `runSync` does, with a lease and a checkpoint of its own: cut
 * short, the next run goes on exactly there. There is no lookback, for what changes meanwhile is the live job's.
 *
 * @returns `complete` once it is whole, and from then on without a call to Siebel.
 * @throws As `runSync`.
 */
export async function runWindow(
  name: string,
  job: SyncJob,
  what: WindowToRead,
  limits: Limits,
  parts: Omit<SyncParts, 'control' | 'drift'>,
): Promise<SyncReport> {
  const { window } = what;
  if (await what.isCancelled()) return reportOfNothing(name, window, 'cancelled');
  return underLease(name, window, parts, async (lease, kept) =>
    lease.checkpoint.done
      ? reportOfNothing(name, window, 'complete')
      : readWindow(name, job, { ...what, lease, kept }, limits, parts),
  );
}

async function readWindow(
  name: string,
  job: SyncJob,
  {
    window,
    span,
    counted,
    isCancelled,
    lease,
    kept,
  }: WindowToRead & { readonly lease: SyncLease; readonly kept: KeptLease },
  { deadlineAtMs }: Limits,
  parts: Omit<SyncParts, 'control' | 'drift'>,
): Promise<SyncReport> {
  const { state, sink, seen, clock, log, metrics, leaseMs = 60_000, callTimeoutMs = 45_000 } = parts;
  const { fence } = lease;
  let stored: Checkpoint = lease.checkpoint;
  const handover = handoverOf({
    job: name,
    place: { window, fence },
    pageSize: job.pageSize,
    recordsPerChunk: sink.recordsPerChunk,
    output: sink.open({ job: name, window, fence, start: placeOf(stored.cursor) }),
    seen: seenOf(job, seen),
    leaseMs,
    lease: kept,
    async save({ pass, newest }) {
      const newestMs = stored.cursor && instantOf(stored.cursor.value);
      const isNewer = newest !== undefined && newest.atMs >= (newestMs ?? newest.atMs);
      const cursor = isNewer ? { value: newest.wire, id: newest.id } : stored.cursor;
      const isWhole = pass.open.length === 0;
      const checkpoint = {
        cursor,
        shape: shapeOf(job),
        ...(isWhole ? { done: { records: pass.records ?? 0 } } : { pass }),
      };
      if (!(await state.save(name, window, lease, checkpoint, leaseMs))) return false;
      stored = checkpoint;
      return true;
    },
    goesOn: async () => !(await isCancelled()),
    clock,
    onStored: (tookMs) => metrics.milliseconds('sync.chunk', tookMs),
  });
  const times = runTimes({ clock, metrics }, handover, { deadlineAtMs, callTimeoutMs });

  try {
    refuseAnother(name, job, stored.shape, `siebel sync backfill ${name} --replace`);
    handover.begin(stored.pass ?? { boundMs: span.upToMs, open: [span] });
    // What is whole is not looked at again. Where none were counted, none are expected, also of a component without any.
    const end = await readPass(
      name,
      job,
      { handover, times, doubtsEnd: () => (counted === 0 ? 'none' : 'ask again') },
      parts,
    );
    if (end === 'lease-lost') {
      metrics.count('lease.lost');
      log.warn('SYNC_LEASE_LOST', { job: name, window, fence });
    }
    const cursor = placeOf(stored.cursor);
    const isUnseen = end === 'nothing-seen';
    const outcome = isUnseen ? 'stopped' : end === 'halted' ? 'cancelled' : end;
    return {
      job: name,
      window,
      outcome,
      fence,
      ...handover.totals,
      ...(isUnseen && tellNothingSeen({ job: name, window }, parts)),
      ...(cursor && { cursor }),
      bound: isoOf(span.upToMs),
    };
  } catch (error) {
    countDrift(error, metrics);
    throw error;
  } finally {
    countTotals(handover.totals, metrics);
  }
}
