import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { LEAST_CALL_MS } from '../lib/ledger/finish.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import type { EventMapping } from '../lib/operations/index.ts';
import { queueBackoff } from '../lib/queue/backoff.ts';
import { tellDefect } from '../lib/queue/call-ending.ts';
import { readDeliveries } from '../lib/queue/delivery.ts';
import { queuedCall } from '../lib/queue/queued-call.ts';
import { settleBatch } from '../lib/queue/settle-batch.ts';
import { type CallSettler, setCallAside, settleCall } from '../lib/queue/settle-call.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the queue function is made of. */
export interface QueueParts extends Omit<CallSettler, 'backoff'> {
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
  /** Producers' own events that the queue accepts, in the order in which they are tried. */
  readonly mappings: readonly EventMapping[];
  /** The most requests that were at Siebel at one instant since this was last asked. */
  readonly mostAtSiebel: () => number;
  /** Calls under way at once in this container. */
  readonly inFlight: number;
  /** First pause of a message that failed for its surroundings. */
  readonly backoffSeconds: number;
}

/** Kept from each call for parking its message, or hiding it, and answering (R37). */
const CALL_RESERVE_MS = 2_000;
/** A call that would get less than this is not begun (R38): what its write must have left, and some time to get there. */
const LEAST_START_MS = LEAST_CALL_MS + 500;

/** Runs the call of each message; a message whose call failed is parked, or goes back alone. */
export function queueHandler(parts: QueueParts): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const { clock, metrics, tokens, mappings, inFlight, mostAtSiebel } = parts;
  const backoff = queueBackoff({ baseSeconds: parts.backoffSeconds, random: () => clock.random() });

  return async (event, context) => {
    const answerAtMs = answerDueAtMs(context, clock);
    const deadlineAtMs = clock.now() + context.getRemainingTimeInMillis() - CALL_RESERVE_MS;
    const settler: CallSettler = { ...parts, backoff, log: parts.log.with({ requestId: context.awsRequestId }) };
    try {
      const calls = readDeliveries(event).map((delivery) => queuedCall(delivery, mappings));
      return await settleBatch(calls, {
        settle: (call, signal) => settleCall(call, { deadlineAtMs, signal }, settler),
        setAside: (call) => setCallAside(call, settler),
        onDefect: (call, error) => tellDefect(call, error, settler),
        mayStart: () => clock.now() + LEAST_START_MS <= deadlineAtMs,
        inFlight,
        answerAtMs,
        clock,
      });
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      const most = mostAtSiebel();
      if (most > 0) metrics.count('siebel.inflight', most);
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
