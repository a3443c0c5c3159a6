import { describe, expect, it } from 'vitest';
import { deliver, type Refusal, type SendRecords, type SentRecord } from '../../../lib/sync/deliver.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const LIMITS = { records: 3, bytes: 100, bytesBeside: 10 };

function records(...ids: string[]): SentRecord[] {
  return ids.map((id, index) => ({ id, line: `${id}:${index}`, place: index }));
}

/** A service that takes what it is sent, but for what `refuse` says. */
function service(
  refuse: (record: SentRecord, attempt: number) => Omit<Refusal, 'index'> | undefined = () => undefined,
) {
  const requests: string[][] = [];
  const taken: string[] = [];
  const attempts = new Map<string, number>();
  let underWay = 0;
  let most = 0;
  const send: SendRecords = async (sent) => {
    requests.push(sent.map(({ line }) => line));
    underWay += 1;
    most = Math.max(most, underWay);
    await Promise.resolve();
    underWay -= 1;
    return sent.flatMap((record, index) => {
      const attempt = (attempts.get(record.line) ?? 0) + 1;
      attempts.set(record.line, attempt);
      const refusal = refuse(record, attempt);
      if (!refusal) taken.push(record.line);
      return refusal ? [{ index, ...refusal }] : [];
    });
  };
  return { send, requests, taken, most: () => most };
}

const BUSY = { code: 'Throttled', forGood: false };

describe('deliver', () => {
  it('sends requests that hold as many records and bytes as they may, four at a time', async () => {
    const clock = fakeClock();
    const target = service();
    const small = records(...'abcdefghijklmnopqrs');
    const large = [{ id: 'X', line: 'x'.repeat(90), place: 9 }, ...records('y', 'z')];

    await deliver(small, { send: target.send, limits: LIMITS, clock });
    await deliver(large, { send: target.send, limits: LIMITS, clock });

    expect(target.requests.slice(0, 7).map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3, 1]);
    expect(target.most()).toBe(4);
    expect(target.requests.slice(7)).toEqual([['x'.repeat(90)], ['y:0', 'z:1']]);
  });

  it('counts bytes, not characters', async () => {
    const target = service();
    const wide = [
      { id: '1', line: 'ż'.repeat(30), place: 1 },
      { id: '2', line: 'ż'.repeat(30), place: 2 },
    ];

    await deliver(wide, { send: target.send, limits: LIMITS, clock: fakeClock() });

    expect(target.requests).toHaveLength(2);
  });

  it('sends again only what was refused, after a pause', async () => {
    const clock = fakeClock();
    const target = service(({ id }, attempt) => (id === 'b' && attempt < 3 ? BUSY : undefined));

    const done = deliver(records('a', 'b', 'c'), { send: target.send, limits: LIMITS, clock });
    await clock.advance(0);
    const atOnce = target.requests.length;
    await clock.advance(5_000);

    expect(await done).toEqual([]);
    expect(atOnce).toBe(1);
    expect(target.requests).toEqual([['a:0', 'b:1', 'c:2'], ['b:1'], ['b:1']]);
  });

  it('keeps the order of the records of one Id, also when one of them is refused at first', async () => {
    const clock = fakeClock();
    const target = service(({ line }, attempt) => (line === 'a:0' && attempt < 3 ? BUSY : undefined));

    const done = deliver(records('a', 'b', 'a', 'a', 'b', 'c'), { send: target.send, limits: LIMITS, clock });
    await clock.advance(5_000);
    await done;

    expect(target.taken.filter((line) => line.startsWith('a'))).toEqual(['a:0', 'a:2', 'a:3']);
    expect(target.taken.filter((line) => line.startsWith('b'))).toEqual(['b:1', 'b:4']);
    expect(target.taken).toHaveLength(6);
  });

  it('lets no record overtake an earlier one of its Id because it is smaller', async () => {
    const target = service();
    const large = ['p', 'q', 'r', 's'].map((id) => ({ id, line: id.repeat(60), place: 1 }));
    const versions = [
      { id: 'X', line: 'X'.repeat(50), place: 2 },
      { id: 'X', line: 'X', place: 3 },
    ];

    await deliver([...large, ...versions], { send: target.send, limits: LIMITS, clock: fakeClock() });

    expect(target.taken.filter((line) => line.startsWith('X'))).toEqual(versions.map(({ line }) => line));
  });

  it('gives back what is refused for good, and goes on with the others', async () => {
    const target = service(({ id }) => (id === 'b' ? { code: 'MalformedDetail', forGood: true } : undefined));

    const refused = await deliver(records('a', 'b', 'c', 'd'), {
      send: target.send,
      limits: LIMITS,
      clock: fakeClock(),
    });

    expect(refused).toEqual([{ record: { id: 'b', line: 'b:1', place: 1 }, code: 'MalformedDetail' }]);
    expect(target.taken).toEqual(['a:0', 'c:2', 'd:3']);
  });

  it('gives up when a record was refused eight times', async () => {
    const clock = fakeClock();
    const target = service(({ id }) => (id === 'b' ? BUSY : undefined));

    const failure = deliver(records('a', 'b'), { send: target.send, limits: LIMITS, clock }).catch((error) => error);
    await clock.advance(60_000);

    expect(await failure).toMatchObject({
      code: 'SINK_UNAVAILABLE',
      message: 'the sink has not taken 1 of 2 records, the last for Throttled',
    });
    expect(target.requests).toHaveLength(8);
  });

  it('gives up after half a minute, however slowly a service answers', async () => {
    const clock = fakeClock();
    let requests = 0;
    const send: SendRecords = async () => {
      requests += 1;
      await clock.sleep(10_000);
      return [];
    };
    const many = records(...Array.from({ length: 100 }, (_, index) => String(index)));

    const failure = deliver(many, { send, limits: LIMITS, clock }).catch((error) => error);
    await clock.advance(300_000);

    expect(await failure).toMatchObject({ code: 'SINK_UNAVAILABLE' });
    expect(requests).toBe(16);
  });

  it('throws what a whole request meets, when those beside it have ended', async () => {
    let ended = 0;
    const send: SendRecords = async ([first]) => {
      if (first?.id === 'a') throw new Error('refused');
      await Promise.resolve();
      ended += 1;
      return [];
    };

    await expect(
      deliver(records('a', 'b', 'c', 'd', 'e', 'f', 'g'), { send, limits: LIMITS, clock: fakeClock() }),
    ).rejects.toThrow('refused');
    expect(ended).toBe(2);
  });
});
