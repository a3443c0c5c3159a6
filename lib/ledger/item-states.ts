import { CLOCK_MARGIN_MS } from '../clock.ts';
import type { CallItem } from './call-item.ts';
import type { CallEnd, CallName, KeyedCall, Refusal } from './ledger.ts';

/** The item of a call that was never started. */
export function newCall({ operation, key }: CallName, payloadHash: string | undefined): CallItem {
  return {
    operation,
    key,
    payloadHash,
    state: 'NEW',
    attempt: 0,
    leaseUntilMs: 0,
    sentUntilMs: 0,
    firstStartedAtMs: 0,
    unknown: false,
    existsSaid: false,
    deaths: 0,
    bugs: 0,
  };
}

/** The item of a call that begins once more: nothing of its earlier life is left but what must outlast it. */
export function anew(before: CallItem, call: Pick<Refusal, 'payloadHash' | 'message'>): CallItem {
  const { payloadHash, message } = call;
  return {
    ...newCall(before, payloadHash),
    attempt: before.attempt,
    redriveAtMs: isRedriven(before, call) ? message.redriveAtMs : before.redriveAtMs,
    correctedFrom: before.payloadHash === payloadHash ? before.correctedFrom : before.payloadHash,
    audit: before.audit,
  };
}

/** Ended with an answer of Siebel, or a record that is there. */
export function done(item: CallItem, recordId: string | undefined): CallItem {
  return { ...item, state: 'DONE', leaseUntilMs: 0, recordId };
}

/** Certainly not executed in this attempt: as if it had never been made. What earlier ones may have done stays unknown. */
export function notExecuted(item: CallItem, sentBeforeMs: number): CallItem {
  const before = { ...item, leaseUntilMs: 0, sentUntilMs: sentBeforeMs };
  return sentBeforeMs > 0 ? { ...before, unknown: true } : { ...before, state: 'NEW' };
}

/** Left to a later delivery by a process that lives to say that nobody knows. */
export function released(item: CallItem): CallItem {
  return { ...item, unknown: true, leaseUntilMs: 0 };
}

/** Rejected for a redelivery, for good; only a redrive starts it again (R79). */
export function rejected(item: CallItem, { unknown }: { readonly unknown: boolean }): CallItem {
  return { ...item, state: 'REJECTED', unknown, leaseUntilMs: 0 };
}

/** Whether a redrive of the command line lets the call start again: one that knows of its last refusal. */
export function isRedriven(
  { state, redriveAtMs = 0, rejectedAtMs = 0 }: CallItem,
  { message }: Pick<KeyedCall, 'message'>,
): boolean {
  return state === 'REJECTED' && (message.redriveAtMs ?? 0) > Math.max(redriveAtMs, rejectedAtMs);
}

/** Whether a redrive has corrected this input since: its own message, delivered again, has the answer of that. */
export function isCorrected(found: CallItem, call: Pick<Refusal, 'payloadHash' | 'message'>): boolean {
  const { payloadHash } = call;
  return payloadHash !== undefined && payloadHash === found.correctedFrom && !isRedriven(found, call);
}

/** Whether it is DONE or REJECTED. */
export function hasEnded({ state }: CallItem): boolean {
  return state === 'DONE' || state === 'REJECTED';
}

/** What a delivery is told of a call that has ended before. */
export function endOf({ state, recordId, code = 'OUTCOME_UNKNOWN' }: CallItem): CallEnd {
  return state === 'DONE'
    ? { outcome: 'done', recordId, repeated: true, reconciled: false }
    : { outcome: 'parked', code, repeated: true };
}

/** Whether nobody else is at work on the call, and it has not ended. */
export function isOpen(item: CallItem, nowMs: number): boolean {
  return !hasEnded(item) && nowMs >= item.leaseUntilMs + CLOCK_MARGIN_MS;
}

/**
 * Latest instant at which an earlier attempt may have sent a write whose outcome is not known, by the item as it was found;
 * 0 when there is none.
 */
export function sentBefore(found: CallItem | undefined): number {
  return found?.state === 'STARTED' || found?.unknown ? found.sentUntilMs : 0;
}
