import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type QueueParts, queueHandler } from '../../functions/queue.ts';
import { InvalidInputError, NoResponseError } from '../../lib/errors.ts';
import { bodyOf, settlerParts } from '../lib/queue/queue-parts.ts';

describe('queueHandler', () => {
  it('answers with the messages that go back, parks the refused, and leaves the others alone (F115, F116)', async () => {
    const { handler, kept, hidden, lines } = queueFunction({ run: byName });
    const answer = await handler(
      eventOf(bodyOf(), '{"operation":', bodyOf({ input: { Name: 'away' } }), bodyOf({ input: { Name: 'wrong' } })),
      contextOf(60_000),
    );
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm3' }] });
    expect(kept.map(({ messageId, code }) => [messageId, code])).toEqual([
      ['m2', 'BAD_JSON'],
      ['m4', 'MISSING_FIELD'],
    ]);
    expect(hidden).toEqual([{ receiptHandle: 'h3', seconds: 30 }]);
    expect(lines.map(({ event, messageId, outcome }) => [event, messageId, outcome])).toEqual([
      ['CALL_SETTLED', 'm1', 'done'],
      ['CALL_SETTLED', 'm2', 'parked'],
      ['CALL_SETTLED', 'm3', 'returned'],
      ['CALL_SETTLED', 'm4', 'parked'],
    ]);
    expect(new Set(lines.map(({ requestId }) => requestId))).toEqual(new Set(['request-1']));
  });

  it('throws when all messages failed for their surroundings (R03)', async () => {
    const { handler, hidden } = queueFunction({ run: byName });
    const away = bodyOf({ input: { Name: 'away' } });
    await expect(handler(eventOf(away, away), contextOf(60_000))).rejects.toMatchObject({ code: 'BATCH_FAILED' });
    expect(hidden).toHaveLength(2);
  });

  it('tells of a message that a defect kept from being settled, and sends it back alone', async () => {
    const { handler, lines, metrics } = queueFunction();
    const { count } = metrics;
    metrics.count = (name, value) => {
      if (name === 'msg.parked') throw new RangeError('canary-7f3a');
      count(name, value);
    };
    expect(await handler(eventOf(bodyOf(), '{'), contextOf(60_000))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm2' }],
    });
    expect(lines).toContainEqual({
      level: 'error',
      event: 'CALL_NOT_SETTLED',
      requestId: 'request-1',
      correlationId: 'm2',
      messageId: 'm2',
      receiveCount: 1,
      class: 'bug',
      code: 'BUG',
      errorName: 'RangeError',
      stack: expect.stringContaining('queue.test.ts'),
    });
    expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
    expect(metrics.counts.get('failure.bug')).toBe(1);
  });

  it('leaves each call all but two seconds of the time that is left (R37)', async () => {
    const deadlines: number[] = [];
    const { handler, clock } = queueFunction({ run: async (_, __, { deadlineAtMs }) => deadlines.push(deadlineAtMs) });
    await handler(eventOf(bodyOf()), contextOf(60_000));
    expect(deadlines).toEqual([clock.now() + 58_000]);
  });

  it('begins no call that would get less than three seconds (R38)', async () => {
    const { handler, calls, hidden, metrics } = queueFunction();
    expect(await handler(eventOf(bodyOf()), contextOf(4_999))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(calls).toEqual([]);
    expect(hidden).toEqual([{ receiptHandle: 'h1', seconds: 3 }]);
    expect(metrics.counts.get('deadline.skip')).toBe(1);

    await handler(eventOf(bodyOf()), contextOf(5_000));
    expect(calls).toHaveLength(1);
  });

  it('takes a remaining time of 0 for none, not for unknown', async () => {
    const { handler, calls } = queueFunction();
    expect(await handler(eventOf(bodyOf()), contextOf(0))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(calls).toEqual([]);
  });

  it('answers half a second before the end when a call never ends', async () => {
    const { handler, clock } = queueFunction({ run: () => new Promise(() => undefined) });
    const answer = handler(eventOf(bodyOf()), contextOf(10_000)).catch((error) => [error.code, clock.elapsed()]);
    await clock.advance(10_000);
    expect(await answer).toEqual(['BATCH_FAILED', 9_500]);
  });

  it('aborts a call that the batch cannot wait for', async () => {
    let reason: unknown;
    const { handler, clock } = queueFunction({
      run: (_, __, { signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => {
            reason = signal.reason;
            reject(reason);
          });
        }),
    });
    const answer = handler(eventOf(bodyOf()), contextOf(10_000)).catch(() => undefined);
    await clock.advance(10_000);
    await answer;
    expect(reason).toBeInstanceOf(Error);
  });

  it('has at most as many calls under way as it may', async () => {
    const seen: number[] = [];
    let underWay = 0;
    const { handler } = queueFunction({
      run: async () => {
        seen.push(++underWay);
        await new Promise(setImmediate);
        underWay -= 1;
      },
    });
    await handler(eventOf(...Array.from({ length: 10 }, () => bodyOf())), contextOf(60_000));
    expect(Math.max(...seen)).toBe(4);
  });

  it('answers an event without records with an empty list, and calls nobody (K10)', async () => {
    const { handler, calls } = queueFunction();
    expect(await handler(eventOf(), contextOf(60_000))).toEqual({ batchItemFailures: [] });
    expect(calls).toEqual([]);
  });

  it.each([{}, null, { job: 'accounts' }, { Records: [{ eventSource: 'aws:s3' }] }])(
    'throws INVALID_EVENT for an event that is not from SQS: %j (K10)',
    async (event) => {
      const { handler } = queueFunction();
      await expect(handler(event as unknown as SQSEvent, contextOf(60_000))).rejects.toMatchObject({
        code: 'INVALID_EVENT',
      });
    },
  );

  it('waits for a token refresh that runs beside the calls (R55)', async () => {
    let settle = () => {};
    const { handler, metrics, clock } = queueFunction({
      settled: () =>
        new Promise((resolve) => {
          settle = resolve;
        }),
    });
    let answered = false;
    const answer = handler(eventOf(bodyOf()), contextOf(60_000)).then(() => {
      answered = true;
    });
    await clock.advance(1_000);
    expect(answered).toBe(false);
    settle();
    await answer;
    expect(metrics.published).toBe(1);
  });

  it('answers in time when a token refresh does not end, or fails', async () => {
    const { handler, clock } = queueFunction({ settled: () => new Promise(() => undefined) });
    const answer = handler(eventOf(bodyOf()), contextOf(10_000));
    await clock.advance(9_500);
    expect(await answer).toEqual({ batchItemFailures: [] });

    const failing = queueFunction({ settled: () => Promise.reject(new Error('refresh')) });
    expect(await failing.handler(eventOf(bodyOf()), contextOf(10_000))).toEqual({ batchItemFailures: [] });
  });

  it('publishes its metrics also when it throws', async () => {
    const { handler, metrics } = queueFunction();
    await handler({} as SQSEvent, contextOf(60_000)).catch(() => undefined);
    expect(metrics.published).toBe(1);
  });

  it('starts its pauses at the setting', async () => {
    const { handler, hidden } = queueFunction({ run: byName, backoffSeconds: 2 });
    await handler(eventOf(bodyOf(), bodyOf({ input: { Name: 'away' } })), contextOf(60_000));
    expect(hidden).toEqual([{ receiptHandle: 'h2', seconds: 2 }]);
  });
});

