import type { Context, SQSEvent } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type QueueParts, queueHandler } from '../../functions/queue.ts';
import { InvalidInputError, NoResponseError } from '../../lib/errors.ts';
import type { CallEnd } from '../../lib/ledger/ledger.ts';
import { event, eventMapping, fromEvent } from '../../lib/operations/event-mapping.ts';
import type { KeyedRun } from '../../lib/operations/runner.ts';
import { text } from '../../lib/siebel/values.ts';
import { bodyOf, DONE, settlerParts } from '../lib/queue/queue-parts.ts';

describe('queueHandler', () => {
  it('answers with the messages that go back, parks the refused, and leaves the others alone (F115, F116)', async () => {
    const { handler, kept, hidden, lines } = queueFunction({ run: byName });
    const answer = await handler(
      eventOf(
        bodyOf(),
        '{"operation":',
        bodyOf({ key: 'k3', input: { Name: 'away' } }),
        bodyOf({ key: 'k4', input: { Name: 'wrong' } }),
      ),
      contextOf(60_000),
    );
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm3' }] });
    expect(kept.map(({ message, error }) => [message.messageId, error.code])).toEqual([
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
    const away = ['k1', 'k2'].map((key) => bodyOf({ key, input: { Name: 'away' } }));
    await expect(handler(eventOf(...away), contextOf(60_000))).rejects.toMatchObject({ code: 'BATCH_FAILED' });
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
    const { handler, clock } = queueFunction({
      run: async (_, { deadlineAtMs }) => {
        deadlines.push(deadlineAtMs);
        return DONE;
      },
    });
    await handler(eventOf(bodyOf()), contextOf(60_000));
    expect(deadlines).toEqual([clock.now() + 58_000]);
  });

  it('begins no call that could not be sent with three seconds left (R38)', async () => {
    const { handler, calls, hidden, metrics } = queueFunction();
    expect(await handler(eventOf(bodyOf()), contextOf(5_499))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }],
    });
    expect(calls).toEqual([]);
    expect(hidden).toEqual([{ receiptHandle: 'h1', seconds: 3 }]);
    expect(metrics.counts.get('deadline.skip')).toBe(1);

    await handler(eventOf(bodyOf()), contextOf(5_500));
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
      run: (_, { signal }) =>
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
        return DONE;
      },
    });
    await handler(eventOf(...Array.from({ length: 10 }, (_, n) => bodyOf({ key: `k${n}` }))), contextOf(60_000));
    expect(Math.max(...seen)).toBe(4);
  });

  it('runs messages of one call in turn: operation and key name it (R12)', async () => {
    const seen: string[] = [];
    const { handler } = queueFunction({
      run: async ({ name, key }) => {
        seen.push(`+${name} ${key}`);
        await new Promise(setImmediate);
        seen.push(`-${name} ${key}`);
        return DONE;
      },
    });
    const other = bodyOf({ operation: 'request.create', key: 'one' });
    await handler(eventOf(bodyOf({ key: 'one' }), bodyOf({ key: 'one' }), other), contextOf(60_000));
    expect(seen.slice(0, 2)).toEqual(['+account.upsert one', '+request.create one']);
    expect(seen.filter((step) => step.includes('upsert')).map(([sign]) => sign)).toEqual(['+', '-', '+', '-']);
  });

  it('runs a group of a FIFO queue in turn, and stops it at what goes back (R14, F114)', async () => {
    const seen: string[] = [];
    const { handler } = queueFunction({
      run: async (call) => {
        seen.push(call.key);
        return byName(call);
      },
    });
    const { Records } = eventOf(
      bodyOf({ key: 'a1', input: { Name: 'away' } }),
      bodyOf({ key: 'a2' }),
      bodyOf({ key: 'b1' }),
    );
    const grouped = Records.map((record, index) => ({
      ...record,
      attributes: { ...record.attributes, MessageGroupId: index < 2 ? 'a' : 'b' },
    }));
    expect(await handler({ Records: grouped }, contextOf(60_000))).toEqual({
      batchItemFailures: [{ itemIdentifier: 'm1' }, { itemIdentifier: 'm2' }],
    });
    expect(seen).toEqual(['a1', 'b1']);
  });

  it('parks a record without a body alone, and its neighbours are done (K10)', async () => {
    const { handler, calls, kept } = queueFunction();
    const { Records } = eventOf(bodyOf({ key: 'k1' }), bodyOf({ key: 'k2' }), bodyOf({ key: 'k3' }));
    const [, bodiless] = Records;
    Reflect.deleteProperty(bodiless ?? {}, 'body');
    expect(await handler({ Records }, contextOf(60_000))).toEqual({ batchItemFailures: [] });
    expect(kept).toMatchObject([{ error: { code: 'EMPTY_BODY' }, message: { messageId: 'm2', body: '' } }]);
    expect(calls.map(({ key }) => key)).toEqual(['k1', 'k3']);
  });

  it('reads a producer’s own event by its mapping', async () => {
    const { handler, calls, kept } = queueFunction({ mappings: [orderPlaced] });
    const answer = await handler(eventOf('{"order":"4711","place":"Bremen"}', '{"invoice":"1"}'), contextOf(60_000));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(calls).toMatchObject([{ name: 'request.create', key: 'orders/4711', input: { Name: 'Bremen' } }]);
    expect(kept).toMatchObject([{ error: { code: 'UNKNOWN_EVENT' }, message: { messageId: 'm2' } }]);
  });

  it('sends back alone what a defect keeps from being read (R20)', async () => {
    const broken = {
      ...orderPlaced,
      read: () => {
        throw new RangeError('canary-7f3a');
      },
    };
    const { handler, calls, kept, lines } = queueFunction({ mappings: [broken] });
    const answer = await handler(eventOf('{"order":"4711"}', bodyOf(), '{'), contextOf(60_000));
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm1' }] });
    expect(calls).toHaveLength(1);
    expect(kept).toMatchObject([{ message: { messageId: 'm3' } }]);
    expect(lines).toContainEqual(
      expect.objectContaining({ messageId: 'm1', outcome: 'returned', class: 'bug', errorName: 'RangeError' }),
    );
    expect(JSON.stringify(lines)).not.toContain('canary-7f3a');
  });

  it('measures the most requests that were at Siebel at one instant', async () => {
    const marks = [3, 0];
    const { handler, metrics } = queueFunction({ mostAtSiebel: () => marks.shift() ?? 0 });
    await handler(eventOf(bodyOf()), contextOf(60_000));
    expect(metrics.counts.get('siebel.inflight')).toBe(3);
    await handler(eventOf(bodyOf()), contextOf(60_000));
    expect(metrics.counts.get('siebel.inflight')).toBe(3);
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
    await handler(eventOf(bodyOf(), bodyOf({ key: 'k2', input: { Name: 'away' } })), contextOf(60_000));
    expect(hidden).toEqual([{ receiptHandle: 'h2', seconds: 2 }]);
  });
});

