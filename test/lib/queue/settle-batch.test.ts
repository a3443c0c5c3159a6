import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BatchItem, type Settlement, settleBatch } from '../../../lib/queue/settle-batch.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

const DONE: Settlement = { outcome: 'done' };
const PARKED: Settlement = { outcome: 'parked' };
const AWAY: Settlement = { outcome: 'returned', failureClass: 'environment', code: 'SIEBEL_UNAVAILABLE' };
const MISCONFIGURED: Settlement = { outcome: 'returned', failureClass: 'configuration', code: 'STATE_DENIED' };
const BUSY: Settlement = { outcome: 'returned', failureClass: 'environment', code: 'IN_PROGRESS' };
const UNDECIDED: Settlement = { outcome: 'returned', failureClass: 'unknown-outcome', code: 'OUTCOME_UNKNOWN' };
const DEFECT: Settlement = { outcome: 'returned', failureClass: 'bug', code: 'BUG' };

describe('settleBatch', () => {
  it('names exactly the messages that are neither done nor parked, in order (R01)', async () => {
    const answer = await settled({ a: DONE, b: AWAY, c: PARKED, d: DEFECT, e: MISCONFIGURED });
    expect(answer).toEqual(failures('b', 'd', 'e'));
  });

  it('answers an empty batch with an empty list (R02)', async () => {
    expect(await settled({})).toEqual({ batchItemFailures: [] });
  });

  it('answers with an empty list when all were parked: nothing to slow down for (R03)', async () => {
    expect(await settled({ a: PARKED, b: PARKED })).toEqual({ batchItemFailures: [] });
  });

  it('throws when every message failed for its surroundings, so that Lambda slows down (R03)', async () => {
    await expect(settled({ a: AWAY, b: AWAY, c: MISCONFIGURED })).rejects.toMatchObject({
      code: 'BATCH_FAILED',
      failureClass: 'environment',
      message: 'none of the 3 messages could be settled: SIEBEL_UNAVAILABLE (2), STATE_DENIED (1)',
    });
  });

  it.each([
    ['are at work elsewhere', [BUSY, BUSY]],
    ['wait for a look-up', [UNDECIDED]],
    ['wait for one or the other', [BUSY, UNDECIDED]],
  ])('does not throw when all of them %s: nothing has failed that slowness would help (R03)', async (_, waiting) => {
    const ids = waiting.map((_, index) => `m${index}`);
    expect(await settled(Object.fromEntries(ids.map((id, index) => [id, waiting[index] ?? DONE])))).toEqual(
      failures(...ids),
    );
  });

  it('throws when the surroundings failed beside messages that only wait (R03)', async () => {
    await expect(settled({ a: BUSY, b: AWAY, c: UNDECIDED })).rejects.toMatchObject({
      failureClass: 'environment',
      message: 'none of the 3 messages could be settled: IN_PROGRESS (1), SIEBEL_UNAVAILABLE (1), OUTCOME_UNKNOWN (1)',
    });
  });

  it('throws a configuration error when our settings alone are the reason', async () => {
    await expect(settled({ a: MISCONFIGURED, b: MISCONFIGURED })).rejects.toMatchObject({
      failureClass: 'configuration',
    });
  });

  it.each([
    ['one was done', DONE],
    ['one was parked', PARKED],
    ['one met a bug', DEFECT],
  ])('does not throw when %s beside failures of the surroundings', async (_, other) => {
    const answer = await settled({ a: AWAY, b: other });
    expect(answer.batchItemFailures).toContainEqual({ itemIdentifier: 'a' });
  });

  it('counts what settling throws as a bug of that message only', async () => {
    const answer = await settleBatch(itemsOf('a', 'b', 'c'), {
      ...rest(),
      settle: async ({ messageId }) => {
        if (messageId === 'b') throw new TypeError('boom');
        return DONE;
      },
    });
    expect(answer).toEqual(failures('b'));
  });

  it('tells what settling or setting aside has thrown, and goes on with the others', async () => {
    const told: unknown[] = [];
    const defect = new TypeError('boom');
    let begun = 0;
    const answer = await settleBatch(itemsOf('a', 'b', 'c'), {
      ...rest(),
      inFlight: 1,
      settle: async ({ messageId }) => {
        if (messageId === 'a') throw defect;
        return DONE;
      },
      setAside: () => Promise.reject(defect),
      mayStart: () => ++begun < 3,
      onDefect: ({ messageId }, error) => told.push([messageId, error]),
    });
    expect(answer).toEqual(failures('a', 'c'));
    expect(told).toEqual([
      ['a', defect],
      ['c', defect],
    ]);
  });

  it('settles a message that came twice once, and names it once (K03)', async () => {
    const seen: string[] = [];
    const settle = async ({ messageId }: BatchItem) => {
      seen.push(messageId);
      return messageId === 'a' ? AWAY : DONE;
    };
    expect(await settleBatch(itemsOf('a', 'b', 'a', 'b'), { ...rest(), settle })).toEqual(failures('a'));
    expect(seen).toEqual(['a', 'b']);
  });

  it('has at most that many under way at once, and always that many while there is work', async () => {
    const clock = fakeClock();
    let underWay = 0;
    const seen: number[] = [];
    const answer = settleBatch(itemsOf(...'abcdefghij'), {
      ...rest(clock),
      inFlight: 4,
      settle: async ({ messageId }) => {
        underWay += 1;
        seen.push(underWay);
        await clock.sleep(messageId === 'a' ? 500 : 100);
        underWay -= 1;
        return DONE;
      },
    });
    await clock.advance(1_000);

    expect(await answer).toEqual({ batchItemFailures: [] });
    expect(seen).toEqual([1, 2, 3, 4, 4, 4, 4, 4, 4, 4]);
  });

  it('leaves no timer behind', async () => {
    const clock = fakeClock();
    await settleBatch(itemsOf('a'), { ...rest(clock), settle: async () => DONE });
    expect(clock.sleeping).toBe(0);
  });
});

