import type { IntegrationError } from '../errors.ts';
import type { BeforeWrite } from '../siebel/call.ts';

/** The message that brought a call: kept when the call is parked, so that it can be sent again. */
export interface CallMessage {
  readonly messageId: string;
  /** As it came. */
  readonly body: string;
  /** Message attributes as they came: name to text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Times it has been received, this one included. */
  readonly receiveCount: number;
  readonly firstSeenAtMs: number;
  /**
   * Set by a redrive of the command line: starts a rejected call again when it is later than its refusal, and than the last
   * redrive (R79).
   */
  readonly redriveAtMs?: number | undefined;
}

/** One call under its name: operation and the producer's key (R04). */
export interface CallName {
  readonly operation: string;
  readonly key: string;
}

/** What a look-up has found of an insert whose outcome is unknown. */
export type LookUpResult =
  | { readonly found: 'ours'; readonly id: string }
  /** Our record, but not all of the children that were sent with it. */
  | { readonly found: 'partly'; readonly id: string }
  | { readonly found: 'others' }
  | { readonly found: 'absent' };

/** How a look-up tells our record from others. */
export interface LookUpHint {
  /**
   * First start of the call by our clock: a record that is older is not ours. Infinity when nothing of this call can have
   * been executed, so that only a marker can say that a record is ours.
   */
  readonly firstStartedAtMs: number;
}

/** What a call that is found STARTED later means (§ write protocol in docs/reliability.md). */
export type WriteKind = { readonly kind: 'repeatable' } | { readonly kind: 'unrepeatable' } | Insert;

/** A write that makes a record, which can be looked up. */
export interface Insert {
  readonly kind: 'insert';
  /** Finds out whether the record is there. Throws what the Siebel client throws. Never called inside `send`. */
  readonly lookUp: (hint: LookUpHint) => Promise<LookUpResult>;
  /** How long Siebel may still be at work on what was sent: before that "absent" is not believed (R08). */
  readonly settleMs: number;
  /** Siebel refuses a second record by itself, so that it may be sent again after 2 s. Default false. */
  readonly unique?: boolean | undefined;
  /** Others insert under the same natural key, so that the first attempt looks too (R74). Default false. */
  readonly looksFirst?: boolean | undefined;
}

/** A write that must not take effect twice. */
export interface KeyedCall {
  readonly name: CallName;
  /** Of the canonical form of the input as received (R05). */
  readonly payloadHash: string;
  readonly write: WriteKind;
  readonly message: CallMessage;
  /** Instant by `Clock.now()` after which nothing of this call is sent. */
  readonly deadlineAtMs: number;
  /** Instant after which the call is not started any more; one that was started in time is brought to its end. */
  readonly notAfterMs?: number | undefined;
  /** A refusal may have left a part of it at Siebel: hierarchies, services, workflows. Default false. */
  readonly mayBePartial?: boolean | undefined;
  /**
   * Calls Siebel. `beforeWrite` is awaited before each request that writes; it throws when the call must not be sent, and
   * `send` then fails. Called once more when the call has to wait for its turn, or is sent after a look-up.
   *
   * @returns Row id of the record, when the answer has one.
   */
  readonly send: (beforeWrite: BeforeWrite) => Promise<{ readonly recordId?: string | undefined }>;
}

/** How a call ended for good; both are stored, and the message may be acknowledged. */
export type CallEnd =
  | {
      readonly outcome: 'done';
      readonly recordId?: string | undefined;
      /** It had been done before: Siebel was not called (R13). */
      readonly repeated: boolean;
      /** A look-up has shown that it is done. */
      readonly reconciled: boolean;
    }
  | {
      readonly outcome: 'parked';
      readonly code: string;
      /** Why; absent when it had been parked before. */
      readonly error?: IntegrationError | undefined;
      /** It had been parked before, by this or another delivery. */
      readonly repeated: boolean;
    };

/** A refusal of a message that never started: what is stored of it. */
export interface Refusal {
  /** Absent when the message did not say it in a usable form. */
  readonly operation: string | undefined;
  readonly key: string | undefined;
  /** Absent when there is no usable input. */
  readonly payloadHash?: string | undefined;
  readonly message: CallMessage;
  /** Why. */
  readonly error: IntegrationError;
}

/** What was started, done, rejected: writes that must not happen twice. */
export interface Ledger {
  /**
   * Runs a call under the write protocol: STARTED is durable before the first byte leaves, the end is stored after the
   * answer, and a call that is found STARTED is sent again, looked up or parked by its kind.
   *
   * @throws InvalidInputError from `send` before anything was started (nothing is stored), and `EXPIRED`: the caller
   *   refuses the message.
   * @throws CallRejectedError `CONFLICT`: the key is another call's; the caller refuses the message, this call's item stays.
   * @throws CallInProgressError: another delivery has the lease; `retryAfterMs` says when it is over.
   * @throws UnknownOutcomeError: stored as STARTED; `retryAfterMs` says when a look-up can decide, when that is known.
   * @throws Whatever `send` throws of the classes environment, configuration and bug: stored as NEW or STARTED.
   */
  run(call: KeyedCall): Promise<CallEnd>;
  /**
   * Parks a message that this delivery cannot start. Under its call's name when that is free (absent, or refused before by
   * the message that it sends again), else under the message's id: no other call is overwritten. A call that has ended with
   * the same input stays as it is; one that was started with it may have been done, and is parked as `OUTCOME_UNKNOWN`.
   *
   * @returns How the call has ended: by this refusal, or before.
   * @throws ServiceUnavailableError `STATE_UNAVAILABLE`: the message must then not be acknowledged.
   * @throws CallInProgressError: the call is at work; the message has to come again.
   */
  refuse(refusal: Refusal): Promise<CallEnd>;
}
