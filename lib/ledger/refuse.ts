import { CallInProgressError, type IntegrationError, InvalidInputError, SiebelResponseError } from '../errors.ts';
import type { CallItem, CallStore, Rejection } from './call-item.ts';
import { anew, endOf, hasEnded, isCorrected, isOpen, isRedriven, newCall, rejected } from './item-states.ts';
import type { CallEnd, KeyedCall, Refusal } from './ledger.ts';
import { isAstray, outcomeUnknown } from './protocol.ts';

const MAX_DETAIL_LENGTH = 1_000;
const MAX_ISSUES = 50;

/** Parks a message that cannot be started, as `Ledger.refuse` says. */
export async function refuse(refusal: Refusal, store: CallStore, nowMs: number): Promise<CallEnd> {
  const { operation, key, payloadHash } = refusal;
  if (operation !== undefined && key !== undefined) {
    const fresh = newCall({ operation, key }, payloadHash);
    let found: CallItem | undefined;
    for (;;) {
      const parked = parkedBy(refusal, found ?? fresh, nowMs);
      if (!parked) break;
      const written = await store.put(parked.item, found, rejectionOf(refusal, parked.error, nowMs));
      if (written.stored) return parkedEnd(parked.error);
      found = written.found;
    }
    if (found && isAnswered(found, refusal)) return endOf(found);
  }
  const { error } = refusal;
  return parkedEnd(error, !(await store.park({ operation, key, payloadHash }, rejectionOf(refusal, error, nowMs))));
}

function parkedEnd(error: IntegrationError, repeated = false): CallEnd {
  return { outcome: 'parked', code: error.code, error, repeated };
}

/** The item of its name after a refusal; `undefined` when that is not to be written. */
function parkedBy(
  refusal: Refusal,
  found: CallItem,
  nowMs: number,
): { readonly item: CallItem; readonly error: IntegrationError } | undefined {
  const { error } = refusal;
  const isSame = found.payloadHash === refusal.payloadHash;
  const waits = found.state === 'NEW' || found.state === 'QUEUED';
  if (waits ? isSame : isRedriven(found, refusal) && !found.unknown) {
    return { item: rejected(anew(found, refusal), { unknown: false }), error };
  }
  // Started in the past, and not to be run any more: only a person can find out what has become of it.
  if (isSame && isOpen(found, nowMs)) return { item: rejected(found, { unknown: true }), error: outcomeUnknown(error) };
  return undefined;
}

/** Whether a message needs no item of its own, as that of its call says how it has ended. */
function isAnswered(found: CallItem, refusal: Refusal): boolean {
  const { payloadHash, message } = refusal;
  const isCall = isCorrected(found, refusal) || (payloadHash !== undefined && payloadHash === found.payloadHash);
  if (isCall && !hasEnded(found)) throw new CallInProgressError('another delivery of this call is at work');
  // A redelivery: what is parked may say more than this refusal.
  if (found.state === 'REJECTED' && found.messageId === message.messageId) return true;
  return isCall && !isRedriven(found, refusal);
}

/** What is kept of a call for the person who looks at it. */
export function rejectionOf(
  { message, mayBePartial = false }: Pick<KeyedCall, 'message' | 'mayBePartial'>,
  error: IntegrationError,
  nowMs: number,
  partly = false,
): Rejection {
  const ofSiebel = error instanceof SiebelResponseError;
  return {
    code: error.code,
    detail: error.message.slice(0, MAX_DETAIL_LENGTH),
    issues: error instanceof InvalidInputError ? error.issues.slice(0, MAX_ISSUES) : [],
    siebelCodes: ofSiebel ? error.siebelCodes : [],
    rejectedAtMs: nowMs,
    mayBePartial: partly || isAstray(error) || (mayBePartial && (ofSiebel || error.code === 'OUTCOME_UNKNOWN')),
    message,
  };
}
