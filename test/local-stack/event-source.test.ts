import { setTimeout as sleep } from 'node:timers/promises';
import { type Message, SendMessageBatchCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientSettings } from '../../local-stack/aws/account.ts';
import { type Provisioned, provisionQueues } from '../../local-stack/aws/provision.ts';
import { startSqsAndS3 } from '../../local-stack/aws/sqs-s3.ts';
import {
  type EventSourceMapping,
  type EventSourceMappingOptions,
  eventSourceMapping,
} from '../../local-stack/lambda/event-source-mapping.ts';
import { type InvocationResult, ThrottledError } from '../../local-stack/lambda/host.ts';
import { failedMessages } from '../../local-stack/lambda/sqs-event.ts';
import { deploy } from './function-zip.ts';

describe('a partial batch response', () => {
  const all = new Set(['a', 'b']);

  it.each([
    ['null', null],
    ['nothing', undefined],
    ['{}', {}],
    ['no list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('means success when it is %s', (_, answer) => {
    expect(failedMessages(answer, all)).toEqual(new Set());
  });

  it.each([
    ['an unknown identifier', { batchItemFailures: [{ itemIdentifier: 'a' }, { itemIdentifier: 'z' }] }],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null identifier', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a misspelt member', { batchItemFailures: [{ itemIdentifer: 'a' }] }],
    ['null for a failure', { batchItemFailures: [null] }],
    ['no list of failures', { batchItemFailures: 'a' }],
    ['text', 'done'],
    ['a list', ['a']],
  ])('means that all failed when it has %s', (_, answer) => {
    expect(failedMessages(answer, all)).toEqual(all);
  });

  it('names the messages that failed', () => {
    expect(failedMessages({ batchItemFailures: [{ itemIdentifier: 'b' }] }, all)).toEqual(new Set(['b']));
  });
});

type Handler = (event: SQSEvent) => Promise<unknown> | unknown;

/** A queue, and a mapping from it to a handler that runs in this process. */
async function mapped(
  handler: Handler,
  {
    visibilityTimeoutSeconds = 60,
    maxReceiveCount = 1_000,
    ...options
  }: Partial<EventSourceMappingOptions> & { visibilityTimeoutSeconds?: number; maxReceiveCount?: number } = {},
) {
  const aws = await startSqsAndS3();
  const queue = await provisionQueues(aws.endpoint, {
    queueName: 'calls',
    deadLetterName: 'calls-dead',
    visibilityTimeoutSeconds,
    maxReceiveCount,
  });
  const target = {
    invoke: async (event: unknown): Promise<InvocationResult> => {
      try {
        return { payload: await handler(event as SQSEvent), requestId: '1' };
      } catch (error) {
        if (error instanceof ThrottledError) throw error;
        return { payload: { errorMessage: String(error) }, functionError: 'Unhandled', requestId: '1' };
      }
    },
  };
  const sqs = new SQSClient({ ...clientSettings(aws.endpoint), useQueueUrlAsEndpoint: false });
  let mapping: EventSourceMapping | undefined;
  onTestFinished(async () => {
    sqs.destroy();
    // The queue first: it ends the receive that the mapping waits for.
    await Promise.all([aws.close(), mapping?.stop()]);
  });
  return {
    sqs,
    queue,
    /** Starts to poll; messages sent before lie in one batch. */
    start() {
      mapping = eventSourceMapping({
        sqsEndpoint: aws.endpoint,
        queueUrl: queue.queueUrl,
        queueArn: queue.queueArn,
        target,
        maximumConcurrency: 2,
        ...options,
      });
      return mapping;
    },
    waiting: (url: string) => waiting(aws.endpoint, url),
  };
}

async function send(sqs: SQSClient, { queueUrl }: Provisioned, bodies: readonly string[]): Promise<void> {
  for (let start = 0; start < bodies.length; start += 10) {
    const Entries = bodies.slice(start, start + 10).map((MessageBody, index) => ({ Id: String(index), MessageBody }));
    await sqs.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
  }
}

/** Messages of a queue, wherever they are. */
async function waiting(endpoint: string, queueUrl: string): Promise<number> {
  const response = await fetch(`${endpoint}/_fauxqs/queues/${queueUrl.split('/').at(-1)}`);
  const { messages } = (await response.json()) as { messages: Record<'ready' | 'delayed' | 'inflight', unknown[]> };
  return messages.ready.length + messages.delayed.length + messages.inflight.length;
}

it('hands over a message as Lambda does', async () => {
  const events: SQSEvent[] = [];
  const { sqs, queue, start } = await mapped((event) => void events.push(event));
  const { MessageId } = await sqs.send(
    new SendMessageCommand({
      QueueUrl: queue.queueUrl,
      MessageBody: '{"é":1}',
      MessageAttributes: {
        traceparent: { DataType: 'String', StringValue: '00-ab' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from([1, 2]) },
      },
    }),
  );

  start();

  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(events[0]?.Records).toEqual([
    {
      messageId: MessageId,
      receiptHandle: expect.any(String),
      body: '{"é":1}',
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: expect.stringMatching(/^\d{13}$/),
        SenderId: expect.any(String),
        ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
      },
      messageAttributes: {
        traceparent: { stringValue: '00-ab', stringListValues: [], binaryListValues: [], dataType: 'String' },
        bytes: { binaryValue: 'AQI=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
      },
      md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
      md5OfBody: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-west-1:000000000000:calls',
      awsRegion: 'eu-west-1',
    },
  ]);
});

