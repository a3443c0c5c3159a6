import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import {
  errorNameOf,
  failureClassOf,
  IntegrationError,
  InvalidInputError,
  NoResponseError,
  TokenRequestError,
} from '../lib/errors.ts';
import { countFailure, failureFields } from '../lib/failure-fields.ts';
import type { Log } from '../lib/logger.ts';
import type { AccessTokenSource } from '../lib/oauth/access-token.ts';
import type { SyncJob } from '../lib/operations/index.ts';
import { type Backoff, queueBackoff } from '../lib/queue/backoff.ts';
import { type Delivery, readDeliveries } from '../lib/queue/delivery.ts';
import { parseWindowMessage, type WindowMessage } from '../lib/sync/backfill/message.ts';
import { readWindow, type WindowEnd, type WindowParts } from '../lib/sync/backfill/read-window.ts';
import { answerDueAtMs, renewalSettled } from './answer-time.ts';
import { lazily } from './lazily.ts';
import * as runtime from './runtime.ts';

/** What the backfill function is made of. */
export interface BackfillParts extends WindowParts {
  readonly jobs: ReadonlyMap<string, SyncJob>;
  readonly tokens: Pick<AccessTokenSource, 'settled'>;
  /** Keeps a delivery out of sight for so long. */
  readonly hide: (receiptHandle: string, seconds: number) => Promise<void>;
  /** First pause of a window that failed for its surroundings. */
  readonly backoffSeconds: number;
}

/** Kept back for hiding the message, and answering. */
const ANSWER_MS = 2_500;
/** A window that would get less than this is not begun. */
const LEAST_START_MS = 10_000;
/** A window that was cut short, and has come on. */
const GOING_ON_SECONDS = 5;
/** A container that was killed has ended by its time limit and so much more. */
const SURELY_OVER_SECONDS = 30;

/**
 * Reads the window of each message; one that is not whole afterwards goes back to the queue, to go on at its checkpoint (R17).
 * A message that can never be followed is acknowledged: which windows are done, the plan knows, and not the queue.
 */
export function backfillHandler(
  parts: BackfillParts,
): (event: SQSEvent, context: Context) => Promise<SQSBatchResponse> {
  const { clock, metrics, tokens } = parts;
  const backoff = queueBackoff({ baseSeconds: parts.backoffSeconds, random: () => clock.random() });

  return async (event, context) => {
    const answerAtMs = answerDueAtMs(context, clock);
    const endsAtMs = clock.now() + context.getRemainingTimeInMillis();
    const log = parts.log.with({ requestId: context.awsRequestId });
    try {
      const batchItemFailures: { itemIdentifier: string }[] = [];
      for (const delivery of readDeliveries(event)) {
        const { messageId, receiveCount } = delivery;
        const own = { ...parts, backoff, log: log.with({ messageId, correlationId: messageId, receiveCount }) };
        const isDone = await settle(delivery, endsAtMs, own);
        if (!isDone) batchItemFailures.push({ itemIdentifier: messageId });
      }
      return { batchItemFailures };
    } finally {
      await renewalSettled(tokens, answerAtMs, clock);
      metrics.publish();
    }
  };
}

type Settling = BackfillParts & { readonly backoff: Backoff; readonly log: Log };

