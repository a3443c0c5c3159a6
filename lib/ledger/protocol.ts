import { CLOCK_MARGIN_MS } from '../clock.ts';
import {
  CallInProgressError,
  CallRejectedError,
  failureClassOf,
  type IntegrationError,
  type InvalidInputError,
  invalidInput,
  SiebelResponseError,
  UnknownOutcomeError,
} from '../errors.ts';
import { isDefinite } from '../siebel/outcome.ts';
import type { CallItem } from './call-item.ts';
import { anew, endOf, hasEnded, isCorrected, isRedriven, newCall } from './item-states.ts';
import type { CallEnd, Insert, KeyedCall, LookUpResult, WriteKind } from './ledger.ts';

/** So many deaths or bugs of one call end it (R75). */
export const MOST_FAILURES = 5;
/** Where Siebel itself refuses a second record, an insert may be sent again so soon after the first (R08). */
const UNIQUE_SETTLE_MS = 2_000;

/** What to do with a call that is to be run. */
export type Step =
  /** Store the item, then send the call. */
  | { readonly do: 'send'; readonly item: CallItem }
  /** Store the item, then look up whether it has taken effect. */
  | { readonly do: 'look-up'; readonly item: CallItem; readonly write: Insert }
  | Ending;

/** The call ends, and needs Siebel for neither. */
export type Ending =
  /** Store the item as rejected. */
  | { readonly do: 'reject'; readonly item: CallItem; readonly error: CallRejectedError }
  /** It has ended before: store nothing. */
  | { readonly do: 'answer'; readonly end: CallEnd };

/** The instants of one attempt, by `Clock.now()`. */
export interface AttemptTimes {
  readonly nowMs: number;
  readonly leaseUntilMs: number;
}

/**
 * Step 1 of the write protocol: what a call does by what is found of it.
 *
 * @throws CallRejectedError `CONFLICT`, CallInProgressError, InvalidInputError `EXPIRED`; nothing is to be stored then.
 */
export function firstStep(found: CallItem | undefined, call: KeyedCall, times: AttemptTimes): Step {
  const redriven = found !== undefined && isRedriven(found, call);
  if (found && found.payloadHash !== call.payloadHash) {
    const corrected = isCorrected(found, call);
    if (!corrected && (!redriven || found.unknown)) {
      throw new CallRejectedError('CONFLICT', 'another call has this key: same key, other input');
    }
    if (corrected && !hasEnded(found)) throw new CallInProgressError('this call goes on with its corrected input');
  }

  const { write } = call;
  switch (found?.state) {
    case 'DONE':
      return { do: 'answer', end: endOf(found) };
    case 'REJECTED':
      if (!redriven) return { do: 'answer', end: endOf(found) };
      if (found.unknown && write.kind === 'insert') {
        return { do: 'look-up', item: restart(found, call, times), write };
      }
      return start(found, call, times);
    case 'STARTED':
      return claim(found, call, times);
    default:
      return start(found, call, times);
  }
}

function start(found: CallItem | undefined, call: KeyedCall, times: AttemptTimes): Step {
  if (isExpired(call, times.nowMs)) throw tooLate();
  const item = { ...restart(found, call, times), firstStartedAtMs: times.nowMs };
  const { write } = call;
  // Nothing has been sent when it looks first: absent is then believed at once (R74).
  return write.kind === 'insert' && write.looksFirst
    ? { do: 'look-up', item: { ...item, sentUntilMs: 0 }, write }
    : { do: 'send', item: { ...item, sentUntilMs: call.deadlineAtMs } };
}

/** Started from anything but STARTED. */
function restart(found: CallItem | undefined, call: KeyedCall, { leaseUntilMs }: AttemptTimes): CallItem {
  const before = found ?? newCall(call.name, call.payloadHash);
  const redriven = isRedriven(before, call);
  return {
    ...anew(before, call),
    state: 'STARTED',
    attempt: before.attempt + 1,
    leaseUntilMs,
    sentUntilMs: before.sentUntilMs,
    firstStartedAtMs: before.firstStartedAtMs,
    // A redrive has all its attempts before it, but a call that has killed goes on alone.
    deaths: redriven ? Math.min(before.deaths, 1) : before.deaths,
    bugs: redriven ? 0 : before.bugs,
  };
}

function claim(found: CallItem, { write, deadlineAtMs }: KeyedCall, { nowMs, leaseUntilMs }: AttemptTimes): Step {
  const overAtMs = found.leaseUntilMs + CLOCK_MARGIN_MS;
  if (nowMs < overAtMs) {
    throw new CallInProgressError('another delivery of this call is at work', { retryAfterMs: overAtMs - nowMs });
  }
  const deaths = found.deaths + (found.unknown ? 0 : 1);
  const item: CallItem = { ...found, attempt: found.attempt + 1, leaseUntilMs, deaths, unknown: false };

  if (write.kind === 'unrepeatable') return { do: 'reject', item, error: outcomeUnknown() };
  if (deaths >= MOST_FAILURES) {
    const error = new CallRejectedError('REPEATED_CRASH', `its process has died ${deaths} times while it was at work`);
    return { do: 'reject', item, error };
  }
  return write.kind === 'insert'
    ? { do: 'look-up', item, write }
    : { do: 'send', item: { ...item, sentUntilMs: deadlineAtMs } };
}