describe('settleBatch, when time runs short', () => {
  it('begins nothing more, and sets aside what it has not begun (R38, F101)', async () => {
    const clock = fakeClock();
    const setAside: string[] = [];
    const answer = settleBatch(itemsOf('a', 'b', 'c'), {
      ...rest(clock),
      inFlight: 1,
      settle: async () => {
        await clock.sleep(6_000);
        return DONE;
      },
      setAside: async ({ messageId }) => void setAside.push(messageId),
      mayStart: () => clock.now() < 1_700_000_005_000,
    });
    await clock.advance(10_000);

    expect(await answer).toEqual(failures('b', 'c'));
    expect(setAside).toEqual(['b', 'c']);
  });

  it('does not throw when it could begin nothing at all: nothing has failed', async () => {
    const answer = await settleBatch(itemsOf('a', 'b'), { ...rest(), mayStart: () => false });
    expect(answer).toEqual(failures('a', 'b'));
  });

  it('throws when what it could begin failed for its surroundings', async () => {
    let begun = 0;
    const batch = settleBatch(itemsOf('a', 'b'), {
      ...rest(),
      inFlight: 1,
      settle: async () => AWAY,
      mayStart: () => ++begun === 1,
    });
    await expect(batch).rejects.toMatchObject({
      message: 'none of the 2 messages could be settled: SIEBEL_UNAVAILABLE (1)',
    });
  });

  it.each(['IN_PROGRESS', 'DEADLINE_TOO_CLOSE'])(
    'does not throw for %s: what only waits has not failed',
    async (code) => {
      const waiting: Settlement = { outcome: 'returned', failureClass: 'environment', code };
      const answer = await settleBatch(itemsOf('a', 'b'), { ...rest(), settle: async () => waiting });
      expect(answer).toEqual(failures('a', 'b'));
    },
  );

  it('begins a lane of one key in turn until time is short, and sets the rest of it aside (R38)', async () => {
    const clock = fakeClock();
    const setAside: string[] = [];
    const order: string[] = [];
    const one = Array.from({ length: 10 }, (_, n) => ({ messageId: `one-${n}`, lane: 'one' }));
    const items = [...one.slice(0, 5), { messageId: 'two', lane: 'two' }, ...one.slice(3), { messageId: 'alone' }];
    const answer = settleBatch(items, {
      ...rest(clock),
      inFlight: 4,
      settle: async ({ messageId }) => {
        order.push(messageId);
        await clock.sleep(2_000);
        return DONE;
      },
      setAside: async ({ messageId }) => void setAside.push(messageId),
      mayStart: () => clock.elapsed() < 5_000,
    });
    await clock.advance(10_000);
    const late = ['one-3', 'one-4', 'one-5', 'one-6', 'one-7', 'one-8', 'one-9'];
    expect(await answer).toEqual(failures(...late));
    expect(order).toEqual(['one-0', 'two', 'alone', 'one-1', 'one-2']);
    expect(setAside).toEqual(late);
  });

  it('reports what never ends, and keeps what has ended', async () => {
    const clock = fakeClock();
    const answer = settleBatch(itemsOf('a', 'b'), {
      ...rest(clock),
      settle: ({ messageId }) => (messageId === 'a' ? Promise.resolve(DONE) : new Promise(() => undefined)),
    });
    await clock.advance(10_000);
    expect(await answer).toEqual(failures('b'));
  });

  it('aborts what is still under way shortly before the answer is due, and takes what still ends well', async () => {
    const clock = fakeClock();
    const abortedAtMs: number[] = [];
    const begun: string[] = [];
    const answer = settleBatch(itemsOf('a', 'b', 'c'), {
      ...rest(clock),
      inFlight: 2,
      settle: ({ messageId }, signal) =>
        new Promise((resolve) => {
          begun.push(messageId);
          signal.addEventListener('abort', () => {
            abortedAtMs.push(clock.elapsed());
            resolve(abortedAtMs.length === 1 ? PARKED : AWAY);
          });
        }),
    });
    await clock.advance(9_800);

    expect(await answer).toEqual(failures('b', 'c'));
    expect(abortedAtMs).toEqual([9_750, 9_750]);
    expect(begun).toEqual(['a', 'b']);
  });

  it('does not change an answer by what ends after it', async () => {
    const clock = fakeClock();
    let end = (_: Settlement) => {};
    const batch = settleBatch(itemsOf('a', 'b'), {
      ...rest(clock),
      settle: ({ messageId }) =>
        messageId === 'a'
          ? Promise.resolve(DONE)
          : new Promise((resolve) => {
              end = resolve;
            }),
    });
    await clock.advance(10_000);
    const answer = await batch;
    end(DONE);
    await clock.advance(0);
    expect(answer).toEqual(failures('b'));
  });
});

