import { setTimeout as sleep } from 'node:timers/promises';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { clientSettings } from '../aws/account.ts';
import { type LambdaFunction, ThrottledError } from './host.ts';
import { failedMessages, sqsEvent } from './sqs-event.ts';

export interface EventSourceMappingOptions {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly target: Pick<LambdaFunction, 'invoke'>;
  /** Messages per call: up to 10, with a window up to 10,000. Default 10. */
  readonly batchSize?: number;
  /** How long a batch that is not full waits for more. Default 0: not at all. */
  readonly windowSeconds?: number;
  /** Calls at once: 2 to 1,000. */
  readonly maximumConcurrency: number;
  /** Whether the answer names the messages that failed (`ReportBatchItemFailures`). Default true. */
  readonly reportsBatchItemFailures?: boolean;
}

export interface MappingStats {
  readonly batches: number;
  /** Batches of which every message failed, because the function did or said so. */
  readonly failedBatches: number;
  readonly throttledBatches: number;
  readonly deleted: number;
  readonly inFlight: number;
  readonly highestInFlight: number;
}

/** What may befall a message on its way, besides what the function makes of it. Asked at each receive and each delete. */
export interface Disturbance {
  /** It comes in a later batch than its neighbours. */
  readonly holdsBack?: (message: Message) => boolean;
  /** It comes a second time, in a later batch: SQS delivers at least once. */
  readonly deliversTwice?: (message: Message) => boolean;
  /** Its deletion gets lost, so that it comes again when its visibility timeout ends. */
  readonly losesDelete?: (message: Message) => boolean;
}

/** As Lambda names it: what was taken before it was switched off is still worked on while it is `Disabling`. */
export type MappingState = 'Enabled' | 'Disabling' | 'Disabled';

/** What carries messages from a queue to a function. */
export interface EventSourceMapping {
  stats(): MappingStats;
  state(): MappingState;
  /** Switches it on or off: off, it takes no more messages, and calls under way go on. */
  enable(enabled: boolean): void;
  /** Disturbs deliveries from now on; without an argument, no more. */
  disturb(disturbance?: Disturbance): void;
  /** Takes no more messages, and resolves when the calls under way have ended. */
  stop(): Promise<void>;
}

/** Short, because the stand-in would give a message to a receive that has been given up. */
const POLL_SECONDS = 1;
/** Messages in one request to SQS. */
const REQUEST_LIMIT = 10;
const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 5_000;

/**
 * Starts polling.
 *
 * Messages that the function handled are deleted; the others are left alone, and come again after the queue's
 * visibility timeout, or the one that the function gave them. While whole batches fail, it polls ever more slowly.
 *
 * @throws When batch size, window or concurrency are not what Lambda accepts.
 */