type Options = Parameters<typeof settlerParts>[0] & {
  settled?: () => Promise<void>;
  backoffSeconds?: number;
  mappings?: QueueParts['mappings'];
  mostAtSiebel?: () => number;
};

function queueFunction({
  settled = async () => {},
  backoffSeconds = 30,
  mappings = [],
  mostAtSiebel = () => 0,
  ...options
}: Options = {}) {
  const kept = settlerParts(options);
  const { backoff: _, ...parts } = kept.parts;
  const queueParts: QueueParts = {
    ...parts,
    tokens: { settled },
    mappings,
    mostAtSiebel,
    inFlight: 4,
    backoffSeconds,
  };
  return { ...kept, handler: queueHandler(queueParts) };
}

const orderPlaced = eventMapping(
  'request.create',
  fromEvent({
    from: event({ order: text(30), place: text(50) }),
    key: ({ order }) => `orders/${order}`,
    input: ({ place }) => ({ Name: place }),
  }),
);

async function byName({ input }: KeyedRun): Promise<CallEnd> {
  const name = (input as { Name: string }).Name;
  if (name === 'away') throw new NoResponseError('CONNECT_FAILED', 'Siebel refused the connection', { sent: false });
  if (name === 'wrong') {
    throw new InvalidInputError([{ pointer: '/input/Location', code: 'MISSING_FIELD', message: 'is missing' }]);
  }
  return DONE;
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
