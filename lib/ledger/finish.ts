import type { Clock } from '../clock.ts';
import {
  CallInProgressError,
  failureClassOf,
  type IntegrationError,
  ServiceUnavailableError,
  UnknownOutcomeError,
} from '../errors.ts';
import type { CallItem, CallStore, Rejection } from './call-item.ts';
import { done, notExecuted, rejected, released } from './item-states.ts';
import type { CallEnd, Insert, KeyedCall } from './ledger.ts';
import {
  defect,
  isAstray,
  isExpired,
  MOST_FAILURES,
  mayBeDone,
  outcomeOf,
  outcomeUnknown,
  settledAtMs,
  verdictOn,
} from './protocol.ts';
import { rejectionOf } from './refuse.ts';

/** Less time is not enough for a call to Siebel. */
export const LEAST_CALL_MS = 3_000;
/** Between two attempts to store an end. */
const STORE_PAUSE_MS = 500;

/** How `send` has ended. */
export interface Sent {
  readonly answer?: { readonly recordId?: string | undefined };
  readonly error?: unknown;
  /** Writes that were to leave. */
  readonly writes: number;
}

/** A look-up has not decided. */
interface Open {
  readonly outcome: 'open';
  readonly mayBeSent: boolean;
  /** Why it could not look. */
  readonly error?: unknown;
}

/**
 * Step 2 of the write protocol, and the look-ups before it: all that follows a start. What is decided stands in `protocol.ts`,
 * and what the item then says in `item-states.ts`; this carries it out.
 */