it('deletes what was handled, and leaves what was named as failed', async () => {
  const handled: string[] = [];
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(({ Records }) => {
    handled.push(...Records.map(({ body }) => body));
    const failed = Records.filter(({ body }) => body.startsWith('bad'));
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  });
  await send(sqs, queue, ['good 1', 'bad 1', 'good 2']);

  const mapping = start();

  await vi.waitFor(() => expect(mapping.stats().deleted).toBe(2));
  expect(handled.toSorted()).toEqual(['bad 1', 'good 1', 'good 2']);
  expect(await left(queue.queueUrl)).toBe(1);
  expect(mapping.stats()).toMatchObject({ batches: 1, failedBatches: 0 });
});

it('sends a message that keeps failing to the dead-letter queue, its neighbours handled once', async () => {
  const receives: string[] = [];
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(
    ({ Records }) => {
      receives.push(...Records.map(({ body, attributes }) => `${body} ${attributes.ApproximateReceiveCount}`));
      const failed = Records.filter(({ body }) => body === 'bad');
      return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
    },
    { visibilityTimeoutSeconds: 1, maxReceiveCount: 2 },
  );
  await send(sqs, queue, ['good', 'bad']);

  start();

  await vi.waitFor(async () => expect(await left(queue.deadLetterUrl)).toBe(1), { timeout: 5_000 });
  expect(receives.toSorted()).toEqual(['bad 1', 'bad 2', 'good 1']);
  expect(await left(queue.queueUrl)).toBe(0);
});

it('deletes nothing when the function throws, and slows down', async () => {
  let calls = 0;
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(
    () => {
      calls += 1;
      throw new Error('no');
    },
    { visibilityTimeoutSeconds: 0 },
  );
  await send(sqs, queue, ['one', 'two']);

  const startedAt = performance.now();
  const mapping = start();
  await vi.waitFor(() => expect(calls).toBe(3), { timeout: 3_000, interval: 10 });

  // A second batch may be on its way when the first fails; what comes then waits for 200 ms at least.
  expect(performance.now() - startedAt).toBeGreaterThan(190);
  expect(await left(queue.queueUrl)).toBe(2);
  expect(mapping.stats().deleted).toBe(0);
});

it('leaves the messages when the function is busy', async () => {
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(() => {
    throw new ThrottledError('busy');
  });
  await send(sqs, queue, ['one']);

  const mapping = start();

  await vi.waitFor(() => expect(mapping.stats().throttledBatches).toBe(1));
  expect(mapping.stats()).toMatchObject({ deleted: 0, failedBatches: 0 });
  expect(await left(queue.queueUrl)).toBe(1);
});

it('ignores the answer when partial batch responses are off', async () => {
  const { sqs, queue, start } = await mapped(
    ({ Records }) => ({ batchItemFailures: Records.map(({ messageId }) => ({ itemIdentifier: messageId })) }),
    { reportsBatchItemFailures: false },
  );
  await send(sqs, queue, ['one']);

  const mapping = start();

  await vi.waitFor(() => expect(mapping.stats().deleted).toBe(1));
});

it('never has more calls under way than the maximum concurrency', async () => {
  let underWay = 0;
  let highest = 0;
  const { sqs, queue, start } = await mapped(
    async () => {
      underWay += 1;
      highest = Math.max(highest, underWay);
      await new Promise((resolve) => setTimeout(resolve, 20));
      underWay -= 1;
    },
    { maximumConcurrency: 3, batchSize: 1 },
  );
  await send(
    sqs,
    queue,
    Array.from({ length: 15 }, (_, index) => String(index)),
  );

  const mapping = start();

  await vi.waitFor(() => expect(mapping.stats().deleted).toBe(15), { timeout: 3_000 });
  expect(highest).toBe(3);
  expect(mapping.stats()).toMatchObject({ batches: 15, highestInFlight: 3, inFlight: 0 });
});

it('fills a batch while its window is open', async () => {
  const sizes: number[] = [];
  const { sqs, queue, start } = await mapped(({ Records }) => void sizes.push(Records.length), {
    windowSeconds: 1,
    batchSize: 25,
  });
  await send(
    sqs,
    queue,
    Array.from({ length: 30 }, (_, index) => String(index)),
  );

  start();

  await vi.waitFor(() => expect(sizes).toEqual([25, 5]), { timeout: 4_000 });
});

