import type { SyncJob } from '../operations/index.ts';
import type { RunRecord, SyncLease } from './checkpoint.ts';
import { handoverOf } from './handover.ts';
import { refuseAnother, shapeOf } from './job-shape.ts';
import type { KeptLease } from './kept-lease.ts';
import { liveCheckpoint } from './live-checkpoint.ts';
import { endDoubtOf, readUpTo } from './pass.ts';
import { isoOf, placeOf } from './position.ts';
import { type PassEnd, readPass, runTimes } from './reading.ts';
import { LIVE, type Limits, type SyncParts, underLease } from './run-parts.ts';
import {
  codeOf,
  countDrift,
  countTotals,
  keepRun,
  reportOfNothing,
  type SyncReport,
  tellLag,
  tellNothingSeen,
} from './run-report.ts';
import { seenOf } from './seen-records.ts';

export { LIVE, type Limits, type SyncParts } from './run-parts.ts';
export type { SyncReport } from './run-report.ts';
export { runWindow, type WindowToRead } from './run-window.ts';

/**
 * Pulls what has changed since the last run of a job and hands it to the sink.
 *
 * What is read is a pass: everything from where it starts up to a bound that is set when it begins. Read pages, hand them to
 * the sink, then move the checkpoint, on condition that the lease is still ours: a crash at any place loses nothing and
 * repeats at most one chunk (R66-R68 in docs/reliability.md). The run stops in good order before the deadline; the next one
 * goes on exactly there with the same pass, and begins another one when time is left.
 *
 * @param name Name of the job in `siebel.config.ts`.
 * @throws ConfigurationError `SORT_MISMATCH`, `SYNC_DRIFT`, `SYNC_JOB_CHANGED`, or for a checkpoint or records that cannot be right.
 * @throws Whatever Siebel, the state or the sink throw.
 */
export async function runSync(name: string, job: SyncJob, limits: Limits, parts: SyncParts): Promise<SyncReport> {
  const { control, clock, log, metrics, leaseMs = 60_000 } = parts;
  const startedMs = clock.elapsed();
  if ((await control.read(name)).paused) {
    metrics.count('sync.paused');
    log.info('SYNC_PAUSED', { job: name });
    return reportOfNothing(name, LIVE, 'paused');
  }
  return underLease(name, LIVE, parts, async (lease, kept) => {
    const run = liveRun(name, job, { lease, kept }, { ...limits, leaseMs }, parts);
    const keep = async (report: SyncReport, outcome: RunRecord['outcome'], code = report.code) => {
      const { records, pages, cursor, lagMs } = report;
      tellLag(name, lagMs, metrics);
      await keepRun(name, { startedMs, outcome, records, pages, lagMs, cursorAt: cursor?.at, code }, parts);
    };
    try {
      const end = await run.read();
      const report = run.report(end);
      await keep(report, end.outcome);
      return report;
    } catch (error) {
      countDrift(error, metrics);
      await keep(run.report({ outcome: 'stopped' }), 'failed', codeOf(error));
      throw error;
    } finally {
      countTotals(run.totals, metrics);
    }
  });
}

interface LiveEnd {
  readonly outcome: 'complete' | 'stopped' | 'lease-lost' | 'paused';
  readonly code?: string;
}

function liveRun(
  name: string,
  job: SyncJob,
  { lease, kept }: { readonly lease: SyncLease; readonly kept: KeptLease },
  { deadlineAtMs, leaseMs }: Limits & { readonly leaseMs: number },
  parts: SyncParts,
) {
  const { state, control, sink, seen, drift, clock, log, metrics, callTimeoutMs = 45_000 } = parts;
  const { fence } = lease;
  const checkpoint = liveCheckpoint(name, lease.checkpoint, {
    safetyLagMs: job.safetyLagSeconds === undefined ? (parts.safetyLagMs ?? 60_000) : job.safetyLagSeconds * 1_000,
    lookbackMs: job.lookbackSeconds === undefined ? (parts.lookbackMs ?? 600_000) : job.lookbackSeconds * 1_000,
    clock,
    save: (next) => state.save(name, LIVE, lease, { ...next, shape: shapeOf(job) }, leaseMs),
  });
  const handover = handoverOf({
    job: name,
    place: { window: LIVE, fence },
    pageSize: job.pageSize,
    recordsPerChunk: sink.recordsPerChunk,
    output: sink.open({ job: name, window: LIVE, fence, start: placeOf(lease.checkpoint.cursor) }),
    emitted: checkpoint.emitted,
    seen: seenOf(job, seen),
    leaseMs,
    lease: kept,
    save: (now) => checkpoint.save(now),
    goesOn: async () => !(await control.read(name)).paused,
    clock,
    onStored: (tookMs) => metrics.milliseconds('sync.chunk', tookMs),
  });
  const runTime = runTimes({ clock, metrics }, handover, { deadlineAtMs, callTimeoutMs });

  const readOnePass = (): Promise<PassEnd> => {
    const pass = checkpoint.begin();
    handover.begin(pass);
    const doubtsEnd = endDoubtOf(checkpoint.stored, pass);
    return readPass(name, job, { handover, times: runTime, doubtsEnd }, parts);
  };
  const readPasses = async (): Promise<PassEnd> => {
    const goesOnWithPass = checkpoint.stored.pass !== undefined;
    const end = await readOnePass();
    return end === 'complete' && goesOnWithPass ? readOnePass() : end;
  };

  return {
    totals: handover.totals,

    async read(): Promise<LiveEnd> {
      const probe = () => ({ deadlineAtMs: runTime.callDeadlineAtMs(), onCall: runTime.onCall });
      refuseAnother(name, job, lease.checkpoint.shape, `siebel sync reset ${name}`);
      // Looked at first: it costs no call, and says more than any failure after it.
      handover.begin(checkpoint.begin());
      if (!runTime.mayRead(0)) return { outcome: 'stopped' };
      await drift?.look(name, job, probe());
      const end = await readPasses().catch(async (error) => {
        throw drift ? await drift.explain(error, name, job, probe()) : error;
      });
      if (end === 'lease-lost') {
        metrics.count('lease.lost');
        log.warn('SYNC_LEASE_LOST', { job: name, fence });
      }
      if (end === 'nothing-seen') {
        return { outcome: 'stopped', ...tellNothingSeen({ job: name, window: LIVE }, parts) };
      }
      return { outcome: end === 'halted' ? 'paused' : end };
    },

    report({ outcome, code }: LiveEnd): SyncReport {
      // Of a job that has never seen a record nothing is stored, and yet everything was read.
      const upToMs = readUpTo(checkpoint.stored) ?? (outcome === 'complete' ? handover.pass.boundMs : undefined);
      const cursor = placeOf(checkpoint.stored.cursor);
      return {
        job: name,
        window: LIVE,
        outcome,
        ...(code !== undefined && { code }),
        fence,
        ...handover.totals,
        ...(cursor && { cursor }),
        ...(handover.pass.boundMs > 0 && { bound: isoOf(handover.pass.boundMs) }),
        ...(upToMs !== undefined && { lagMs: Math.max(0, clock.now() - upToMs) }),
      };
    },
  };
}
