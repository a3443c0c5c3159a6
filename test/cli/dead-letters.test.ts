import { describe, expect, it } from 'vitest';
import { fakeClock } from '../support/fake-clock.ts';
import { type Lying, startStand } from './cli-parts.ts';

const FAST = ['--rate', '1000', '--yes'];
const body = (key: string, operation = 'account.upsert') => JSON.stringify({ operation, key, input: {} });

const keys = (messages: readonly Lying[]) => messages.map((message) => JSON.parse(message.body).key).sort();

// Beside each other: whoever looks through a queue waits a second until nothing more comes.
describe.concurrent('siebel messages --dead-letters', () => {
  it('lists every message once, and gives all of them back', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    const ids = [];
    for (let number = 1; number <= 25; number += 1) ids.push(await stand.bury(body(`orders/${number}`)));

    const { code, deadLetters, more, inQueue } = await stand.json(['messages', 'list', '--dead-letters']);

    expect([code, more, inQueue]).toEqual([0, false, 25]);
    expect(deadLetters.map(({ messageId }: { messageId: string }) => messageId).sort()).toEqual(ids.toSorted());
    expect(await stand.take(stand.deadLetterUrl)).toHaveLength(25);
  });

  it('lists those that fit, up to the limit, and gives back the others too', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (const key of ['orders/1', 'orders/2', 'invoices/1']) await stand.bury(body(key));
    await stand.bury(body('orders/3', 'contact.upsert'));
    await stand.bury('not JSON');

    const list = async (...argv: string[]) => {
      const { deadLetters } = await stand.json(['messages', 'list', '--dead-letters', ...argv]);
      return deadLetters.map(({ key }: { key: string }) => key).sort();
    };

    expect(await list('--key', 'orders/')).toEqual(['orders/1', 'orders/2', 'orders/3']);
    expect(await list('--operation', 'contact.upsert')).toEqual(['orders/3']);
    expect(await list('--since', '1h', '--key', 'inv')).toEqual(['invoices/1']);
    expect(await list('--until', '1h')).toEqual([]);
    expect(await list('--limit', '2')).toHaveLength(2);
    expect(await stand.take(stand.deadLetterUrl)).toHaveLength(5);
  });

  it("names what a producer's own event asks for", async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    const event = { 'detail-type': 'OrderPlaced', source: 'shop', detail: { order: '1', customer: 'x' } };
    await stand.bury(JSON.stringify(event));
    const { deadLetters } = await stand.json(['messages', 'list', '--dead-letters']);
    expect(deadLetters).toMatchObject([{ operation: 'service-request.create', key: 'orders/1' }]);
  });

  it('shows one by its id or its key, and gives it back', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    const id = await stand.bury(body('orders/1'), { traceparent: { DataType: 'String', StringValue: '00-1-2-01' } });

    const shown = await stand.json(['messages', 'show', 'orders/1', '--dead-letters']);
    const { out } = await stand.run(['messages', 'show', id, '--dead-letters']);

    expect(shown).toMatchObject({
      code: 0,
      messageId: id,
      body: body('orders/1'),
      attributes: { traceparent: '00-1-2-01' },
    });
    expect(out).toContain(`redrive ${id} --dead-letters`);
    expect((await stand.run(['messages', 'show', 'nothing', '--dead-letters'])).code).toBe(1);
    expect(await stand.take(stand.deadLetterUrl)).toHaveLength(1);
  });

  it('moves messages as they are, attributes of every type included, and carries no redrive (R79)', async ({
    onTestFinished,
  }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    const attributes = {
      traceparent: { DataType: 'String', StringValue: '00-1-2-01' },
      count: { DataType: 'Number', StringValue: '3' },
      raw: { DataType: 'Binary', BinaryValue: Uint8Array.from([0, 255]) },
    };
    await stand.bury(body('orders/1'), attributes);

    const ended = await stand.json(['messages', 'redrive', '--dead-letters', '--all', ...FAST]);

    expect(ended).toMatchObject({
      code: 0,
      moved: [{ key: 'orders/1' }],
      notFound: [],
      interrupted: false,
      error: null,
    });
    const [message] = await stand.take();
    expect(message?.body).toBe(body('orders/1'));
    expect(Object.keys(message?.attributes ?? {}).sort()).toEqual(['count', 'raw', 'traceparent']);
    expect(message?.attributes['count']).toMatchObject(attributes.count);
    expect(Buffer.from(message?.attributes['raw']?.BinaryValue ?? [])).toEqual(Buffer.from([0, 255]));
    // Neither visible nor hidden.
    expect((await stand.json(['messages', 'list', '--dead-letters'])).inQueue).toBe(0);
  });

  it('moves those that are named or fit, and leaves the others where they are', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    const id = await stand.bury(body('a'));
    for (const key of ['b', 'orders/1', 'orders/2', 'orders/3']) await stand.bury(body(key));

    await stand.run(['messages', 'redrive', id, 'b', '--dead-letters', ...FAST]);
    expect(keys(await stand.take())).toEqual(['a', 'b']);
    await stand.run(['messages', 'redrive', '--key', 'orders/', '--limit', '2', '--dead-letters', ...FAST]);
    expect(await stand.take()).toHaveLength(2);
    expect(await stand.take(stand.deadLetterUrl)).toHaveLength(1);
  });

  it('names what it has not found', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    await stand.bury(body('a'));

    const some = await stand.json(['messages', 'redrive', 'a', 'b', '--dead-letters', ...FAST]);
    const none = await stand.json(['messages', 'redrive', 'b', '--dead-letters', ...FAST]);

    expect(some).toMatchObject({ code: 1, moved: [{ key: 'a' }], notFound: ['b'] });
    expect(none.error.code).toBe('NO_SUCH_CALL');
  });

  it('moves nothing in a dry run, or unconfirmed', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    await stand.bury(body('a'));
    const argv = ['messages', 'redrive', '--dead-letters', '--all'];

    const dry = await stand.json([...argv, '--dry-run']);
    const alone = await stand.run(argv);
    const no = await stand.run(argv, { answers: ['n'] });

    expect(dry).toMatchObject({ code: 0, moved: [], wouldMove: [{ key: 'a' }] });
    expect([alone.code, no.code]).toEqual([2, 1]);
    expect(no.err).toMatch(/^Move all of about 1 message from dead to calls\? \[y\/N\] /);
    expect(await stand.take()).toEqual([]);
    expect(await stand.take(stand.deadLetterUrl)).toHaveLength(1);
  });

  it('loses nothing when the queue does not take it', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (const key of ['a', 'b']) await stand.bury(body(key));

    const ended = await stand.json([
      ...['messages', 'redrive', '--dead-letters', '--all', ...FAST],
      ...['--queue-url', `${stand.queueUrl}-gone`],
    ]);

    expect(ended).toMatchObject({ code: 1, moved: [], error: { code: 'QUEUE_DENIED' } });
    expect(keys(await stand.take(stand.deadLetterUrl))).toEqual(['a', 'b']);
  });

  it('loses nothing when it is interrupted', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (let number = 0; number < 12; number += 1) await stand.bury(body(`k${number}`));
    const interruption = new AbortController();

    const ended = await stand.json(['messages', 'redrive', '--dead-letters', '--all', '--rate', '50', '--yes'], {
      signal: interruption.signal,
      onProgress: (line) => line === '3 moved …' && interruption.abort(),
    });

    expect(ended).toMatchObject({ code: 1, interrupted: true });
    expect(ended.moved).toHaveLength(3);
    const all = [...(await stand.take()), ...(await stand.take(stand.deadLetterUrl))];
    expect(new Set(keys(all)).size).toBe(12);
    expect(all).toHaveLength(12);
  });

  it('stops its looking when it is interrupted, and takes nothing for missing that it has not come to', async ({
    onTestFinished,
  }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (let number = 0; number < 12; number += 1) await stand.bury(body(`k${number}`));
    const signal = AbortSignal.abort();

    const listed = await stand.json(['messages', 'list', '--dead-letters'], { signal });
    const shown = await stand.json(['messages', 'show', 'k11', '--dead-letters'], { signal });
    const moved = await stand.json(['messages', 'redrive', 'nothing', '--dead-letters', ...FAST], { signal });

    expect(listed).toMatchObject({ code: 1, interrupted: true });
    expect(shown).toMatchObject({ code: 1, error: { code: 'NOT_ALL_SEEN' } });
    expect(moved).toMatchObject({ code: 1, interrupted: true, moved: [] });
  });

  it('says what another command hides, and does not take it for gone', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (const key of ['a', 'b', 'c']) await stand.bury(body(key));
    await stand.take(stand.deadLetterUrl);
    await stand.bury(body('d'));

    const all = await stand.json(['messages', 'redrive', '--all', '--dead-letters', ...FAST]);
    const text = await stand.run(['messages', 'redrive', '--all', '--dead-letters', ...FAST]);
    const named = await stand.json(['messages', 'redrive', 'a', '--dead-letters', ...FAST]);
    const shown = await stand.json(['messages', 'show', 'a', '--dead-letters']);
    const listed = await stand.json(['messages', 'list', '--dead-letters']);

    expect(all).toMatchObject({ code: 1, moved: [{ key: 'd' }], unseen: 3 });
    expect([text.code, text.out]).toEqual([
      1,
      expect.stringMatching(/^0 messages moved to calls\.\nAbout 3 more messages in dead could not be seen: /),
    ]);
    expect(named.error).toMatchObject({ code: 'NOT_ALL_SEEN' });
    expect(shown.error).toMatchObject({ code: 'NOT_ALL_SEEN' });
    expect(listed).toMatchObject({ code: 1, deadLetters: [], unseen: 3 });
  });

  it('is through when all that was named is moved, whatever others hide', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    await stand.bury(body('a'));
    await stand.take(stand.deadLetterUrl);
    await stand.bury(body('b'));

    const named = await stand.json(['messages', 'redrive', 'b', '--dead-letters', ...FAST]);

    expect(named).toMatchObject({ code: 0, moved: [{ key: 'b' }], unseen: 0 });
  });

  it('says that more than ten of a group of a FIFO queue cannot be seen', async ({ onTestFinished }) => {
    const stand = await startStand({ fifo: true });
    onTestFinished(() => stand.close());
    for (let number = 0; number < 12; number += 1) await stand.bury(body(`k${number}`));

    const named = await stand.json(['messages', 'redrive', 'k11', '--dead-letters', ...FAST]);
    const fitting = await stand.json(['messages', 'redrive', '--key', 'k11', '--dead-letters', ...FAST]);

    expect(named.error).toMatchObject({ code: 'NOT_ALL_SEEN' });
    expect(fitting).toMatchObject({ code: 1, moved: [] });
    expect(fitting.unseen).toBeGreaterThanOrEqual(2);
  });

  it('keeps the group of a FIFO queue', async ({ onTestFinished }) => {
    const stand = await startStand({ fifo: true });
    onTestFinished(() => stand.close());
    await stand.bury(body('a'));
    await stand.run(['messages', 'redrive', '--dead-letters', '--all', ...FAST]);
    expect(await stand.take()).toMatchObject([{ body: body('a'), group: 'orders/4711' }]);
  });

  it('moves so many a second', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    for (const key of ['a', 'b', 'c']) await stand.bury(body(key));
    const slept: number[] = [];
    const still = fakeClock();
    const sleep = async (delayMs: number) => {
      slept.push(delayMs);
      await still.advance(delayMs);
    };

    await stand.run(['messages', 'redrive', '--dead-letters', '--all', '--rate', '2', '--yes'], {
      clock: { ...still, sleep },
    });

    expect(slept).toEqual([500, 500]);
  });

  it('says so when the dead-letter queue is empty', async ({ onTestFinished }) => {
    const stand = await startStand();
    onTestFinished(() => stand.close());
    expect(await stand.run(['messages', 'list', '--dead-letters'])).toEqual({
      code: 0,
      out: 'Nothing in dead at all.',
      err: '',
    });
  });
});