export function eventSourceMapping(options: EventSourceMappingOptions): EventSourceMapping {
  const { queueUrl, queueArn, target, batchSize = 10, windowSeconds = 0, reportsBatchItemFailures = true } = options;
  check(options, { batchSize, windowSeconds });
  const sqs = new SQSClient({ ...clientSettings(options.sqsEndpoint), useQueueUrlAsEndpoint: false });
  const stopping = new AbortController();
  const inFlight = new Set<Promise<void>>();
  const counts = { batches: 0, failedBatches: 0, throttledBatches: 0, deleted: 0, highestInFlight: 0 };
  let failuresInARow = 0;
  let restsUntilMs = 0;
  let disturbance: Disturbance = {};
  let isEnabled = true;
  /** There while it is switched off and polls no more. */
  let wake: (() => void) | undefined;
  /** Messages that were held back, and second deliveries. */
  const later: Message[] = [];

  async function poll(): Promise<void> {
    while (!stopping.signal.aborted) {
      if (!isEnabled) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        wake = undefined;
        continue;
      }
      if (inFlight.size >= options.maximumConcurrency) {
        await Promise.race(inFlight);
        continue;
      }
      if (performance.now() < restsUntilMs) await pause(restsUntilMs - performance.now());
      const batch = await collect();
      if (batch.length === 0) continue;
      if (stopping.signal.aborted || !isEnabled) {
        await giveBack([...batch, ...later.splice(0)]);
        continue;
      }
      const work = handle(batch).finally(() => inFlight.delete(work));
      inFlight.add(work);
      counts.highestInFlight = Math.max(counts.highestInFlight, inFlight.size);
    }
  }

  /** A full batch, or what there was when the window closed. */
  async function collect(): Promise<Message[]> {
    const due = later.splice(0, batchSize - 1);
    const batch = [...due, ...disturbed(await receive(batchSize - due.length, due.length > 0 ? 0 : POLL_SECONDS))];
    if (batch.length === 0 || windowSeconds === 0) return batch;
    const closesAt = performance.now() + windowSeconds * 1_000;
    while (batch.length < batchSize && !stopping.signal.aborted) {
      const leftMs = closesAt - performance.now();
      if (leftMs <= 0) break;
      const more = await receive(batchSize - batch.length, leftMs >= 1_000 ? POLL_SECONDS : 0);
      batch.push(...more);
      if (more.length === 0 && leftMs < 1_000) await pause(Math.min(20, leftMs));
    }
    return batch;
  }

  function disturbed(received: readonly Message[]): Message[] {
    const { holdsBack = never, deliversTwice = never } = disturbance;
    const held = received.filter(holdsBack);
    later.push(...held, ...received.filter(deliversTwice));
    return received.filter((message) => !held.includes(message));
  }

  async function receive(limit: number, waitSeconds: number): Promise<Message[]> {
    try {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: Math.min(limit, REQUEST_LIMIT),
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages;
    } catch {
      // The queue is away, or being taken down: Lambda goes on polling as well.
      await pause(LONGEST_BACK_OFF_MS);
      return [];
    }
  }

  async function handle(batch: readonly Message[]): Promise<void> {
    counts.batches += 1;
    const ids = new Set(batch.map(({ MessageId }) => String(MessageId)));
    const failed = await call(batch, ids);
    if (failed === 'throttled') counts.throttledBatches += 1;
    else if (failed.size === ids.size) counts.failedBatches += 1;

    if (failed === 'throttled' || failed.size === ids.size) {
      failuresInARow += 1;
      restsUntilMs = performance.now() + Math.min(FIRST_BACK_OFF_MS * 2 ** failuresInARow, LONGEST_BACK_OFF_MS);
      return;
    }
    failuresInARow = 0;
    restsUntilMs = 0;
    await remove(batch.filter(({ MessageId }) => !failed.has(String(MessageId))));
  }

  async function call(batch: readonly Message[], ids: ReadonlySet<string>): Promise<ReadonlySet<string> | 'throttled'> {
    try {
      const { payload, functionError } = await target.invoke(sqsEvent(batch, queueArn));
      if (functionError) return ids;
      return reportsBatchItemFailures ? failedMessages(payload, ids) : new Set();
    } catch (error) {
      return error instanceof ThrottledError ? 'throttled' : ids;
    }
  }

  async function remove(messages: readonly Message[]): Promise<void> {
    const { losesDelete = never } = disturbance;
    for (const Entries of entries(messages.filter((message) => !losesDelete(message)))) {
      try {
        await sqs.send(new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
        counts.deleted += Entries.length;
      } catch {
        // As on AWS, a message whose deletion got lost comes again.
      }
    }
  }

  /** Makes messages visible again that arrived in the last receive before it was stopped or switched off. */
  async function giveBack(messages: readonly Message[]): Promise<void> {
    for (const chunk of entries(messages)) {
      const Entries = chunk.map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
      await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => {});
    }
  }

  async function pause(delayMs: number): Promise<void> {
    await sleep(delayMs, undefined, { signal: stopping.signal }).catch(() => {});
  }

  const polling = poll();
  return {
    stats: () => ({ ...counts, inFlight: inFlight.size }),
    state() {
      if (isEnabled) return 'Enabled';
      return wake && inFlight.size === 0 ? 'Disabled' : 'Disabling';
    },
    enable(enabled) {
      isEnabled = enabled;
      if (enabled) wake?.();
    },
    disturb(chosen = {}) {
      disturbance = chosen;
    },
    async stop() {
      stopping.abort();
      wake?.();
      await polling;
      await Promise.all(inFlight);
      sqs.destroy();
    },
  };
}

const never = () => false;

/** Entries of batch requests, ten to a request. */
function entries(messages: readonly Message[]): { Id: string; ReceiptHandle: string | undefined }[][] {
  const all = messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
  return Array.from({ length: Math.ceil(all.length / REQUEST_LIMIT) }, (_, index) =>
    all.slice(index * REQUEST_LIMIT, (index + 1) * REQUEST_LIMIT),
  );
}

function check(
  { maximumConcurrency }: EventSourceMappingOptions,
  { batchSize, windowSeconds }: { batchSize: number; windowSeconds: number },
): void {
  const within = (value: number, least: number, most: number) =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!within(windowSeconds, 0, 300)) throw new Error('the window must be 0 to 300 seconds');
  if (!within(batchSize, 1, windowSeconds > 0 ? 10_000 : 10)) {
    throw new Error('the batch size must be 1 to 10, with a window 1 to 10,000');
  }
  if (!within(maximumConcurrency, 2, 1_000)) throw new Error('the maximum concurrency must be 2 to 1,000');
}