describe('settleBatch, with lanes', () => {
  const grouped = [
    { messageId: 'a1', lane: 'a' },
    { messageId: 'b1', lane: 'b' },
    { messageId: 'a2', lane: 'a' },
    { messageId: 'b2', lane: 'b' },
    { messageId: 'a3', lane: 'a' },
  ];

  it('settles a lane in turn, and lanes beside each other (R14)', async () => {
    const clock = fakeClock();
    const order: string[] = [];
    const answer = settleBatch(grouped, {
      ...rest(clock),
      settle: async ({ messageId }) => {
        order.push(`+${messageId}`);
        await clock.sleep(messageId.startsWith('a') ? 100 : 10);
        order.push(`-${messageId}`);
        return DONE;
      },
    });
    await clock.advance(1_000);
    await answer;
    expect(order).toEqual(['+a1', '+b1', '-b1', '+b2', '-b2', '-a1', '+a2', '-a2', '+a3', '-a3']);
  });

  it('stops a lane at its first message that goes back, and the other lanes go on (F121)', async () => {
    const begun: string[] = [];
    const aside: string[] = [];
    const answer = await settleBatch(grouped, {
      ...rest(),
      settle: async ({ messageId }) => {
        begun.push(messageId);
        return messageId === 'a1' ? AWAY : DONE;
      },
      setAside: async ({ messageId }) => void aside.push(messageId),
    });
    expect(answer).toEqual(failures('a1', 'a2', 'a3'));
    expect(begun).toEqual(['a1', 'b1', 'b2']);
    expect(aside).toEqual(['a2', 'a3']);
  });

  it('goes on in a lane after a parked message: its head is settled (R20)', async () => {
    const answer = await settleBatch(grouped, {
      ...rest(),
      settle: async ({ messageId }) => (messageId === 'a1' ? PARKED : DONE),
    });
    expect(answer).toEqual(failures());
  });
});

describe('settleBatch, for any batch', () => {
  it('names what went back, each once, and nothing else', async () => {
    const outcome = fc.constantFrom<Settlement | 'throws'>(
      DONE,
      PARKED,
      AWAY,
      MISCONFIGURED,
      BUSY,
      UNDECIDED,
      DEFECT,
      'throws',
    );
    const item = fc.record({
      messageId: fc.string({ minLength: 1, maxLength: 3 }),
      lane: fc.option(fc.constantFrom('a', 'b'), { nil: undefined }),
      outcome,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), fc.integer({ min: 1, max: 8 }), async (items, inFlight) => {
        const settledIds = new Set<string>();
        const batch = settleBatch(items, {
          ...rest(),
          inFlight,
          settle: async (one) => {
            await null;
            if (one.outcome === 'throws') throw new Error('thrown');
            if (['done', 'parked'].includes(one.outcome.outcome)) settledIds.add(one.messageId);
            return one.outcome;
          },
        });
        const answer = await batch.catch((error) => error.code);
        const expected = [...new Set(items.map(({ messageId }) => messageId))].filter((id) => !settledIds.has(id));
        if (answer === 'BATCH_FAILED') expect(settledIds.size).toBe(0);
        else expect(answer).toEqual(failures(...expected));
      }),
      { numRuns: 1_000 },
    );
  });
});

function settled(settlements: Record<string, Settlement>) {
  return settleBatch(itemsOf(...Object.keys(settlements)), {
    ...rest(),
    settle: async ({ messageId }) => settlements[messageId] ?? DEFECT,
  });
}

/** Ten seconds for everything, four at once. */
function rest(clock: FakeClock = fakeClock()) {
  return {
    settle: async (): Promise<Settlement> => DONE,
    setAside: async () => {},
    onDefect: () => {},
    mayStart: () => true,
    inFlight: 4,
    answerAtMs: clock.now() + 10_000,
    clock,
  };
}

function itemsOf(...ids: string[]): BatchItem[] {
  return ids.map((messageId) => ({ messageId }));
}

function failures(...ids: string[]) {
  return { batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })) };
}
