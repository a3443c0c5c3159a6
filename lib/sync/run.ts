import type { Clock } from '../clock.ts';
import { errorNameOf, failureClassOf } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import type { SyncJob } from '../operations/index.ts';
import type { CallReport } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import type { SyncLease, SyncState } from './checkpoint.ts';
import { pageReader } from './pages.ts';
import { isoOf, type Position, placeOf, startOf, upperBound } from './position.ts';
import { progressOf, type RunEnd } from './progress.ts';
import { rowReader } from './rows.ts';
import type { SyncSink } from './sink.ts';

/** What one run did; also the answer of the function. */
export interface SyncReport {
  readonly job: string;
  readonly window: string;
  /**
   * `complete`: everything up to the bound was read. `stopped`: time ran out, and the next tick goes on. `already-running`:
   * another run holds the lease, nothing was done. `lease-lost`: another run has taken over while this one was busy.
   */
  readonly outcome: RunEnd | 'already-running';
  readonly fence?: number;
  /** Pages read from Siebel, the empty one at the end included. */
  readonly pages: number;
  /** Records handed to the sink. */
  readonly records: number;
  /** Records that an earlier run had handed over already. */
  readonly repeats: number;
  readonly quarantined: number;
  /** Names of the objects that hold the records. */
  readonly objects: readonly string[];
  /** The newest record that was handed over, by this run or an earlier one. */
  readonly cursor?: { readonly at: string; readonly id: string };
  /** The newest instant that was asked for. */
  readonly bound?: string;
}

export interface SyncParts {
  readonly siebel: Pick<SiebelClient, 'queryPage'>;
  readonly state: SyncState;
  readonly sink: SyncSink;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How far behind now a run reads. Default 60 000. */
  readonly safetyLagMs?: number;
  /** How long a transaction at Siebel may take: by so much a run starts before the bound of the last one. Default 600 000. */
  readonly lookbackMs?: number;
  /** Longest time of one call to Siebel with its second attempt. Default 45 000. */
  readonly callTimeoutMs?: number;
  /** How long a run that has died keeps others out. Default 60 000. */
  readonly leaseMs?: number;
}

interface Limits {
  /** When the invocation ends, by `Clock.now()`. */
  readonly deadlineAtMs: number;
}

const PAGES_PER_OBJECT = 10;
/** Kept back for the sink, the checkpoint and the end of the invocation. */
const RESERVE_MS = 5_000;
const LIVE = 'live';

/**
 * Pulls what has changed since the last run of a job, in the order of its cursor, and hands it to the sink.
 *
 * Read pages, hand them to the sink, then move the checkpoint, on condition that the lease is still ours: a crash at any
 * place loses nothing and repeats at most what one object holds (R66-R68 in docs/reliability.md). The lease is renewed before
 * each object, so that a run that another has replaced writes nothing more. The run stops in good order before the
 * deadline; the next one goes on from the checkpoint. Only an empty page, or Siebel's own `lastpage`, is the end.
 *
 * @param name Name of the job in `siebel.config.ts`.
 * @throws ConfigurationError `SORT_MISMATCH`, or for a checkpoint or records that cannot be right.
 * @throws Whatever Siebel, the state or the sink throw.
 */
export async function runSync(name: string, job: SyncJob, limits: Limits, parts: SyncParts): Promise<SyncReport> {
  const { state, log, metrics, leaseMs = 60_000 } = parts;
  const lease = await state.acquire(name, LIVE, leaseMs);
  if (!lease) {
    metrics.count('lease.held');
    log.info('SYNC_ALREADY_RUNNING', { job: name });
    const nothing = { pages: 0, records: 0, repeats: 0, quarantined: 0, objects: [] };
    return { job: name, window: LIVE, outcome: 'already-running', ...nothing };
  }

  try {
    return await underLease(name, job, { ...limits, leaseMs, lease }, parts);
  } finally {
    // A lease that stays behind runs out by itself.
    await state
      .release(name, LIVE, lease)
      .catch((error) => log.warn('SYNC_LEASE_NOT_RELEASED', { job: name, errorName: errorNameOf(error) }));
  }
}

async function underLease(
  name: string,
  job: SyncJob,
  { deadlineAtMs, leaseMs, lease }: Limits & { readonly leaseMs: number; readonly lease: SyncLease },
  { siebel, state, sink, clock, log, metrics, ...settings }: SyncParts,
): Promise<SyncReport> {
  const { safetyLagMs = 60_000, lookbackMs = 600_000, callTimeoutMs = 45_000 } = settings;
  const { fence, checkpoint } = lease;
  const nowMs = clock.now();
  const boundMs = upperBound(nowMs, safetyLagMs);
  const start = startOf(name, checkpoint, { nowMs, lookbackMs });

  const onCall = ({ attempts, siebelMs }: CallReport) => {
    if (attempts > 0) metrics.milliseconds('siebel.call', siebelMs);
  };
  const pages = pageReader({ siebel, job, boundMs, clock, onCall });
  const rows = rowReader(name, job, { start, boundMs });
  const progress = progressOf({
    name,
    checkpoint,
    boundMs,
    nowMs,
    lookbackMs,
    output: sink.open({ prefix: job.to.prefix, job: name, window: LIVE, fence, start: placeOf(checkpoint.cursor) }),
    renew: () => state.renew(name, LIVE, lease, leaseMs),
    save: (next) => state.save(name, LIVE, lease, next, leaseMs),
    clock,
  });
  let position: Position | undefined = start;

  const latestAnswerAtMs = () => deadlineAtMs - RESERVE_MS - progress.slowestStoreMs;

  /** One page; says whether it was the last. */
  const readPage = async (): Promise<boolean> => {
    const { records, last } = await pages.readBehind(
      position,
      Math.min(clock.now() + callTimeoutMs, latestAnswerAtMs()),
    );
    if (records.length === 0) return last;
    const page = rows.read(records);
    progress.add(page);
    position = page.at(-1) ?? position;
    return last;
  };
  const readPageOrKeep = async (): Promise<boolean> => {
    try {
      return await readPage();
    } catch (error) {
      // What came before is whole. After any other failure it is in doubt, and read once more when that is mended.
      if (failureClassOf(error) === 'environment') await progress.store('stopped').catch(() => false);
      throw error;
    }
  };
  const readToEnd = async (): Promise<RunEnd> => {
    if (start && start.atMs > boundMs) return 'complete';
    while (clock.now() + pages.slowestMs <= latestAnswerAtMs()) {
      if (await readPageOrKeep()) return 'complete';
      const due = progress.pagesHeld >= PAGES_PER_OBJECT || progress.heldForMs > leaseMs / 2;
      if (due && !(await progress.store('going-on'))) return 'lease-lost';
    }
    return 'stopped';
  };

  let outcome = await readToEnd();
  if (outcome !== 'lease-lost' && !(await progress.store(outcome))) outcome = 'lease-lost';
  if (outcome === 'lease-lost') {
    metrics.count('lease.lost');
    log.warn('SYNC_LEASE_LOST', { job: name, fence });
  }

  const { totals, cursor } = progress;
  const readUpToMs = outcome === 'complete' ? boundMs : cursor && Date.parse(cursor.at);
  if (readUpToMs !== undefined) metrics.milliseconds('sync.lag', clock.now() - readUpToMs);
  metrics.count('sync.records', totals.records);
  if (totals.quarantined > 0) metrics.count('sync.quarantined', totals.quarantined);
  return {
    job: name,
    window: LIVE,
    outcome,
    fence,
    pages: pages.pages,
    ...totals,
    ...(cursor && { cursor }),
    bound: isoOf(boundMs),
  };
}
