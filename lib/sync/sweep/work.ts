import type { Clock } from '../../clock.ts';
import type { Log, Metrics } from '../../logger.ts';
import type { SyncJob } from '../../operations/index.ts';
import type { CallReport } from '../../siebel/call.ts';
import type { SiebelClient } from '../../siebel/component.ts';
import type { Checkpoint, LeaseKey, SyncControl, SyncLease, SyncState } from '../checkpoint.ts';
import { refuseAnother } from '../job-shape.ts';
import type { KeptLease } from '../kept-lease.ts';
import { type VersionOf, versionOf } from '../seen-records.ts';
import type { SyncSink } from '../sink.ts';
import type { SweepContent, Underway } from './content.ts';
import { type SetFiles, setFiles } from './set-files.ts';
import type { SetStore } from './set-store.ts';

/** What a sweep needs. */
export interface SweepParts {
  readonly siebel: Pick<SiebelClient, 'queryPage'>;
  /** Leases and contents of sweeps. */
  readonly state: SyncState<SweepContent>;
  /** How far the live jobs have come, and their leases: a chunk is handed over while none is at work. */
  readonly live: Pick<SyncState, 'look' | 'acquire' | 'renew' | 'save' | 'release'>;
  readonly control: Pick<SyncControl, 'read'>;
  readonly sink: SyncSink;
  readonly sets: SetStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** How far behind now it reads. Default 60 000. */
  readonly safetyLagMs?: number | undefined;
  /** How far back live runs read again, unless the job says it. Default 600 000. */
  readonly lookbackMs?: number | undefined;
  /** Longest time of one call to Siebel with its second attempt. Default 45 000. */
  readonly callTimeoutMs?: number | undefined;
  /** How long a run that has died keeps others out. Default 60 000. */
  readonly leaseMs?: number | undefined;
  /** Entries that are held before they are stored. Default 100 000. */
  readonly entriesPerFile?: number | undefined;
}

/** Why a run of a sweep ends before the sweep does. */
export type Pause = 'stopped' | 'waiting' | 'guard' | 'paused' | 'lease-lost';

/** Ends a run in good order: what it has stored stands, and the next run goes on there. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly outcome: Pause;

  constructor(outcome: Pause) {
    super(`the run of a sweep ends: ${outcome}`);
    this.outcome = outcome;
  }
}

/** Counts of one run. */
export interface Tally {
  pages: number;
  read: number;
  lookedUp: number;
  found: number;
  tombstones: number;
  quarantined: number;
  own: number;
  objects: string[];
}

/** One run of a sweep, under its lease. */
export interface Work {
  readonly name: string;
  readonly job: SyncJob;
  readonly parts: SweepParts;
  readonly fence: number;
  readonly tally: Tally;
  /** When records are compared, and not their cursor alone. */
  readonly versionOf: VersionOf | undefined;
  readonly entriesPerFile: number;
  /** Of the sweep under way. */
  readonly files: SetFiles;
  filesOf(sweep: number): SetFiles;
  /** As it was last stored. */
  readonly content: SweepContent;
  /** @throws Interrupted `lease-lost` */
  save(content: SweepContent): Promise<void>;
  /** Stores how far the sweep under way has come. */
  saveStep<U extends Underway>(underway: U): Promise<U>;
  /**
   * Extends the lease.
   *
   * @param freshMs So long ago it may have been extended last. Default: a third of it.
   * @throws Interrupted `lease-lost`
   */
  keepLease(freshMs?: number): Promise<void>;
  /** Whether there is time for something that takes so long. */
  hasTimeFor(durationMs: number): boolean;
  /**
   * Whether there is time for a call to Siebel.
   *
   * @param slowestMs So long the slowest one took. The first one of a run may take all the time that a call has.
   */
  hasTimeForCall(slowestMs: number): boolean;
  /** @throws Interrupted `paused` */
  stopIfPaused(): Promise<void>;
  callDeadlineAtMs(): number;
  onCall(report: CallReport): void;
}

/** Kept back for sets, sink, content and the end of the invocation. */
export const RESERVE_MS = 10_000;
export const SWEEP = 'sweep';

/** The run of a sweep that holds this lease. */
export function workOf(
  name: string,
  job: SyncJob,
  {
    deadlineAtMs,
    lease,
    kept,
  }: { readonly deadlineAtMs: number; readonly lease: SyncLease<SweepContent>; readonly kept: KeptLease },
  parts: SweepParts,
): Work {
  const { state, control, sets, clock, metrics, leaseMs = 60_000, callTimeoutMs = 45_000 } = parts;
  const { entriesPerFile = 100_000 } = parts;
  const key: LeaseKey = lease;
  let content = lease.checkpoint;

  const work: Work = {
    name,
    job,
    parts,
    fence: lease.fence,
    entriesPerFile,
    tally: { pages: 0, read: 0, lookedUp: 0, found: 0, tombstones: 0, quarantined: 0, own: 0, objects: [] },
    versionOf: versionOf(job),
    filesOf: (sweep) => setFiles(sets, name, sweep),
    get files() {
      return work.filesOf(content.number);
    },
    get content() {
      return content;
    },

    async save(next) {
      if (!(await kept.extend(() => state.save(name, SWEEP, key, next, leaseMs)))) throw new Interrupted('lease-lost');
      content = next;
    },
    async saveStep(underway) {
      await work.save({ ...content, underway });
      return underway;
    },
    async keepLease(freshMs = leaseMs / 3) {
      if (!(await kept.isOurs(freshMs))) throw new Interrupted('lease-lost');
    },

    hasTimeFor: (durationMs) => clock.now() + durationMs <= deadlineAtMs - RESERVE_MS,
    hasTimeForCall: (slowestMs) =>
      work.hasTimeFor(work.tally.pages + work.tally.lookedUp > 0 ? slowestMs : Math.max(slowestMs, callTimeoutMs)),
    async stopIfPaused() {
      if ((await control.read(name)).paused) throw new Interrupted('paused');
    },
    callDeadlineAtMs: () => Math.min(clock.now() + callTimeoutMs, deadlineAtMs - RESERVE_MS),
    onCall({ attempts, siebelMs }) {
      if (attempts > 0) metrics.milliseconds('siebel.call', siebelMs);
    },
  };
  return work;
}

/**
 * Refuses to sweep another component than the live job has read, or by another field: every record known would be absent.
 *
 * @param live What the live job has stored.
 * @throws ConfigurationError `SYNC_JOB_CHANGED`
 */
export function refuseAnotherJob({ name, job }: Work, live: Pick<Checkpoint, 'shape'> | undefined): void {
  const toBeginAnew = `siebel sync reset ${name}, and once more with --sweep`;
  refuseAnother(name, job, live?.shape, toBeginAnew);
}
