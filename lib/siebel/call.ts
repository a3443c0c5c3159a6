/** Limits of one call to Siebel, handed down from the entry. */
export interface CallOptions {
  /** Instant by `Clock.now()` after which no answer is of use; the entry's own reserve is already taken off. */
  readonly deadlineAtMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Told once per call when it has ended, for log lines and metrics. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
}

/** What one logical call cost. */
export interface CallReport {
  /** HTTP exchanges with Siebel: 1, more with a replay after 401 or an inline retry. */
  readonly attempts: number;
  /** Milliseconds waiting for Siebel, over all attempts. */
  readonly siebelMs: number;
  /** Milliseconds waiting for an access token. */
  readonly tokenMs: number;
}
