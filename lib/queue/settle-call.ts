import type { Clock } from '../clock.ts';
import {
  errorNameOf,
  failureClassOf,
  type IntegrationError,
  InvalidInputError,
  invalidInput,
  NoResponseError,
  SiebelResponseError,
  TokenRequestError,
} from '../errors.ts';
import type { ParkedCalls } from '../ledger/parked-calls.ts';
import type { Log, Metrics } from '../logger.ts';
import type { CallOptions, CallReport } from '../siebel/call.ts';
import type { Backoff } from './backoff.ts';
import { tellEnding } from './call-ending.ts';
import type { Delivery } from './delivery.ts';
import { type MessageReading, type QueueMessage, readMessage } from './message.ts';
import type { Settlement } from './settle-batch.ts';

/** What the queue needs of the operations. */
export interface Operations {
  has(name: string): boolean;
  run(name: string, input: unknown, options: CallOptions): Promise<unknown>;
}

/** The parts that settling calls needs. */
export interface CallSettler {
  readonly operations: Operations;
  /** Names of the operations that the queue may run. */
  readonly accepts: ReadonlySet<string>;
  readonly parked: ParkedCalls;
  /** Keeps a delivery out of sight for so long. */
  readonly hide: (receiptHandle: string, seconds: number) => Promise<void>;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

const MAX_DETAIL_LENGTH = 1_000;
const MAX_ISSUES = 50;

/**
 * Runs the call that one message asks for, and deals with its failure by the failure's class: `message` and
 * `unknown-outcome` are parked and thereby settled; all others go back to the queue, hidden for as long as the class and
 * the receive count say (R16-R18). One `CALL_SETTLED` line tells how it ended.
 *
 * @param options Limits of the call at Siebel.
 * @returns How it ended; it does not reject for what the message, Siebel, the queue or the state table do.
 */
export async function settleCall(delivery: Delivery, options: CallOptions, parts: CallSettler): Promise<Settlement> {
  const reading = readMessage(delivery.body);
  let report: CallReport | undefined;
  const call: CallOptions = {
    ...options,
    onCall: (value) => {
      report = value;
    },
  };

  const failure = await run(reading, call, parts);
  const refusal = failure && isRefusal(failure.error) ? failure.error : undefined;
  const parkFailure = refusal && (await park(delivery, reading, refusal, parts));
  const reason = refusal ? parkFailure : failure;

  const settlement: Settlement = reason ? returnedFor(reason.error) : { outcome: refusal ? 'parked' : 'done' };
  if (settlement.outcome === 'returned' && reason && !options.signal?.aborted) {
    await hide(delivery, hiddenSeconds(settlement.failureClass, reason.error, delivery, parts.backoff), parts);
  }
  tellEnding({ delivery, reading, settlement, error: reason?.error, refusal, report }, parts);
  return settlement;
}

/** Sends a message back that was not begun, because time is short or its group has stopped before it. */
export async function setCallAside(delivery: Delivery, parts: CallSettler): Promise<void> {
  await hide(delivery, parts.backoff.unstarted({ receiveCount: delivery.receiveCount }), parts);
  tellEnding({ delivery, reading: readMessage(delivery.body), settlement: { outcome: 'unstarted' } }, parts);
}

type Failure = { readonly error: unknown };

async function run(reading: MessageReading, call: CallOptions, parts: CallSettler): Promise<Failure | undefined> {
  try {
    const message = acceptable(reading, parts);
    await parts.operations.run(message.operation, message.input, call);
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** The message, when this queue may run it now; its input is the operation's to judge. */
function acceptable({ result }: MessageReading, { operations, accepts, clock }: CallSettler): QueueMessage {
  if (result instanceof InvalidInputError) throw result;
  if (!operations.has(result.operation)) {
    throw invalidInput('/operation', 'UNKNOWN_OPERATION', 'is not an operation of this installation');
  }
  if (!accepts.has(result.operation)) {
    throw invalidInput('/operation', 'OPERATION_NOT_ACCEPTED', 'is not an operation that the queue accepts');
  }
  if (result.notAfterMs !== undefined && clock.now() > result.notAfterMs) {
    throw invalidInput('/notAfter', 'EXPIRED', 'has passed; no call was made');
  }
  return result;
}

async function park(
  delivery: Delivery,
  { operation, key }: MessageReading,
  refusal: IntegrationError,
  { parked, clock }: CallSettler,
): Promise<Failure | undefined> {
  const nowMs = clock.now();
  try {
    await parked.park({
      messageId: delivery.messageId,
      operation,
      key,
      code: refusal.code,
      detail: refusal.message.slice(0, MAX_DETAIL_LENGTH),
      issues: refusal instanceof InvalidInputError ? refusal.issues.slice(0, MAX_ISSUES) : [],
      siebelCodes: refusal instanceof SiebelResponseError ? refusal.siebelCodes : [],
      attempts: delivery.receiveCount,
      firstSeenAtMs: delivery.firstSeenAtMs ?? nowMs,
      rejectedAtMs: nowMs,
      body: delivery.body,
      attributes: delivery.attributes,
    });
    return undefined;
  } catch (error) {
    return { error };
  }
}

/** What no further delivery may run: it can never succeed, or nobody knows whether it has happened. */
function isRefusal(error: unknown): error is IntegrationError {
  return ['message', 'unknown-outcome'].includes(failureClassOf(error));
}

function returnedFor(error: unknown): Settlement & { outcome: 'returned' } {
  // A refusal by the state table itself is not the message's fault, whatever it calls itself.
  const failureClass = isRefusal(error) ? 'bug' : failureClassOf(error);
  const code = failureClass === 'bug' ? 'BUG' : (error as IntegrationError).code;
  return { outcome: 'returned', failureClass, code };
}

/** `undefined` leaves the delivery to the queue's own visibility timeout. */
function hiddenSeconds(failureClass: string, error: unknown, delivery: Delivery, backoff: Backoff): number | undefined {
  if (failureClass === 'bug') return undefined;
  if (failureClass === 'configuration') return backoff.afterMisconfiguration();
  return backoff.afterFailure({
    receiveCount: delivery.receiveCount,
    // Pauses of our own, an open circuit's among them, are not what the other side has asked for.
    retryAfterMs: error instanceof NoResponseError ? undefined : (error as IntegrationError).retryAfterMs,
    clientRefused: error instanceof TokenRequestError && error.clientRefused,
  });
}

/** A delivery that cannot be hidden comes back after the queue's own visibility timeout: later, not lost. */
async function hide(delivery: Delivery, seconds: number | undefined, { hide, log }: CallSettler): Promise<void> {
  if (seconds === undefined) return;
  try {
    await hide(delivery.receiptHandle, seconds);
  } catch (error) {
    log.warn('VISIBILITY_NOT_CHANGED', { messageId: delivery.messageId, seconds, errorName: errorNameOf(error) });
  }
}
