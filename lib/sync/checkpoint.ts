import type { JobShape } from './job-shape.ts';

/** A record that was read: what comes after it, in the order of the cursor field and the Ids, is still to be read. */
export interface SyncCursor {
  /** The cursor field as Siebel writes it: `03/14/2025 09:26:53`. */
  readonly value: string;
  /** Id of the record. Ids are compared by equality only: their order is the database's. */
  readonly id: string;
}

/** A range of the cursor field that is still to be read, in whole seconds; both ends belong to it. */
export interface Span {
  /** Absent: from the beginning. */
  readonly fromMs?: number;
  /** Behind this record of the second `fromMs`; absent: with all records of that second. */
  readonly afterId?: string;
  readonly upToMs: number;
}

/** A pass reads everything from where it starts up to a bound that is set when it begins, in as many runs as it takes. */
export interface Pass {
  readonly boundMs: number;
  /** What is still to be read of it, by time. */
  readonly open: readonly Span[];
  /** Records that were handed over so far. */
  readonly records?: number;
  /** The newest record that the job knows of was found by this pass. */
  readonly moved?: boolean;
}

/** How far a job, or one window of a backfill, has come, as it is stored. */
export interface Checkpoint {
  /** The newest record that was handed to the sink, `undefined` before the first. It never goes back (R77). */
  readonly cursor: SyncCursor | undefined;
  /** Now less the safety lag, when the newest record was found though a pass before had to: Siebel's clock is behind. */
  readonly foundMs?: number;
  /** What the job was that it is of. */
  readonly shape?: JobShape;
  /** Bound of the last whole pass; everything that was committed by then has been read. */
  readonly boundMs?: number;
  /** The job reads nothing older than this: a backfill has it, or a person wanted it so. Absent: it reads everything. */
  readonly floorMs?: number;
  /** Begun and not whole: the next run goes on exactly there. */
  readonly pass?: Pass;
  /** What was handed over and a lookback will meet again, see `emittedLines`; absent: nothing. */
  readonly emitted?: Uint8Array;
  /** A window of a backfill that was read to its end, with the records that were handed over. */
  readonly done?: { readonly records: number };
}

/** What shows that a lease is one's own. */
export interface LeaseKey {
  /** Higher than that of every holder before: whoever holds less may write nothing any more. */
  readonly fence: number;
  /** Drawn for this lease alone, so that no other life of the stored item has it, whatever its fence. */
  readonly nonce: string;
}

/** The right to work on a window of a job, for a while. */
export interface SyncLease<T = Checkpoint> extends LeaseKey {
  readonly checkpoint: T;
}

/** What is stored of a window of a job, and who works on it. */
export interface SyncLook<T = Checkpoint> {
  /** Absent: nothing was stored yet. */
  readonly checkpoint?: T;
  /** When the lease of the last holder ends; 0: it was given back. */
  readonly leaseUntilMs: number;
  readonly fence: number;
}

/**
 * Where leases and checkpoints are kept (implemented by `lib/state`).
 *
 * @throws ServiceUnavailableError `STATE_UNAVAILABLE`, ConfigurationError `STATE_DENIED`, from every method.
 * @throws ConfigurationError from `acquire` and `look` for a checkpoint that cannot be read.
 */
export interface SyncState<T = Checkpoint> {
  /** Takes the lease; `undefined` when another run holds it. */
  acquire(job: string, window: string, leaseMs: number): Promise<SyncLease<T> | undefined>;
  /** Extends the lease; false when it is lost, and then nothing was written. */
  renew(job: string, window: string, lease: LeaseKey, leaseMs: number): Promise<boolean>;
  /** Stores the checkpoint and extends the lease; false when it is lost, and then nothing was written. */
  save(job: string, window: string, lease: LeaseKey, checkpoint: T, leaseMs: number): Promise<boolean>;
  /** Gives the lease back. Does nothing when it is lost. */
  release(job: string, window: string, lease: LeaseKey): Promise<void>;
  /** Reads without taking anything; `undefined` when there is nothing. */
  look(job: string, window: string): Promise<SyncLook<T> | undefined>;
  /**
   * Lets a live job that has no checkpoint begin exactly at an instant, instead of at the beginning.
   *
   * @param at.boundMs Now less the safety lag: up to there its first pass reads.
   * @returns False when it has a checkpoint, or runs; then nothing was written.
   */
  begin(job: string, at: { readonly fromMs: number; readonly boundMs: number }): Promise<boolean>;
  /**
   * Forgets how far the window has come, also when that cannot be read: it begins anew at the beginning, or exactly at an
   * instant as with `begin`. Whoever held the lease before may write nothing any more.
   *
   * @returns False when a run holds the lease; then nothing was written.
   */
  reset(job: string, window: string, to?: { readonly fromMs: number; readonly boundMs: number }): Promise<boolean>;
}

/** What one run of a live job did, for whoever looks back. */
export interface RunRecord {
  /** When it ended. */
  readonly atMs: number;
  readonly durationMs: number;
  readonly outcome: 'complete' | 'stopped' | 'lease-lost' | 'paused' | 'failed';
  readonly records: number;
  readonly pages: number;
  /** How far behind now the job had read by then; absent while nothing is known. */
  readonly lagMs?: number;
  /** Instant of the newest record: `2025-03-14T09:26:53Z`. */
  readonly cursorAt?: string;
  /** Why it failed, or stopped before its time had run out. */
  readonly code?: string;
}

/** What a person has said about a job, and what its runs did. */
export interface JobControl {
  readonly paused?: { readonly by: string; readonly atMs: number; readonly reason?: string };
  /** Number of the sweep whose deletions a person has confirmed. */
  readonly confirmedSweep?: number;
  /** The last 48 runs, the newest last. */
  readonly runs: readonly RunRecord[];
}

/**
 * Where a job is paused, and its history kept (implemented by `lib/state`).
 *
 * @throws ServiceUnavailableError `STATE_UNAVAILABLE`, ConfigurationError `STATE_DENIED`, from every method.
 */
export interface SyncControl {
  read(job: string): Promise<JobControl>;
  pause(job: string, paused: { readonly by: string; readonly reason?: string }): Promise<void>;
  resume(job: string): Promise<void>;
  confirmSweep(job: string, sweep: number): Promise<void>;
  addRun(job: string, run: RunRecord): Promise<void>;
  /** Members of the component's records when they were last looked at; `undefined` before the first time. */
  members(job: string): Promise<readonly string[] | undefined>;
  keepMembers(job: string, names: readonly string[]): Promise<void>;
}
