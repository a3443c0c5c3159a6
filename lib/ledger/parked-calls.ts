import type { InputIssue } from '../errors.ts';

/** A call that was refused for good, kept for a person to look at, correct and send again. */
export interface ParkedCall {
  readonly messageId: string;
  /** Absent when the message did not say it in a usable form. */
  readonly operation: string | undefined;
  /** The producer's key; absent when the message did not say it in a usable form. */
  readonly key: string | undefined;
  /** Stable code of the refusal: `UNKNOWN_OPERATION`, `SIEBEL_VALIDATION`. */
  readonly code: string;
  /** One sentence without values of the input. */
  readonly detail: string;
  readonly issues: readonly InputIssue[];
  readonly siebelCodes: readonly string[];
  /** Times the message had been received, this one included. */
  readonly attempts: number;
  readonly firstSeenAtMs: number;
  readonly rejectedAtMs: number;
  /** The message body as it came. */
  readonly body: string;
  /** The message attributes as they came: name to string value. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The part of the ledger that holds refused calls (implemented by `lib/state`). */
export interface ParkedCalls {
  /**
   * Stores the call durably; storing the same message again replaces it, another message is never overwritten.
   *
   * @throws ServiceUnavailableError `STATE_UNAVAILABLE`: the message must then not be acknowledged.
   */
  park(call: ParkedCall): Promise<void>;
}
