/** A record in the order of the cursor: `{ at: '2025-03-14T09:26:53Z', id: '1-2AB' }`. */
export interface SinkCursor {
  readonly at: string;
  readonly id: string;
}

/** One run of a job, as its output is named after it. */
export interface SinkRun {
  readonly job: string;
  /** Which read of the job this is: `live`, `sweep`, `backfill-<id>-<n>`. */
  readonly window: string;
  /** Makes the names of this run different from those of any other, so that nothing is ever overwritten. */
  readonly fence: number;
  /** The newest record that runs before this one had handed over; absent when there was none. */
  readonly start?: SinkCursor | undefined;
}

/** One record as it is handed over: a changed one, or the mark of a deleted one. */
export interface SinkRecord {
  /** Id of the record at Siebel. */
  readonly id: string;
  /** One JSON text without line breaks; equal versions of a record have equal texts. */
  readonly line: string;
}

/** What some records have in common. */
export interface SinkRange {
  /** Instants of the cursor field, the least and the greatest: `2025-03-14T09:26:53Z`. */
  readonly from: string;
  readonly to: string;
  /** The newest record that the run had read by then. */
  readonly end: SinkCursor;
}

/** Records that are not what their declaration says, one JSON text each. */
export interface SinkLines extends SinkRange {
  readonly lines: readonly string[];
}

/** Records that become valid together, when it is closed, and not before. */
export interface SinkChunk {
  /** Takes records in order. May wait for what is under way; one call at a time. */
  write(records: readonly SinkRecord[]): Promise<void>;
  /**
   * Makes everything that was written durable and valid. When it fails, the records are handed over once more by a later
   * run, so that a consumer may see some of them twice, and none never.
   *
   * @returns Names of what is valid now; empty for sinks whose records have none, and for a chunk without records.
   */
  close(range: SinkRange): Promise<readonly string[]>;
  /** Gives up what was written and not closed, also after a failure. Never throws. */
  abort(): Promise<void>;
}

/** Takes what one run has read. */
export interface SinkOutput {
  chunk(): SinkChunk;
  /**
   * Stores records apart from the others, for a person to look at.
   *
   * @returns The name of what was stored.
   */
  quarantine(lines: SinkLines): Promise<string>;
}

/**
 * Where a sync puts its records. A call of one's own sink takes a minute at most; one that takes longer has failed. Chunks of
 * a run are made one after the other.
 *
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE`, ConfigurationError when it refuses us.
 */
export interface SyncSink {
  /** The most records that a chunk is made of. */
  readonly recordsPerChunk: number;
  /** Opens nothing and stores nothing yet. */
  open(run: SinkRun): SinkOutput;
}
