/** A record in the order of the cursor: `{ at: '2025-03-14T09:26:53Z', id: '1-2AB' }`. */
export interface SinkCursor {
  readonly at: string;
  readonly id: string;
}

/** One run of a job, as its output is named after it. */
export interface SinkRun {
  /** Where the job's output goes, as `siebel.config.ts` says: `accounts`. */
  readonly prefix: string;
  readonly job: string;
  readonly window: string;
  /** Makes the names of this run different from those of any other, so that nothing is ever overwritten. */
  readonly fence: number;
  /** The newest record that runs before this one had handed over; absent when there was none. */
  readonly start?: SinkCursor | undefined;
}

/** Records in the order of the cursor, one JSON text each. */
export interface SinkLines {
  readonly lines: readonly string[];
  /** Instant of the cursor field of the first and the last line: `2025-03-14T09:26:53Z`. */
  readonly from: string;
  readonly to: string;
  /** The last record that the run had read by then. */
  readonly end: SinkCursor;
}

/** Takes what one run has read. Whatever has been accepted is durable. */
export interface SinkOutput {
  /**
   * Stores lines, then names them as valid. Whoever reads the output takes what is named, and nothing else.
   *
   * @returns The name of what was stored.
   */
  records(lines: SinkLines): Promise<string>;
  /** Stores records that are not what their declaration says, apart from the others, for a person to look at. */
  quarantine(lines: SinkLines): Promise<string>;
}

/**
 * Where a sync puts its records.
 *
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE`, ConfigurationError when it refuses us.
 */
export interface SyncSink {
  /** Opens nothing and stores nothing yet. */
  open(run: SinkRun): SinkOutput;
}
