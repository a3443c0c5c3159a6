import type { Clock } from '../clock.ts';
import type { IntegrationError } from '../errors.ts';
import { countFailure, failureFields } from '../failure-fields.ts';
import type { Log, LogFields, Metrics } from '../logger.ts';
import type { CallReport } from '../siebel/call.ts';
import { correlationIdOf } from './correlation-id.ts';
import type { Delivery } from './delivery.ts';
import type { MessageReading } from './message.ts';
import type { Settlement } from './settle-batch.ts';

/** All that is known of a message when it has been dealt with. */
export interface CallEnding {
  readonly delivery: Delivery;
  readonly reading: MessageReading;
  readonly settlement: Settlement;
  /** Why the message goes back. */
  readonly error?: unknown;
  /** Why the message was to be parked. */
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
  const { delivery, reading, settlement, report, refusal, error } = ending;
  const fields: LogFields = {
    ...failureFields(error ?? refusal),
    correlationId: correlationIdOf(delivery),
    messageId: delivery.messageId,
    operation: reading.operation,
    key: reading.key,
    outcome: settlement.outcome,
    class: settlement.outcome === 'returned' ? settlement.failureClass : refusal?.failureClass,
    code: settlement.outcome === 'returned' ? settlement.code : refusal?.code,
    refusedWith: settlement.outcome === 'returned' ? refusal?.code : undefined,
    receiveCount: delivery.receiveCount,
    ageSeconds: isBack(settlement) ? ageSecondsOf(delivery, clock) : undefined,
    attempts: report?.attempts ?? 0,
    siebelMs: Math.round(report?.siebelMs ?? 0),
  };
  log[levelOf(settlement)]('CALL_SETTLED', fields);

  metrics.count(METRIC[settlement.outcome]);
  if (isBack(settlement)) measureAge(delivery, { metrics, clock });
  if (settlement.outcome === 'returned') countFailure(settlement.failureClass, metrics);
  if (report && report.attempts > 0) metrics.milliseconds('siebel.call', report.siebelMs);
}

/** Writes the line of a message that a defect of ours has kept from being settled, and counts the defect. */
export function tellDefect(delivery: Delivery, error: unknown, { log, metrics, clock }: Telling): void {
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

const METRIC = {
  done: 'msg.applied',
  parked: 'msg.parked',
  returned: 'msg.deferred',
  unstarted: 'deadline.skip',
} as const satisfies Record<Settlement['outcome'], string>;

function levelOf(settlement: Settlement): 'info' | 'warn' | 'error' {
  if (settlement.outcome === 'done' || settlement.outcome === 'unstarted') return 'info';
  const needsSomeone = settlement.outcome === 'returned' && ['bug', 'configuration'].includes(settlement.failureClass);
  return needsSomeone ? 'error' : 'warn';
}
