import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Clock } from '../../lib/clock.ts';
import { failedMessages } from '../../local-stack/lambda/sqs-event.ts';
import type { QueueInMemory, Received } from './queue-in-memory.ts';
import { never } from './siebel-model.ts';

/** One execution environment of the function: alive until something kills its process. */
export interface Container {
  readonly handler: (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;
  /** Resolves when the process has died. */
  readonly died: Promise<void>;
}

export interface EventSourceCounts {
  readonly invocations: number;
  readonly coldStarts: number;
  readonly deaths: number;
  readonly mostContainersBusy: number;
  /** Invocations that came to the function's time-out. */
  readonly timeOuts: number;
}

/** What carries messages from the queue to the function. */
export interface EventSource {
  counts(): EventSourceCounts;
}

const FUNCTION_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const FIRST_REST_MS = 100;
const LONGEST_REST_MS = 5_000;

/**
 * An event source mapping with its maximum concurrency. A failed batch is left on the queue; while whole batches fail, it
 * rests between them, for five seconds at last, unless `slowsDown` is off.
 */
export function eventSource({
  queue,
  clock,
  startContainer,
  batchSize,
  maximumConcurrency,
  slowsDown = true,
  onAnswer = () => {},
}: {
  queue: QueueInMemory;
  clock: Clock;
  startContainer: () => Container;
  batchSize: number;
  maximumConcurrency: number;
  slowsDown?: boolean;
  /** Told of each answer of the function, and the ids that it was asked about. */
  onAnswer?: (answer: unknown, ids: ReadonlySet<string>) => void;
}): EventSource {
  const idle: Container[] = [];
  const busy = new Set<Promise<void>>();
  const counts = { invocations: 0, coldStarts: 0, deaths: 0, timeOuts: 0, mostContainersBusy: 0 };
  let failuresInARow = 0;
  let restsUntilMs = 0;

  const poll = async () => {
    for (;;) {
      await clock.sleep(Math.max(POLL_MS, restsUntilMs - clock.now()));
      if (busy.size >= maximumConcurrency) {
        await Promise.race(busy);
        continue;
      }
      const batch = queue.receive(batchSize);
      if (batch.length === 0) {
        // Rather than asking over and over; a second is soon enough for what is sent meanwhile.
        const nextMs = queue.nextVisibleAtMs() - clock.now();
        await clock.sleep(Number.isFinite(nextMs) ? Math.min(Math.max(nextMs, POLL_MS), 1_000) : 1_000);
        continue;
      }
      const work = carry(batch).finally(() => busy.delete(work));
      busy.add(work);
      counts.mostContainersBusy = Math.max(counts.mostContainersBusy, busy.size);
    }
  };

  const started = () => {
    counts.coldStarts += 1;
    return startContainer();
  };

  const carry = async (batch: readonly Received[]) => {
    const ids = new Set(batch.map(({ messageId }) => messageId));
    const failed = await invoke(batch, ids);
    if (failed.size === ids.size) {
      failuresInARow += 1;
      if (slowsDown) restsUntilMs = clock.now() + Math.min(FIRST_REST_MS * 2 ** failuresInARow, LONGEST_REST_MS);
      return;
    }
    failuresInARow = 0;
    restsUntilMs = 0;
    for (const { messageId, receiptHandle } of batch) if (!failed.has(messageId)) queue.delete(receiptHandle);
  };

  const invoke = async (batch: readonly Received[], ids: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
    const container = idle.pop() ?? started();
    counts.invocations += 1;
    const endsAtMs = clock.now() + FUNCTION_TIMEOUT_MS;
    const context = {
      awsRequestId: `request-${counts.invocations}`,
      getRemainingTimeInMillis: () => Math.max(0, endsAtMs - clock.now()),
    } as Context;
    const answered = new AbortController();
    const timedOut = clock.sleep(FUNCTION_TIMEOUT_MS, answered.signal).then(
      () => 'timed out' as const,
      () => never<never>(),
    );
    const ended = container.handler(eventOf(batch), context).catch(() => 'failed' as const);
    const end = await Promise.race([ended, timedOut, container.died.then(() => 'died' as const)]);
    answered.abort();
    if (end === 'died') counts.deaths += 1;
    else if (end === 'timed out') counts.timeOuts += 1;
    else idle.push(container);
    if (typeof end !== 'string') onAnswer(end, ids);
    return typeof end === 'string' ? ids : failedMessages(end, ids);
  };

  void poll();
  return { counts: () => counts };
}

function eventOf(batch: readonly Received[]): SQSEvent {
  return {
    Records: batch.map((message) => ({
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAtMs),
        SenderId: 'producer',
        ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs),
      },
      messageAttributes: Object.fromEntries(
        Object.entries(message.attributes).map(([name, stringValue]) => [name, { stringValue, dataType: 'String' }]),
      ),
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:123456789012:queue',
      awsRegion: 'eu-west-1',
    })),
  };
}