it('waits for the calls under way when stopped, and takes no more messages', async () => {
  const done = Promise.withResolvers<void>();
  const { sqs, queue, start, waiting: left } = await mapped(() => done.promise);
  await send(sqs, queue, ['one']);
  const mapping = start();
  await vi.waitFor(() => expect(mapping.stats().inFlight).toBe(1));

  const stopped = mapping.stop();
  await send(sqs, queue, ['two']);
  done.resolve();
  await stopped;

  expect(mapping.stats()).toMatchObject({ batches: 1, deleted: 1 });
  expect(await left(queue.queueUrl)).toBe(1);
});

it('holds messages back, delivers them twice and loses deletes as it is told, until it is told no more', async () => {
  const batches: string[][] = [];
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(({ Records }) => void batches.push(Records.map(({ body }) => body)), {
    visibilityTimeoutSeconds: 1,
  });
  await send(sqs, queue, ['plain', 'held', 'twice', 'kept']);
  const mapping = start();
  const first = (body: string) => (message: Message) =>
    message.Body === body && message.Attributes?.ApproximateReceiveCount === '1';
  mapping.disturb({ holdsBack: first('held'), deliversTwice: first('twice'), losesDelete: first('kept') });

  await vi.waitFor(async () => expect(await left(queue.queueUrl)).toBe(0), { timeout: 5_000 });
  expect(batches[0]?.toSorted()).toEqual(['kept', 'plain', 'twice']);
  expect(batches[1]?.toSorted()).toEqual(['held', 'twice']);
  expect(batches.slice(2)).toEqual([['kept']]);

  mapping.disturb();
  await send(sqs, queue, ['held', 'kept']);
  await vi.waitFor(async () => expect(await left(queue.queueUrl)).toBe(0), { timeout: 5_000 });
  expect(batches.slice(3).flat().toSorted()).toEqual(['held', 'kept']);
});

it('refuses settings that Lambda refuses', () => {
  const options = { sqsEndpoint: 'http://127.0.0.1:1', queueUrl: '', queueArn: '', target: { invoke: vi.fn() } };

  expect(() => eventSourceMapping({ ...options, maximumConcurrency: 1 })).toThrow(/2 to 1,000/);
  expect(() => eventSourceMapping({ ...options, maximumConcurrency: 2, batchSize: 11 })).toThrow(/batch size/);
  expect(() => eventSourceMapping({ ...options, maximumConcurrency: 2, windowSeconds: 301 })).toThrow(/window/);
});

it('loses no message when the sandbox is killed in mid-batch', async () => {
  const { deployed, lines } = deploy(`
    export const handler = async ({ Records }) => {
      for (const { body, attributes } of Records) console.log('handles', body, attributes.ApproximateReceiveCount);
      if (Records.some(({ attributes }) => attributes.ApproximateReceiveCount === '1')) await new Promise((resolve) => setTimeout(resolve, 60_000));
    };`);
  const {
    sqs,
    queue,
    start,
    waiting: left,
  } = await mapped(() => {}, {
    target: deployed,
    visibilityTimeoutSeconds: 1,
  });
  await send(sqs, queue, ['one', 'two', 'three']);
  const mapping = start();
  await vi.waitFor(() => expect(lines.some((line) => line.includes('handles'))).toBe(true), { timeout: 3_000 });

  deployed.killSandbox();

  await vi.waitFor(() => expect(mapping.stats().deleted).toBe(3), { timeout: 5_000 });
  expect(await left(queue.queueUrl)).toBe(0);
  expect(deployed.stats()).toMatchObject({ errors: 1, coldStarts: 2 });
});

describe('switched off', () => {
  it('takes no message until it is switched on again, and finishes what it had taken', async () => {
    const bodies: string[] = [];
    const first = Promise.withResolvers<void>();
    const { sqs, queue, start, waiting } = await mapped(async ({ Records }) => {
      bodies.push(...Records.map(({ body }) => body));
      if (bodies.length === 1) await first.promise;
    });
    const mapping = start();
    expect(mapping.state()).toBe('Enabled');
    await send(sqs, queue, ['under way']);
    await vi.waitFor(() => expect(bodies).toEqual(['under way']));

    mapping.enable(false);
    await send(sqs, queue, ['later']);
    // Longer than it polls: it would have taken the second one by now.
    await sleep(2_500);
    expect(mapping.state()).toBe('Disabling');
    first.resolve();
    await vi.waitFor(() => expect(mapping.state()).toBe('Disabled'));
    expect(bodies).toEqual(['under way']);
    await vi.waitFor(async () => expect(await waiting(queue.queueUrl)).toBe(1));

    mapping.enable(true);
    await vi.waitFor(() => expect(bodies).toEqual(['under way', 'later']), { timeout: 5_000 });
    expect(mapping.state()).toBe('Enabled');
    await vi.waitFor(async () => expect(await waiting(queue.queueUrl)).toBe(0));
  });

  it('ends when it is stopped', async () => {
    const { start } = await mapped(() => null);
    const mapping = start();
    mapping.enable(false);
    await vi.waitFor(() => expect(mapping.state()).toBe('Disabled'), { timeout: 5_000 });

    await mapping.stop();
  });
});
