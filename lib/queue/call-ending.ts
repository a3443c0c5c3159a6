import type { Clock } from '../clock.ts';
import { type FailureClass, type IntegrationError, InvalidInputError } from '../errors.ts';
import { countFailure, failureFields } from '../failure-fields.ts';
import type { CallEnd } from '../ledger/ledger.ts';
import type { Log, LogFields, Metrics } from '../logger.ts';
import type { CallReport } from '../siebel/call.ts';
import { correlationIdOf } from './correlation-id.ts';
import type { Delivery } from './delivery.ts';
import type { QueuedCall } from './queued-call.ts';
import type { Settlement } from './settle-batch.ts';

/** All that is known of a message when it has been dealt with. */
export interface CallEnding extends Pick<QueuedCall, 'delivery' | 'reading'> {
  readonly settlement: Settlement;
  /** How the call ended for good. */
  readonly end?: CallEnd | undefined;
  /** Why the message goes back. */
  readonly error?: unknown;
  /** What this delivery was to be parked for, when that was not stored: it could not be, or its call has begun before. */
  readonly refusal?: IntegrationError | undefined;
  readonly report?: CallReport | undefined;
}

/** Where it is told. */
export interface Telling {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly clock: Pick<Clock, 'now'>;
}

/** Writes the one `CALL_SETTLED` line of a message, and counts it. The line never holds the input. */
export function tellEnding(ending: CallEnding, { log, metrics, clock }: Telling): void {
  const { delivery, reading, settlement, end, report, refusal, error } = ending;
  const parkedFor = end?.outcome === 'parked' ? end : undefined;
  const fields: LogFields = {
    ...failureFields(error ?? parkedFor?.error),
    correlationId: correlationIdOf(delivery),
    messageId: delivery.messageId,
    operation: reading.operation,
    key: reading.key,
    outcome: settlement.outcome,
    class: settlement.outcome === 'returned' ? settlement.failureClass : parkedFor && classOf(parkedFor.error),
    code: settlement.outcome === 'returned' ? settlement.code : parkedFor?.code,
    refusedWith: refusal?.code,
    repeated: end?.repeated || undefined,
    reconciled: isReconciled(end) || undefined,
    receiveCount: delivery.receiveCount,
    ageSeconds: isBack(settlement) ? ageSecondsOf(delivery, clock) : undefined,
    attempts: report?.attempts ?? 0,
    siebelMs: Math.round(report?.siebelMs ?? 0),
  };
  log[levelOf(settlement)]('CALL_SETTLED', fields);

  if (end) countEnd(end, metrics);
  if (settlement.outcome === 'unstarted') metrics.count('deadline.skip');
  if (settlement.outcome === 'returned') countReturn(settlement.failureClass, metrics);
  if (isBack(settlement)) measureAge(delivery, { metrics, clock });
  if (report && report.attempts > 0) metrics.milliseconds('siebel.call', report.siebelMs);
}

/** What had ended before counts as that and nothing else: neither applied nor parked anew. */
function countEnd(end: CallEnd, metrics: Metrics): void {
  if (end.repeated) {
    metrics.count('msg.repeated');
  } else if (end.outcome === 'done') {
    metrics.count('msg.applied');
    if (end.reconciled) metrics.count('msg.recon');
  } else {
    metrics.count('msg.parked', 1, { code: end.code });
    if (end.code === 'OUTCOME_UNKNOWN') metrics.count('msg.unknown');
    if (end.error instanceof InvalidInputError) metrics.count('input.rejected');
  }
}

function countReturn(failureClass: FailureClass, metrics: Metrics): void {
  metrics.count('msg.deferred', 1, { class: failureClass });
  if (failureClass === 'unknown-outcome') metrics.count('msg.unknown');
  countFailure(failureClass, metrics);
}

function isReconciled(end: CallEnd | undefined): boolean {
  return end?.outcome === 'done' && end.reconciled;
}

/** Of a call that had been parked before, only the code is known. */
function classOf(error: IntegrationError | undefined): FailureClass {
  return error?.failureClass ?? 'message';
}

/** Writes the line of a message that a defect of ours has kept from being settled, and counts the defect. */
export function tellDefect(
  { delivery }: Pick<QueuedCall, 'delivery'>,
  error: unknown,
  { log, metrics, clock }: Telling,
): void {
  log.error('CALL_NOT_SETTLED', {
    ...failureFields(error),
    class: 'bug',
    correlationId: correlationIdOf(delivery),
    messageId: delivery.messageId,
    receiveCount: delivery.receiveCount,
  });
  countFailure('bug', metrics);
  measureAge(delivery, { metrics, clock });
}

// SQS leaves messages that were received three times or more out of its own ApproximateAgeOfOldestMessage.
function measureAge(delivery: Delivery, { metrics, clock }: Pick<Telling, 'metrics' | 'clock'>): void {
  const age = ageSecondsOf(delivery, clock);
  if (age !== undefined) metrics.seconds('msg.age', age);
}

function ageSecondsOf({ sentAtMs }: Delivery, clock: Pick<Clock, 'now'>): number | undefined {
  return sentAtMs === undefined ? undefined : Math.max(0, Math.round((clock.now() - sentAtMs) / 1_000));
}

function isBack({ outcome }: Settlement): boolean {
  return outcome === 'returned' || outcome === 'unstarted';
}

function levelOf(settlement: Settlement): 'info' | 'warn' | 'error' {
  if (settlement.outcome === 'done' || settlement.outcome === 'unstarted') return 'info';
  const needsSomeone = settlement.outcome === 'returned' && ['bug', 'configuration'].includes(settlement.failureClass);
  return needsSomeone ? 'error' : 'warn';
}
