import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import { queueBackoff } from '../lib/queue/backoff.ts';
import { tellDefect } from '../lib/queue/call-ending.ts';
import { readDeliveries } from '../lib/queue/delivery.ts';
import { settleBatch } from '../lib/queue/settle-batch.ts';
import { type CallSettler, setCallAside, settleCall } from '../lib/queue/settle-call.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the queue function is made of. */
export interface QueueParts extends Omit<CallSettler, 'backoff'> {
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
  /** Calls under way at once in this container. */
  readonly inFlight: number;
  /** First pause of a message that failed for its surroundings. Default 30. */
  readonly backoffSeconds?: number;
}

/** Kept from each call for parking its message, or hiding it, and answering (R37). */
const CALL_RESERVE_MS = 2_000;
/** A call that would get less than this is not begun (R38). */
const LEAST_CALL_MS = 3_000;

/** Runs the call of each message; a message whose call failed is parked, or goes back alone. */
export function queueHandler(parts: QueueParts): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const { clock, metrics, tokens, inFlight } = parts;
  const backoff = queueBackoff({
    random: () => clock.random(),
    ...(parts.backoffSeconds === undefined ? {} : { baseSeconds: parts.backoffSeconds }),
  });

  return async (event, context) => {
    const answerAtMs = answerDueAtMs(context, clock);
    const deadlineAtMs = clock.now() + context.getRemainingTimeInMillis() - CALL_RESERVE_MS;
    const settler: CallSettler = { ...parts, backoff, log: parts.log.with({ requestId: context.awsRequestId }) };
    try {
      return await settleBatch(readDeliveries(event), {
        settle: (delivery, signal) => settleCall(delivery, { deadlineAtMs, signal }, settler),
        setAside: (delivery) => setCallAside(delivery, settler),
        onDefect: (delivery, error) => tellDefect(delivery, error, settler),
        mayStart: () => clock.now() + LEAST_CALL_MS <= deadlineAtMs,
        inFlight,
        answerAtMs,
        clock,
      });
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      metrics.publish();
    }
  };
}

const handlerOfContainer = lazily(() => queueHandler(runtime.queue()));

/** `settleBatch` ends before the deadline by itself, so middy's own timer is off. */
export const handler = middy<SQSEvent, SQSBatchResponse>(
  (event: SQSEvent, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