type Options = Parameters<typeof settlerParts>[0] & {
  settled?: () => Promise<void>;
  backoffSeconds?: number;
};

function queueFunction({ settled = async () => {}, backoffSeconds, ...options }: Options = {}) {
  const kept = settlerParts(options);
  const { backoff: _, ...parts } = kept.parts;
  const queueParts: QueueParts = {
    ...parts,
    tokens: { settled },
    inFlight: 4,
    ...(backoffSeconds === undefined ? {} : { backoffSeconds }),
  };
  return { ...kept, handler: queueHandler(queueParts) };
}

async function byName(_: string, input: unknown): Promise<unknown> {
  const name = (input as { Name: string }).Name;
  if (name === 'away') throw new NoResponseError('CONNECT_FAILED', 'Siebel refused the connection', { sent: false });
  if (name === 'wrong') {
    throw new InvalidInputError([{ pointer: '/input/Location', code: 'MISSING_FIELD', message: 'is missing' }]);
  }
  return { Id: '1-2AB' };
}

function eventOf(...bodies: string[]): SQSEvent {
  return {
    Records: bodies.map((body, index) => ({
      messageId: `m${index + 1}`,
      receiptHandle: `h${index + 1}`,
      body,
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1699999990000',
        SenderId: 'AIDAEXAMPLE',
        ApproximateFirstReceiveTimestamp: '1699999990000',
      },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:000000000000:calls',
      awsRegion: 'eu-central-1',
    })),
  };
}

function contextOf(remainingMs: number): Context {
  return { awsRequestId: 'request-1', getRemainingTimeInMillis: () => remainingMs } as Context;
}
