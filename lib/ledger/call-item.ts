import type { InputIssue } from '../errors.ts';
import type { CallMessage, CallName, Refusal } from './ledger.ts';

/**
 * Where a call stands:
 *
 * - `NEW`: known, and nothing of it was sent;
 * - `QUEUED`: promised to a caller, and not started;
 * - `STARTED`: at work, or its outcome is unknown;
 * - `DONE`, `REJECTED`: its end. What is rejected is also called parked.
 */
export type CallState = 'NEW' | 'QUEUED' | 'STARTED' | 'DONE' | 'REJECTED';

/** What is kept of one call. */
export interface CallItem extends CallName {
  readonly state: CallState;
  /** Absent when the message that was refused had no usable input. */
  readonly payloadHash?: string | undefined;
  /** Drawn anew by the store with each write, so that it stands for the whole item as it was read. */
  readonly nonce?: string | undefined;
  /** Times that it was started or claimed; never reset. */
  readonly attempt: number;
  /** Until then nobody else may touch it; 0 when it was released. */
  readonly leaseUntilMs: number;
  /** Latest instant at which a write of this call may have left; 0 when none has. Look-ups do not move it (R08). */
  readonly sentUntilMs: number;
  /** When the first of the attempts started whose outcome is not known. */
  readonly firstStartedAtMs: number;
  /**
   * STARTED: its process lived to say that the outcome is unknown. REJECTED: it may have taken effect all the same, so that
   * an insert that starts again looks first.
   */
  readonly unknown: boolean;
  /** Siebel has said that the record exists, and the look-up does not see it. */
  readonly existsSaid: boolean;
  /** Claims of a STARTED item whose process had said nothing (R75). */
  readonly deaths: number;
  readonly bugs: number;
  /** Row id at Siebel. */
  readonly recordId?: string | undefined;
  /** `redriveAtMs` of the last redrive that has started it (R79). */
  readonly redriveAtMs?: number | undefined;
  /** `payloadHash` before a redrive corrected the input. */
  readonly correctedFrom?: string | undefined;
  /** Why it was rejected. */
  readonly code?: string | undefined;
  /** When it was rejected, in milliseconds since the Unix epoch. */
  readonly rejectedAtMs?: number | undefined;
  /** The message by which it was rejected. */
  readonly messageId?: string | undefined;
  /** Written and read by the command line alone; kept for as long as the item is. */
  readonly audit?: unknown;
}

/** What is kept of a refusal for the person who looks at it. */
export interface Rejection {
  readonly code: string;
  /** One sentence without values of the input. */
  readonly detail: string;
  readonly issues: readonly InputIssue[];
  readonly siebelCodes: readonly string[];
  readonly rejectedAtMs: number;
  /** A part of it may have stayed at Siebel. */
  readonly mayBePartial: boolean;
  readonly message: CallMessage;
}

/** How a conditional write ended: as asked, or with nothing written and the item that stood in its way. */
export type Written =
  | { readonly stored: CallItem; readonly found?: undefined }
  | { readonly stored?: undefined; readonly found: CallItem | undefined };

/**
 * The calls that are kept (implemented by `lib/state`): single items, each write under a condition. What has expired counts
 * as absent.
 *
 * Every method throws ServiceUnavailableError `STATE_UNAVAILABLE` when the store does not do its part, or when the item was
 * written by a newer version of this service, and ConfigurationError `STATE_DENIED` when it refuses us.
 */
export interface CallStore {
  /** Reads consistently. */
  read(name: CallName): Promise<CallItem | undefined>;
  /**
   * Writes an item whole, if the stored one is still as it was read.
   *
   * An answer that leaves open whether it was written is settled by reading the item back (R72).
   *
   * @param before As read; `undefined` when there was none.
   * @param rejection Stored with a REJECTED item.
   */
  put(item: CallItem, before: CallItem | undefined, rejection?: Rejection): Promise<Written>;
  /**
   * Keeps a refused message under its own id: its call has no usable name, or the name is another's.
   *
   * @returns Whether it was not kept before.
   */
  park(refusal: Pick<Refusal, 'operation' | 'key' | 'payloadHash'>, rejection: Rejection): Promise<boolean>;
}
