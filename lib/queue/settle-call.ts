import type { Clock } from '../clock.ts';
import {
  CallInProgressError,
  errorNameOf,
  failureClassOf,
  type IntegrationError,
  InvalidInputError,
  invalidInput,
  NoResponseError,
  TokenRequestError,
} from '../errors.ts';
import type { CallEnd, CallMessage, Ledger } from '../ledger/ledger.ts';
import { canonicalHash } from '../ledger/payload-hash.ts';
import type { Log, Metrics } from '../logger.ts';
import type { OperationRunner } from '../operations/runner.ts';
import type { CallOptions, CallReport } from '../siebel/call.ts';
import type { Backoff } from './backoff.ts';
import { tellEnding } from './call-ending.ts';
import { callMessageOf } from './call-message.ts';
import type { QueueMessage } from './message.ts';
import type { CallReading, QueuedCall } from './queued-call.ts';
import type { Settlement } from './settle-batch.ts';

/** What the queue needs of the operations. */
export type Operations = Pick<OperationRunner, 'has' | 'runKeyed'>;

/** The parts that settling calls needs. */
export interface CallSettler {
  readonly operations: Operations;
  /** Names of the operations that the queue may run. */
  readonly accepts: ReadonlySet<string>;
  readonly ledger: Pick<Ledger, 'refuse'>;
  /** Keeps a delivery out of sight for so long. */
  readonly hide: (receiptHandle: string, seconds: number) => Promise<void>;
  readonly backoff: Backoff;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

/**
 * Runs the call that one message asks for, under the write protocol, and deals with its failure by the failure's class: of
 * class `message` it is parked, and thereby settled once that is stored; all others go back to the queue, hidden for as
 * long as the class and the receive count say (R16-R18). One `CALL_SETTLED` line tells how it ended.
 *
 * @param options Limits of the call at Siebel.
 * @returns How it ended; it does not reject for what the message, Siebel, the queue or the state table do.
 */
export async function settleCall(call: QueuedCall, options: CallOptions, parts: CallSettler): Promise<Settlement> {
  let report: CallReport | undefined;
  const limits: CallOptions = {
    ...options,
    onCall: (value) => {
      report = value;
    },
  };

  const ending = await run(call, limits, parts);
  const settlement: Settlement = 'end' in ending ? { outcome: ending.end.outcome } : returnedFor(ending.error);
  if (!('end' in ending) && settlement.outcome === 'returned' && !options.signal?.aborted) {
    await hide(call, hiddenSeconds(settlement.failureClass, ending.error, call, parts.backoff), parts);
  }
  tellEnding({ ...call, settlement, ...ending, report }, parts);
  return settlement;
}

/** Sends a message back that was not begun, because time is short or its lane has stopped before it. */
export async function setCallAside(call: QueuedCall, parts: CallSettler): Promise<void> {
  await hide(call, parts.backoff.unstarted(call.delivery), parts);
  tellEnding({ ...call, settlement: { outcome: 'unstarted' } }, parts);
}

/** How a call ended for good, or why its message goes back; and what this delivery was refused for, when that is not why. */
type Ending = { readonly refusal?: IntegrationError } & ({ readonly end: CallEnd } | { readonly error: unknown });

async function run(call: QueuedCall, limits: CallOptions, parts: CallSettler): Promise<Ending> {
  const message = callMessageOf(call.delivery, parts.clock);
  try {
    const { operation: name, key, input, notAfterMs } = acceptable(call.reading, parts);
    const payloadHash = payloadHashOf(call.reading);
    const end = await parts.operations.runKeyed({ name, key, input, payloadHash, notAfterMs, message }, limits);
    // Acknowledged is only what is known to be stored: anything else would lose the message.
    if (end?.outcome === 'done' || end?.outcome === 'parked') return { end };
    throw new TypeError('the call ended as neither done nor parked');
  } catch (error) {
    return isRefusal(error) ? refused(call.reading, message, error, parts) : { error };
  }
}

/** The message, when this queue may run it; its input is the operation's to judge. */
function acceptable({ result }: CallReading, { operations, accepts }: CallSettler): QueueMessage {
  if ('defect' in result) throw result.defect;
  if (result instanceof InvalidInputError) throw result;
  if (!operations.has(result.operation)) {
    throw invalidInput('/operation', 'UNKNOWN_OPERATION', 'is not an operation of this installation');
  }
  if (!accepts.has(result.operation)) {
    throw invalidInput('/operation', 'OPERATION_NOT_ACCEPTED', 'is not an operation that the queue accepts');
  }
  return result;
}

/**
 * What makes two messages of one key the same call (R05): of a producer's own event that is the event, as what a mapping
 * makes of it changes with a deployment, or with the hour.
 */
function payloadHashOf({ event, result }: CallReading): string | undefined {
  if (event !== undefined) return canonicalHash(event);
  return 'input' in result ? canonicalHash(result.input) : undefined;
}

/**
 * Parks a message, which may be acknowledged only after this is stored (R18); unless its call has been started before: a
 * deployment that refuses what the one before has taken changes nothing of how that ends.
 */
async function refused(
  reading: CallReading,
  message: CallMessage,
  refusal: IntegrationError,
  { ledger }: CallSettler,
): Promise<Ending> {
  const { operation, key } = reading;
  try {
    const end = await ledger.refuse({
      operation,
      key,
      payloadHash: payloadHashOf(reading),
      message,
      error: refusal,
    });
    return end.outcome === 'parked' && end.error === refusal ? { end } : { end, refusal };
  } catch (error) {
    return { error, refusal };
  }
}

/** What no further delivery may run: it can never succeed. */
function isRefusal(error: unknown): error is IntegrationError {
  return failureClassOf(error) === 'message';
}

function returnedFor(error: unknown): Settlement & { outcome: 'returned' } {
  // A refusal by the ledger itself is not the message's fault, whatever it calls itself.
  const failureClass = isRefusal(error) ? 'bug' : failureClassOf(error);
  const code = failureClass === 'bug' ? 'BUG' : (error as IntegrationError).code;
  return { outcome: 'returned', failureClass, code };
}

/** `undefined` leaves the delivery to the queue's own visibility timeout. */
function hiddenSeconds(
  failureClass: string,
  error: unknown,
  { delivery: { receiveCount } }: QueuedCall,
  backoff: Backoff,
): number | undefined {
  if (failureClass === 'bug') return undefined;
  if (failureClass === 'configuration') return backoff.afterMisconfiguration();
  const { code, retryAfterMs } = error as IntegrationError;
  if (failureClass === 'unknown-outcome' || error instanceof CallInProgressError) {
    return backoff.untilDecided({ receiveCount, retryAfterMs });
  }
  // Nothing has failed: this delivery had no time left for it.
  if (code === 'DEADLINE_TOO_CLOSE') return backoff.unstarted({ receiveCount });
  return backoff.afterFailure({
    receiveCount,
    // Pauses of our own, an open circuit's among them, are not what the other side has asked for.
    retryAfterMs: error instanceof NoResponseError ? undefined : retryAfterMs,
    clientRefused: error instanceof TokenRequestError && error.clientRefused,
  });
}

/** A delivery that cannot be hidden comes back after the queue's own visibility timeout: later, not lost. */
async function hide({ delivery }: QueuedCall, seconds: number | undefined, { hide, log }: CallSettler): Promise<void> {
  if (seconds === undefined) return;
  try {
    await hide(delivery.receiptHandle, seconds);
  } catch (error) {
    log.warn('VISIBILITY_NOT_CHANGED', { messageId: delivery.messageId, seconds, errorName: errorNameOf(error) });
  }
}
