import type { Context, SQSEvent } from 'aws-lambda';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueHandler } from '../../../functions/queue.ts';
import { ledger } from '../../../lib/ledger/run.ts';
import { operationRunner } from '../../../lib/operations/index.ts';
import type { CallOptions } from '../../../lib/siebel/call.ts';
import type { SiebelClient } from '../../../lib/siebel/component.ts';
import { exampleIntegration } from '../../support/example-integration.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { memoryStore } from '../ledger/ledger-parts.ts';
import { BAD_MESSAGES, CANARY, NO_EVENTS } from './bad-messages.ts';
import { keptLog, keptMetrics } from './queue-parts.ts';

/** Nothing of it answers but writes; each of them asks whether it may leave. */
function countingSiebel() {
  const written: string[] = [];
  const write = async (...call: unknown[]) => {
    await (call.at(-1) as CallOptions).beforeWrite?.();
    written.push(JSON.stringify(call.slice(0, -1)));
    return { id: '1-9' };
  };
  return { client: { upsert: write, update: write } as unknown as SiebelClient, written };
}

function queueFunction() {
  const clock = fakeClock();
  const store = memoryStore();
  const siebel = countingSiebel();
  const log = keptLog();
  const metrics = keptMetrics();
  const calls = ledger({ store, clock, leaseMarginMs: 15_000 });
  const handler = queueHandler({
    operations: operationRunner(exampleIntegration, () => siebel.client, calls, { settleMs: 720_000 }),
    accepts: new Set(['account.upsert', 'service-request.update']),
    mappings: [],
    ledger: calls,
    hide: async () => {
      throw new Error('nothing is to go back');
    },
    mostAtSiebel: () => 0,
    backoffSeconds: 30,
    tokens: { settled: async () => {} },
    inFlight: 4,
    clock,
    log,
    metrics,
  });
  const deliver = (...records: unknown[]) =>
    handler({ Records: records } as SQSEvent, { getRemainingTimeInMillis: () => 60_000 } as Context);
  return { handler, deliver, store, siebel, metrics, lines: log.lines };
}

function recordOf(messageId: string, body: unknown) {
  return { messageId, receiptHandle: `handle-${messageId}`, body, eventSource: 'aws:sqs' };
}

const neighbour = (key: string) =>
  JSON.stringify({ operation: 'account.upsert', key, input: { Name: key, Location: 'Bremen' } });

describe('the fixtures of bad input', () => {
  it('are at least 130, and at least 3 of each kind that a message can be (R61)', () => {
    const kinds = Map.groupBy(BAD_MESSAGES, ({ kind }) => kind);
    expect(BAD_MESSAGES.length + NO_EVENTS.length).toBeGreaterThanOrEqual(130);
    expect([...kinds.keys()]).toEqual(['K01', 'K02', 'K03', 'K04', 'K05', 'K06', 'K07', 'K08', 'K09', 'K16']);
    for (const [, fixtures] of kinds) expect(fixtures.length).toBeGreaterThanOrEqual(3);
    expect(NO_EVENTS.length).toBeGreaterThanOrEqual(3);
  });
});

describe('a message that can never be run gets a clear reason in one receive, and harms no neighbour (R18, R20, R61)', () => {
  it.each(BAD_MESSAGES.map((bad) => [`${bad.kind}: ${bad.name}`, bad] as const))('%s', async (_, { body, code }) => {
    const { deliver, store, siebel, metrics, lines } = queueFunction();
    const records = [recordOf('m1', neighbour('n1')), recordOf('m2', body), recordOf('m3', neighbour('n2'))];

    expect(await deliver(...records)).toEqual({ batchItemFailures: [] });

    expect(siebel.written.map((call) => /"n[12]"/.exec(call)?.[0])).toEqual(['"n1"', '"n2"']);
    const [parked, ...others] = store.rejections.values();
    expect(others).toEqual([]);
    expect(parked).toMatchObject({
      code,
      message: { messageId: 'm2', receiveCount: 1, body: typeof body === 'string' ? body : expect.any(String) },
    });
    expect(parked?.issues[0]?.code ?? code).toBe(code);
    expect([...store.items.values()].filter(({ state }) => state === 'STARTED')).toEqual([]);
    const told = lines.filter(({ messageId }) => messageId === 'm2');
    expect(told).toMatchObject([{ event: 'CALL_SETTLED', outcome: 'parked', class: 'message', code, attempts: 0 }]);
    expect(JSON.stringify(lines)).not.toContain(CANARY);
    expect(parked?.detail).not.toContain(CANARY);
    expect(metrics.parted.get(`msg.parked code=${code}`)).toBe(1);
    expect(metrics.counts.get('input.rejected')).toBe(1);
    expect('polluted' in {}).toBe(false);
  });
});

