/** A record that was read: what comes after it, in the order of the cursor field and the Ids, is still to be read. */
export interface SyncCursor {
  /** The cursor field as Siebel writes it: `03/14/2025 09:26:53`. */
  readonly value: string;
  /** Id of the record. Ids are compared by equality only: their order is the database's. */
  readonly id: string;
}

/** How far a job has come. */
export interface Reach {
  /** The newest record that was handed to the sink, `undefined` before the first. It never goes back. */
  readonly cursor: SyncCursor | undefined;
  /** The last record of a lookback that has not come back to the cursor yet: the next run goes on there, not at the cursor. */
  readonly lookedBackTo?: SyncCursor | undefined;
  /**
   * Upper bound of the run that read up to here. What has been passed was committed by then, but for what is newer than a
   * lookback before it. `undefined`: not known, and then the newest record that was read stands for it.
   */
  readonly boundMs?: number | undefined;
}

/** How far a job has come, as it is stored. */
export interface Checkpoint extends Reach {
  /** Lines already handed to the sink that a lookback will meet again: the first 8 bytes of their SHA-256, base64url. */
  readonly emitted: readonly string[];
}

/** What shows that a lease is one's own. */
export interface LeaseKey {
  /** Higher than that of every holder before: whoever holds less may write nothing any more. */
  readonly fence: number;
  /** Drawn for this lease alone, so that no other life of the stored item has it, whatever its fence. */
  readonly nonce: string;
}

/** The right to work on a window of a job, for a while. */
export interface SyncLease extends LeaseKey {
  readonly checkpoint: Checkpoint;
}

/**
 * Where leases and checkpoints are kept (implemented by `lib/state`).
 *
 * @throws ServiceUnavailableError `STATE_UNAVAILABLE`, ConfigurationError `STATE_DENIED`, from every method.
 */
export interface SyncState {
  /** Takes the lease; `undefined` when another run holds it. */
  acquire(job: string, window: string, leaseMs: number): Promise<SyncLease | undefined>;
  /** Extends the lease; false when it is lost, and then nothing was written. */
  renew(job: string, window: string, lease: LeaseKey, leaseMs: number): Promise<boolean>;
  /** Stores the checkpoint and extends the lease; false when it is lost, and then nothing was written. */
  save(job: string, window: string, lease: LeaseKey, checkpoint: Checkpoint, leaseMs: number): Promise<boolean>;
  /** Gives the lease back. Does nothing when it is lost. */
  release(job: string, window: string, lease: LeaseKey): Promise<void>;
}