/** Deals with one message; false when it has to come again. */
async function settle(delivery: Delivery, endsAtMs: number, parts: Settling): Promise<boolean> {
  const { clock, backoff, metrics } = parts;
  const message = readMessage(delivery, parts);
  if (!message) return true;

  const log = parts.log.with({ job: message.job, backfill: message.backfill, window: message.window });
  const own = { ...parts, log };
  const leftMs = endsAtMs - clock.now();
  if (leftMs < LEAST_START_MS) {
    metrics.count('deadline.skip');
    await hideFor(delivery, backoff.unstarted(delivery), own);
    return false;
  }
  // Else a window whose container is killed would wait for the queue's own visibility timeout, six times as long.
  await hideFor(delivery, Math.ceil(leftMs / 1_000) + SURELY_OVER_SECONDS, own);

  const startedMs = clock.elapsed();
  try {
    const end = await readWindow(message, parts.jobs, { deadlineAtMs: endsAtMs - ANSWER_MS }, own);
    tell(end, Math.round(clock.elapsed() - startedMs), own);
    const pause = pauseBehind(end, delivery, backoff);
    if (pause === undefined) return true;
    await hideFor(delivery, pause, own);
  } catch (error) {
    metrics.count('backfill.failed');
    const failureClass = failureClassOf(error);
    log[failureClass === 'environment' ? 'warn' : 'error']('BACKFILL_WINDOW_FAILED', failureFields(error));
    countFailure(failureClass, metrics);
    await hideFor(delivery, pauseAfter(error, delivery, backoff), own);
  }
  return false;
}

/** What a message says, or nothing, when it can never be followed. */
function readMessage({ body, bodyProblem }: Delivery, { log, metrics }: Settling): WindowMessage | undefined {
  try {
    if (bodyProblem) throw bodyProblem;
    return parseWindowMessage(body);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    metrics.count('backfill.refused');
    const issues = error.issues.map(({ pointer, code }) => `${pointer} ${code}`);
    log.error('BACKFILL_MESSAGE_REFUSED', { ...failureFields(error), issues });
    return undefined;
  }
}

/** How long a window waits before it goes on; `undefined` when there is nothing more to do. */
function pauseBehind(end: WindowEnd, { receiveCount }: Delivery, backoff: Backoff): number | undefined {
  if ('obsolete' in end) return undefined;
  const { outcome, pages, code } = end.report;
  switch (outcome) {
    case 'complete':
    case 'cancelled':
      return undefined;
    case 'stopped':
      // With a code it has not run out of time, and comes on no sooner.
      return pages > 0 && code === undefined ? GOING_ON_SECONDS : backoff.afterFailure({ receiveCount });
    default:
      // Another delivery reads it.
      return backoff.untilDecided({ receiveCount });
  }
}

/** A failure never acknowledges, whatever it is: what is wrong is never the message. */
function pauseAfter(error: unknown, { receiveCount }: Delivery, backoff: Backoff): number {
  if (!(error instanceof IntegrationError) || error.failureClass !== 'environment') {
    return backoff.afterMisconfiguration();
  }
  return backoff.afterFailure({
    receiveCount,
    // Pauses of our own, an open circuit's among them, are not what the other side has asked for.
    retryAfterMs: error instanceof NoResponseError ? undefined : error.retryAfterMs,
    clientRefused: error instanceof TokenRequestError && error.clientRefused,
  });
}

/** A delivery that cannot be hidden comes back after the queue's own visibility timeout: later, not lost. */
async function hideFor({ receiptHandle }: Delivery, seconds: number, { hide, log }: Settling): Promise<void> {
  try {
    await hide(receiptHandle, seconds);
  } catch (error) {
    log.warn('VISIBILITY_NOT_CHANGED', { seconds, errorName: errorNameOf(error) });
  }
}

function tell(end: WindowEnd, durationMs: number, { log, metrics }: Settling): void {
  if ('obsolete' in end) {
    log.info('BACKFILL_MESSAGE_OBSOLETE', { reason: end.obsolete });
    return;
  }
  const { job: _, window: windowName, cursor, ...fields } = end.report;
  if (fields.outcome === 'complete') metrics.count('backfill.windows');
  log.info('BACKFILL_WINDOW_ENDED', {
    ...fields,
    windowName,
    cursorAt: cursor?.at,
    cursorId: cursor?.id,
    durationMs,
  });
}

const handlerOfContainer = lazily(() => backfillHandler(runtime.backfill()));

/** A window stops before the deadline by itself, so middy's own timer is off. */
export const handler = middy<SQSEvent, SQSBatchResponse>(
  (event: SQSEvent, context: Context) => handlerOfContainer()(event, context),
  { timeoutEarlyInMillis: 0 },
);