describe('an event that is not from the queue', () => {
  it.each(NO_EVENTS)('is refused as a whole: %s (K10)', async (_, event) => {
    const { handler, siebel, store } = queueFunction();
    const context = { getRemainingTimeInMillis: () => 60_000 } as Context;
    await expect(handler(event as SQSEvent, context)).rejects.toMatchObject({ code: 'INVALID_EVENT' });
    expect([siebel.written, store.writes]).toEqual([[], 0]);
  });

  it('is answered when it brings no message (K10)', async () => {
    const { deliver, siebel } = queueFunction();
    expect(await deliver()).toEqual({ batchItemFailures: [] });
    expect(siebel.written).toEqual([]);
  });
});

describe('one key or message twice in a batch (K03)', () => {
  it('has one effect, and another payload is a conflict (R05)', async () => {
    const { deliver, store, siebel } = queueFunction();
    const other = JSON.stringify({
      operation: 'account.upsert',
      key: 'n1',
      input: { Name: 'other', Location: 'Kiel' },
    });
    const twice = recordOf('m1', neighbour('n1'));
    const answer = await deliver(twice, twice, recordOf('m2', neighbour('n1')), recordOf('m3', other));
    expect(answer).toEqual({ batchItemFailures: [] });
    expect(siebel.written).toHaveLength(1);
    expect([...store.rejections].map(([id, { code }]) => [id, code])).toEqual([['m3', 'CONFLICT']]);
    expect(store.itemAt('n1')).toMatchObject({ state: 'DONE' });
  });
});

/** Where there is a key, its own: else they would all be deliveries of one call. */
function withKey(body: unknown, key: string): unknown {
  return typeof body === 'string' ? body.replace('bad/1', key) : body;
}

describe('very many at once', () => {
  it('10,000 records in one event: each bad one gets its reason, each good one is done', async () => {
    const { deliver, store, siebel } = queueFunction();
    const small = BAD_MESSAGES.filter(({ body }) => typeof body !== 'string' || body.length < 2_000);
    const bad = Array.from({ length: 10_000 }, (_, n) => (n % 10 === 0 ? undefined : small[n % small.length]));
    const records = bad.map((fixture, n) =>
      recordOf(`m${n}`, fixture ? withKey(fixture.body, `bad/${n}`) : neighbour(`good/${n}`)),
    );

    expect(await deliver(...records)).toEqual({ batchItemFailures: [] });

    expect(siebel.written).toHaveLength(1_000);
    const done = [...store.items.values()].filter(({ state }) => state === 'DONE');
    expect(done).toHaveLength(1_000);
    const reasons = new Map([...store.rejections.values()].map(({ code, message }) => [message.messageId, code]));
    expect(
      bad.flatMap((fixture, n) => (fixture && reasons.get(`m${n}`) !== fixture.code ? [fixture.name] : [])),
    ).toEqual([]);
  });
});

describe('any text at all', () => {
  const CODES = new Set(BAD_MESSAGES.map(({ code }) => code));

  it('is parked with a code that is known, or done; never thrown for, never sent back', async () => {
    const good = neighbour('n0');
    const mutilated = fc
      .tuple(fc.nat(good.length), fc.nat(12), fc.string({ unit: 'binary', maxLength: 8 }))
      .map(([at, length, text]) => good.slice(0, at) + text + good.slice(at + length));
    const anything = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json(), mutilated);
    await fc.assert(
      fc.asyncProperty(fc.array(anything, { maxLength: 6 }), async (bodies) => {
        const { deliver, store, siebel } = queueFunction();
        const records = [...bodies.map((body, n) => recordOf(`m${n}`, body)), recordOf('last', neighbour('n9'))];
        expect(await deliver(...records)).toEqual({ batchItemFailures: [] });
        expect(siebel.written.at(-1)).toContain('n9');
        for (const { code } of store.rejections.values()) expect(CODES.has(code) || code === 'CONFLICT').toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