/** What a failed `send` says of the call. */
export type SendOutcome = 'refused' | 'exists' | 'not-executed' | 'unknown';

/**
 * @param writes How many were to leave, without those that only repeat what was certainly not executed. Of what may be
 *   repeated, proof for the last is none for those before it.
 */
export function outcomeOf(error: unknown, { kind }: WriteKind, writes: number): SendOutcome {
  if (error instanceof UnknownOutcomeError || !isDefinite(error, true)) return 'unknown';
  if (failureClassOf(error) === 'message') {
    const exists = error instanceof SiebelResponseError && error.code === 'SIEBEL_CONFLICT';
    return exists && kind === 'insert' ? 'exists' : 'refused';
  }
  return writes === 1 || kind !== 'repeatable' ? 'not-executed' : 'unknown';
}

/** Whether Siebel has done what it was asked, and to another record than was named. */
export function isAstray(error: unknown): boolean {
  return error instanceof SiebelResponseError && error.code === 'SIEBEL_CONFLICT' && error.status < 300;
}

/**
 * Whether a call that Siebel has refused may have taken effect by a write before that one.
 *
 * @param sentBeforeMs As `sentBefore` says.
 */
export function mayBeDone(write: WriteKind, writes: number, sentBeforeMs: number, nowMs: number): boolean {
  if (write.kind === 'insert') return nowMs < sentBeforeMs + write.settleMs;
  return sentBeforeMs > 0 || (write.kind === 'repeatable' && writes > 1);
}

/** What a look-up decides. */
export type Verdict =
  | { readonly is: 'done'; readonly recordId: string }
  | {
      readonly is: 'refused';
      readonly error: (cause: unknown) => IntegrationError;
      readonly unknown: boolean;
      readonly recordId?: string;
    }
  | { readonly is: 'later' | 'again' };

/**
 * What to do with an insert whose outcome is unknown, by what the look-up has found (R08, R09).
 *
 * @param nowMs When it began to look.
 */
export function verdictOn(
  result: LookUpResult,
  item: CallItem,
  write: Insert,
  nowMs: number,
  expired: boolean,
): Verdict {
  if (result.found === 'ours') return { is: 'done', recordId: result.id };
  // Siebel may still be at work on what was sent; where it refuses a second record, the record of others ends that.
  const ended = result.found === 'others' && write.unique;
  if (!ended && nowMs < settledAtMs(item, write, expired || result.found !== 'absent')) return { is: 'later' };

  // Of what was never sent nothing can be there.
  const unknown = item.sentUntilMs > 0;
  if (result.found === 'others') return { is: 'refused', error: conflict, unknown };
  if (result.found === 'partly') return { is: 'refused', error: outcomeUnknown, unknown: true, recordId: result.id };
  if (item.existsSaid) return { is: 'refused', error: hidden, unknown };
  return expired ? { is: 'refused', error: tooLate, unknown: false } : { is: 'again' };
}

/**
 * Until then "absent" is not believed of an insert (R08). That Siebel refuses a second record makes sending again safe, and
 * says nothing of the first: an end waits for the whole time.
 */
export function settledAtMs({ sentUntilMs, existsSaid }: CallItem, write: Insert, ends: boolean): number {
  const { settleMs, unique } = write;
  return sentUntilMs + (unique && !existsSaid && !ends ? Math.min(UNIQUE_SETTLE_MS, settleMs) : settleMs);
}

/** Of an unrepeatable call, or one of which a part is there: a person has to look at Siebel. */
export function outcomeUnknown(cause?: unknown): CallRejectedError {
  return new CallRejectedError('OUTCOME_UNKNOWN', 'Siebel may have executed this call, which cannot be repeated', {
    cause,
  });
}

/** Of a call that the fifth defect has ended. */
export function defect(cause: unknown): CallRejectedError {
  return new CallRejectedError('BUG', `a defect of this program has ended it ${MOST_FAILURES} times`, { cause });
}

function conflict(cause: unknown): CallRejectedError {
  return new CallRejectedError('CONFLICT', 'Siebel has a record with its natural key that is not its own', { cause });
}

function hidden(cause: unknown): CallRejectedError {
  return new CallRejectedError('CONFLICT_HIDDEN', 'Siebel says that its record exists, and shows none', { cause });
}

function tooLate(): InvalidInputError {
  return invalidInput('/notAfter', 'EXPIRED', 'has passed; nothing of it was done');
}

/** Whether it is too late to begin. */
export function isExpired({ notAfterMs = Number.POSITIVE_INFINITY }: KeyedCall, nowMs: number): boolean {
  return nowMs > notAfterMs;
}