export function finisher({ store, clock }: { readonly store: CallStore; readonly clock: Clock }) {
  /** Nonces of the items of this process after which nothing could be stored. */
  const unstored = new Set<string | undefined>();

  return { sent, lookUp, reject, leave, replace, seen, unknownUntil };

  /**
   * What has become of a call that was sent.
   *
   * @param sentBeforeMs As `sentBefore` says of the item that was found.
   */
  async function sent(call: KeyedCall, item: CallItem, sending: Sent, sentBeforeMs: number): Promise<CallEnd> {
    const { answer, error, writes } = sending;
    if (answer) return end(call, item, answer.recordId, false);

    const { write } = call;
    const nowMs = clock.now();
    const outcome = outcomeOf(error, write, writes);
    if (outcome === 'not-executed') {
      await keep(call, item, notExecuted(item, sentBeforeMs));
      throw error;
    }
    if (write.kind === 'insert' && outcome !== 'refused') {
      // We live to know that nothing more leaves, so that Siebel's time runs from now; of a first attempt that it has refused
      // nothing is at work at all.
      const exists = outcome === 'exists';
      const sentUntilMs = exists && sentBeforeMs === 0 ? 0 : Math.min(item.sentUntilMs, nowMs);
      return lookUpAtOnce(call, write, { ...item, existsSaid: exists, sentUntilMs }, error);
    }
    if (write.kind === 'repeatable' && outcome === 'unknown') return leave(call, item, error);
    const unknown = outcome === 'unknown' || isAstray(error) || mayBeDone(write, writes, sentBeforeMs, nowMs);
    return reject(call, item, error, { unknown });
  }

  /** Right after a send: whatever is found, it is not sent again in this delivery. */
  async function lookUpAtOnce(call: KeyedCall, write: Insert, item: CallItem, error: unknown): Promise<CallEnd> {
    if (call.deadlineAtMs - clock.now() >= LEAST_CALL_MS) {
      const looked = await lookUp(call, write, item, error);
      if (looked.outcome !== 'open') return looked;
    }
    return leave(call, item, failureClassOf(error) === 'bug' ? error : unknownUntil(call, write, item, error));
  }

  /** Looks for the record of an insert, and ends the call when what is found decides it. */
  async function lookUp(call: KeyedCall, write: Insert, item: CallItem, cause?: unknown): Promise<CallEnd | Open> {
    const nowMs = clock.now();
    const firstStartedAtMs = item.sentUntilMs === 0 ? Number.POSITIVE_INFINITY : item.firstStartedAtMs;
    const looking = await write.lookUp({ firstStartedAtMs }).then(
      (result) => ({ result }),
      (error: unknown) => ({ error }),
    );
    if (!('result' in looking)) {
      // What Siebel refuses is the look-up, which says nothing of the call.
      const { error } = looking;
      const refused = failureClassOf(error) === 'message';
      return { outcome: 'open', mayBeSent: false, error: refused ? unknownUntil(call, write, item, error) : error };
    }

    const verdict = verdictOn(looking.result, item, write, nowMs, isExpired(call, nowMs));
    switch (verdict.is) {
      case 'done':
        return end(call, item, verdict.recordId, true);
      case 'refused':
        return reject(call, { ...item, recordId: verdict.recordId }, verdict.error(cause), verdict);
      case 'later': {
        const ends = looking.result.found !== 'absent';
        return { outcome: 'open', mayBeSent: false, error: unknownUntil(call, write, item, undefined, ends) };
      }
      case 'again':
        return { outcome: 'open', mayBeSent: true };
    }
  }

  async function end(
    call: KeyedCall,
    item: CallItem,
    recordId: string | undefined,
    reconciled: boolean,
  ): Promise<CallEnd> {
    await keep(call, item, done(item, recordId));
    return { outcome: 'done', recordId, repeated: false, reconciled };
  }

  /** Whatever has ended it, an unrepeatable call that may have been done is for a person to look at. */
  async function reject(
    call: KeyedCall,
    item: CallItem,
    cause: unknown,
    { unknown }: { readonly unknown: boolean },
  ): Promise<CallEnd> {
    const error = unknown && call.write.kind === 'unrepeatable' ? outcomeUnknown(cause) : (cause as IntegrationError);
    const rejection = rejectionOf(call, error, clock.now(), item.recordId !== undefined);
    await keep(call, item, rejected(item, { unknown }), rejection);
    return { outcome: 'parked', code: error.code, error, repeated: false };
  }

  /** Stays STARTED for a later delivery, and throws why; the fifth bug parks it (R75). */
  async function leave(call: KeyedCall, item: CallItem, error: unknown): Promise<CallEnd> {
    const bugs = item.bugs + (failureClassOf(error) === 'bug' ? 1 : 0);
    if (bugs >= MOST_FAILURES) return reject(call, { ...item, bugs }, defect(error), { unknown: true });
    await keep(call, item, released({ ...item, bugs }));
    throw error;
  }

  /** Stores what this process alone knows: again and again, while there is time and the table does not do its part. */
  async function keep(call: KeyedCall, own: CallItem, next: CallItem, rejection?: Rejection): Promise<void> {
    for (;;) {
      try {
        await replace(own, next, rejection);
        return;
      } catch (error) {
        if (!(error instanceof ServiceUnavailableError) || clock.now() + STORE_PAUSE_MS >= call.deadlineAtMs) {
          unstored.add(own.nonce);
          throw error;
        }
        await clock.sleep(STORE_PAUSE_MS);
      }
    }
  }

  async function replace(own: CallItem, next: CallItem, rejection?: Rejection): Promise<CallItem> {
    const { stored } = await store.put(next, own, rejection);
    if (!stored) throw new CallInProgressError('another delivery has taken this call over');
    return stored;
  }

  /** An item as this process knows it: a call of its own whose end it could not store has not killed it (R75). */
  function seen(item: CallItem | undefined): CallItem | undefined {
    return item && unstored.has(item.nonce) ? { ...item, unknown: true } : item;
  }

  function unknownUntil(
    call: KeyedCall,
    write: Insert,
    item: CallItem,
    cause?: unknown,
    ends = false,
  ): UnknownOutcomeError {
    const nowMs = clock.now();
    return new UnknownOutcomeError('Siebel may have executed this call: a later look-up decides', {
      cause,
      retryAfterMs: Math.max(0, settledAtMs(item, write, ends || isExpired(call, nowMs)) - nowMs),
    });
  }
}
