import { afterEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../cli/runtime.ts';
import { systemClock } from '../../lib/clock.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type Ended, type Lying, REJECTED, type Stand, startStand } from './cli-parts.ts';

const NOW = Date.parse('2026-03-02T10:00:00Z');
const FAST = ['--rate', '1000', '--yes'];

let stand: Stand;
afterEach(() => stand.close());

const redrive = (...argv: string[]) => stand.json(['messages', 'redrive', ...argv]);
const bodies = (messages: readonly Lying[]) => messages.map(({ body }) => JSON.parse(body));
const keys = (messages: readonly Lying[]) => bodies(messages).map(({ key }) => key);
const atNow = () => ({ ...systemClock, now: () => NOW });

describe('siebel messages redrive', () => {
  it('sends a call again under its key, with its attributes and a redrive that is later than the refusal (R79)', async () => {
    stand = await startStand();
    await stand.refuse({
      key: 'orders/1',
      rejection: { rejectedAtMs: REJECTED },
      attributes: { traceparent: '00-1-2-01', empty: '', 'siebel-redrive-at': '5' },
    });

    const ended = await stand.run(['messages', 'redrive', 'orders/1', ...FAST], { clock: atNow() });

    expect(ended).toMatchObject({ code: 0, err: '' });
    expect(ended.out).toBe(
      '1 call sent to calls. Each stays in the list until a consumer starts it; to run this again does no harm.',
    );
    const [message, ...others] = await stand.take();
    expect(others).toEqual([]);
    expect(JSON.parse(message?.body ?? '')).toEqual({
      operation: 'account.upsert',
      key: 'orders/1',
      input: { Name: 'Harbour Supplies', Location: 'Bremen' },
    });
    expect(textsOf(message)).toEqual({ traceparent: '00-1-2-01', 'siebel-redrive-at': String(REJECTED + 1) });
  });

  it('leaves the call refused and in the list, and notes who sent it', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'orders/1' });

    await stand.run(['messages', 'redrive', 'orders/1', ...FAST], { clock: atNow() });

    expect(await stand.json(['messages', 'show', 'orders/1'])).toMatchObject({
      state: 'REJECTED',
      parked: true,
      redriveSentAt: '2026-03-02T10:00:00Z',
      audit: [{ at: '2026-03-02T10:00:00Z', by: 'ines', action: 'redriven' }],
    });
    expect((await stand.run(['messages', 'list'])).out).toContain('redriven, waiting');
  });

  it('sends the corrected input', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'orders/1' });
    const stdin = '{"Name":"Harbour Supplies","Location":"Hamburg"}';
    await stand.run(['messages', 'correct', 'orders/1', '--input', '-'], { stdin });

    await redrive('orders/1', ...FAST);

    expect(bodies(await stand.take())).toEqual([
      { operation: 'account.upsert', key: 'orders/1', input: JSON.parse(stdin) },
    ]);
  });

  it('sends what a filter chooses, the oldest refusal first', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'b', rejection: { rejectedAtMs: REJECTED + 2_000 } });
    await stand.refuse({ key: 'a', rejection: { rejectedAtMs: REJECTED + 1_000 } });
    await stand.refuse({ key: 'c', code: 'FORBIDDEN' });

    const first = await redrive('--code', 'SIEBEL_VALIDATION', '--limit', '1', ...FAST);

    expect(first.sent.map(({ name }: { name: string }) => name)).toEqual(['a']);
    expect(keys(await stand.take())).toEqual(['a']);
    await redrive('--all', ...FAST);
    expect(keys(await stand.take()).sort()).toEqual(['a', 'b', 'c']);
  });

  it('sends nothing in a dry run, and shows what it would send', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'orders/1' });
    await stand.refuse({ key: 'orders/2', operation: 'credit.check', code: 'OUTCOME_UNKNOWN' });

    const { code, out } = await stand.run(['messages', 'redrive', '--all', '--dry-run']);
    const { wouldSend, sent, leftOut } = await redrive('--all', '--dry-run');

    expect(code).toBe(0);
    expect(out).toMatch(/^SIEBEL_VALIDATION {2}account\.upsert {2}orders\/1$/m);
    expect(out).toContain('Dry run: 1 call would be sent to calls.');
    expect([sent, wouldSend.length, leftOut.length]).toEqual([[], 1, 1]);
    expect(await stand.take()).toEqual([]);
    expect((await stand.json(['messages', 'show', 'orders/1'])).audit).toEqual([]);
  });

  it('leaves out what Siebel may have done, also by its key, unless told to include it (R79)', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'unknown', operation: 'credit.check', code: 'OUTCOME_UNKNOWN' });
    await stand.refuse({ key: 'partly', rejection: { mayBePartial: true } });
    await stand.refuse({ key: 'known' });

    const all = await redrive('--all', ...FAST);
    const named = await redrive('unknown', ...FAST);

    expect(keys(await stand.take())).toEqual(['known']);
    expect(all.code).toBe(0);
    expect(all.leftOut.map(({ name, reason }: { name: string; reason: string }) => [name, reason])).toEqual([
      ['unknown', 'OUTCOME_UNKNOWN'],
      ['partly', 'OUTCOME_UNKNOWN'],
    ]);
    expect(named).toMatchObject({ code: 1, sent: [] });

    await redrive('unknown', 'partly', '--include-unknown', ...FAST);
    expect(keys(await stand.take()).sort()).toEqual(['partly', 'unknown']);
  });

  it('leaves out a call that may not be repeated and was sent before a defect ended it (R07, R79)', async () => {
    stand = await startStand();
    const unknown = { code: 'BUG', item: { unknown: true, bugs: 5 } };
    await stand.refuse({ key: 'service', operation: 'credit.check', ...unknown });
    await stand.refuse({ key: 'gone', operation: 'no.longer.declared', ...unknown });
    // An insert is looked up first, and to do the other again does no harm.
    await stand.refuse({ key: 'insert', operation: 'service-request.create', ...unknown });
    await stand.refuse({ key: 'upsert', ...unknown });

    const { leftOut } = await redrive('--code', 'BUG', ...FAST);

    expect(leftOut.map(({ name }: { name: string }) => name)).toEqual(['service', 'gone']);
    expect(keys(await stand.take()).sort()).toEqual(['insert', 'upsert']);
    for (const [key, told] of [
      ['service', 'Look at Siebel first'],
      ['insert', 'a redrive looks there first'],
      ['upsert', 'to do it again does no harm'],
    ] as const) {
      expect((await stand.run(['messages', 'show', key])).out).toContain(told);
    }
  });

  it('passes over no correction that comes while it is at work', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'k' });
    const stdin = '{"Name":"New","Location":"Kiel"}';
    const wrap = (runtime: Runtime): Runtime => {
      const parked = runtime.parked();
      const noteRedrive: typeof parked.noteRedrive = async (call, act) => {
        await stand.run(['messages', 'correct', 'k', '--input', '-'], { stdin });
        return parked.noteRedrive(call, act);
      };
      return { ...runtime, parked: () => ({ ...parked, noteRedrive }) };
    };

    const ended = await stand.json(['messages', 'redrive', 'k', ...FAST], { wrap });
    const again = await redrive('k', ...FAST);

    expect(ended).toMatchObject({ code: 1, sent: [], movedOn: [{ name: 'k' }] });
    expect(again.code).toBe(0);
    expect(bodies(await stand.take()).map(({ input }) => input)).toEqual([JSON.parse(stdin)]);
  });

  it('asks again about an unknown outcome after a later refusal, whatever was found of the earlier one', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'k', code: 'OUTCOME_UNKNOWN' });
    await stand.run(['messages', 'resolve', 'k', '--not-done']);
    // As the ledger writes it, from another delivery: the item as it stands, refused anew.
    const item = await stand.itemAt('call#account.upsert#k');
    await stand.putItem({ ...item, rejectedAtMs: { N: String(REJECTED + 500_000) } });

    expect(await redrive('k', ...FAST)).toMatchObject({ code: 1, sent: [], leftOut: [{ reason: 'OUTCOME_UNKNOWN' }] });
  });

  it('leaves out what is not wanted any more, unless told to send it without its notAfter', async () => {
    stand = await startStand();
    const body = (notAfter: string) =>
      JSON.stringify({ operation: 'account.upsert', key: 'k', input: { Name: 'a', Location: 'b' }, notAfter });
    await stand.refuse({ key: 'past', code: 'EXPIRED', body: body('2026-03-01T00:00:00Z') });
    await stand.refuse({ key: 'future', body: body('2999-01-01T00:00:00Z') });

    const { leftOut } = await redrive('--all', ...FAST);
    const [future, ...others] = bodies(await stand.take());
    await redrive('past', '--include-expired', ...FAST);
    const [past] = bodies(await stand.take());

    expect(leftOut).toMatchObject([{ name: 'past', reason: 'EXPIRED' }]);
    expect([future.notAfter, others]).toEqual(['2999-01-01T00:00:00Z', []]);
    expect(past).toEqual({ operation: 'account.upsert', key: 'k', input: { Name: 'a', Location: 'b' } });
  });

  it("sends a producer's own event as it came", async () => {
    stand = await startStand();
    const event = '{"detail-type":"OrderPlaced", "source":"shop","detail":{"order":"1","customer":"x"}}';
    await stand.refuse({ key: 'orders/1', operation: 'service-request.create', body: event });

    await redrive('orders/1', ...FAST);

    expect((await stand.take()).map(({ body }) => body)).toEqual([event]);
  });

  it('sends a message without a call of its own without a redrive, and takes it out of the list', async () => {
    stand = await startStand();
    const body = '{"operation":"account.upsert","key":"taken","input":{}}';
    const id = await stand.refuseMessage(body, {
      code: 'CONFLICT',
      operation: 'account.upsert',
      key: 'taken',
      attributes: { 'siebel-redrive-at': '1' },
    });

    const ended = await redrive(id, ...FAST);

    expect(ended.code).toBe(0);
    const [message] = await stand.take();
    expect([message?.body, message?.attributes]).toEqual([body, {}]);
    expect((await stand.run(['messages', 'show', id])).out).toContain('what becomes of it is kept under the key');
    expect((await stand.json(['messages', 'list'])).parked).toEqual([]);
    expect((await redrive(id, ...FAST)).error.code).toBe('NOT_PARKED');
  });

  it('names the refusal that it lifts, whatever clock says what: two redrives of one are the same (R79)', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'a', rejection: { rejectedAtMs: REJECTED } });
    await stand.refuse({ key: 'b', rejection: { rejectedAtMs: REJECTED }, item: { redriveAtMs: REJECTED + 7 } });
    await stand.refuse({ key: 'c', rejection: { rejectedAtMs: REJECTED }, item: { redriveAtMs: REJECTED - 7 } });

    for (const nowMs of [NOW, NOW + 1, REJECTED - 86_400_000]) {
      const clock = { ...systemClock, now: () => nowMs };
      await stand.run(['messages', 'redrive', 'a', 'b', 'c', ...FAST], { clock });
      expect((await stand.take()).map((message) => textsOf(message)['siebel-redrive-at'])).toEqual(
        [REJECTED + 1, REJECTED + 8, REJECTED + 1].map(String),
      );
    }
  });

  it('keeps within the ten attributes that SQS takes, the trace before others', async () => {
    stand = await startStand();
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`a${index}`, 'x']));
    await stand.refuse({ key: 'k', attributes: { ...many, traceparent: '00-1-2-01' } });

    expect((await redrive('k', ...FAST)).code).toBe(0);

    const [message] = await stand.take();
    expect(Object.keys(message?.attributes ?? {})).toHaveLength(10);
    expect(textsOf(message)).toMatchObject({ traceparent: '00-1-2-01', 'siebel-redrive-at': expect.any(String) });
  });

  it('has sent nothing of a call that somebody else has dealt with meanwhile', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'a' });
    await stand.refuse({ key: 'b' });

    // Between the two sendings another operator drops the second call.
    const dropping = async () => {
      await stand.run(['messages', 'drop', 'b', '--reason', 'x', '--yes']);
    };
    const ended = await stand.json(['messages', 'redrive', 'a', 'b', '--rate', '5', '--yes'], {
      clock: { ...systemClock, sleep: dropping },
    });

    expect(ended).toMatchObject({ code: 1, sent: [{ name: 'a' }], movedOn: [{ name: 'b' }], leftOut: [] });
    expect(keys(await stand.take())).toEqual(['a']);
    expect((await stand.json(['messages', 'show', 'b'])).audit).toMatchObject([{ action: 'dropped' }]);
  });

  it('sends nothing of a call that is dropped after it was read', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'a' });
    const wrap = (runtime: Runtime): Runtime => {
      const parked = runtime.parked();
      const read: typeof parked.read = async (pk) => {
        const call = await parked.read(pk);
        if (call) await parked.drop(call, { by: 'jan' });
        return call;
      };
      return { ...runtime, parked: () => ({ ...parked, read }) };
    };

    const ended = await stand.json(['messages', 'redrive', '--all', ...FAST], { wrap });

    expect(ended).toMatchObject({ code: 1, sent: [], movedOn: [{ name: 'a' }] });
    expect(await stand.take()).toEqual([]);
  });

  it('leaves alone a call that has been refused anew since it was chosen', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'a' });
    await stand.refuse({ key: 'b' });
    const refusing = async () => {
      const item = await stand.itemAt('call#account.upsert#b');
      await stand.putItem({ ...item, code: { S: 'FORBIDDEN' }, rejectedAtMs: { N: String(REJECTED + 500_000) } });
    };

    const ended = await stand.json(['messages', 'redrive', '--code', 'SIEBEL_VALIDATION', '--rate', '5', '--yes'], {
      clock: { ...systemClock, sleep: refusing },
    });

    expect(ended).toMatchObject({ code: 1, sent: [{ name: 'a' }], movedOn: [{ name: 'b' }] });
    expect(keys(await stand.take())).toEqual(['a']);
  });

  it('keeps the group of a FIFO queue, else takes the key, and is no duplicate of what was sent before', async () => {
    stand = await startStand({ fifo: true });
    await stand.refuse({ key: 'own', attributes: { MessageGroupId: 'customers/7' } });
    await stand.refuse({ key: 'none' });
    await stand.refuse({ key: 'x'.repeat(200) });

    for (let run = 0; run < 2; run += 1) await redrive('--all', ...FAST);

    const messages = await takeAll(stand);
    const groups = messages.map(({ group, attributes }) => [group, Object.keys(attributes)]);
    expect(groups.filter(([group]) => group === 'customers/7')).toHaveLength(2);
    expect(groups.filter(([group]) => group === 'none')).toHaveLength(2);
    expect(groups.filter(([group]) => /^[0-9a-f]{64}$/.test(String(group)))).toHaveLength(2);
    expect(new Set(messages.map(({ deduplication }) => deduplication)).size).toBe(6);
    expect(groups.flatMap(([, names]) => names)).not.toContain('MessageGroupId');
  });

  it('sends five a second, unless told otherwise', async () => {
    stand = await startStand();
    for (const key of ['a', 'b', 'c', 'd']) await stand.refuse({ key });
    const slept: number[] = [];
    const still = fakeClock({ nowMs: NOW });
    const clock = {
      ...still,
      sleep: async (delayMs: number) => {
        slept.push(delayMs);
        const passed = still.advance(delayMs);
        await passed;
      },
    };

    await stand.run(['messages', 'redrive', '--all', '--yes'], { clock });
    expect(slept).toEqual([200, 200, 200]);
    slept.length = 0;
    await stand.run(['messages', 'redrive', '--all', '--yes', '--rate', '0.5'], { clock });
    expect(slept).toEqual([2_000, 2_000, 2_000]);
  });

  it('stops when it is interrupted, says what is left, and finishes when it is run again', async () => {
    stand = await startStand();
    for (const key of ['a', 'b', 'c', 'd']) await stand.refuse({ key });
    const interruption = new AbortController();
    const onProgress = (line: string) => {
      if (line === '2 of 4 …') interruption.abort();
    };

    const ended = await stand.run(['messages', 'redrive', '--all', '--rate', '20', '--yes'], {
      signal: interruption.signal,
      onProgress,
    });

    expect(ended.code).toBe(1);
    expect(ended.out).toMatch(/^2 calls sent to calls\..*\nInterrupted: 2 calls not tried\./);
    expect(keys(await stand.take())).toEqual(['a', 'b']);
    expect((await stand.json(['messages', 'list'])).parked).toHaveLength(4);
    expect((await redrive('--all', ...FAST)).code).toBe(0);
    expect(keys(await stand.take())).toEqual(['a', 'b', 'c', 'd']);
  });

  it('tells the queue that failed, goes no further, and says of no call that it waits there', async () => {
    stand = await startStand();
    for (const key of ['a', 'b']) await stand.refuse({ key });
    const gone = `${stand.queueUrl}-gone`;

    const ended = await redrive('--all', ...FAST, '--queue-url', gone);

    expect(ended).toMatchObject({ code: 1, sent: [], notTried: 1 });
    expect(ended.failed).toMatchObject([{ name: 'a', error: { code: 'QUEUE_DENIED' } }]);
    expect(await stand.json(['messages', 'show', 'a'])).toMatchObject({
      redriveSentAt: null,
      audit: [{ action: 'redriven' }, { action: 'redrive not sent' }],
    });
  });

  it('goes on after a message that the queue itself refuses', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'a', body: JSON.stringify({ text: 'x'.repeat(1_200_000) }) });
    await stand.refuse({ key: 'b' });

    const ended = await redrive('--all', ...FAST);

    expect(ended).toMatchObject({ code: 1, notTried: 0, failed: [{ name: 'a', error: { code: 'TOO_LONG' } }] });
    expect(keys(await stand.take())).toEqual(['b']);
  });

  it('asks on a terminal, and needs --yes elsewhere', async () => {
    stand = await startStand();
    await stand.refuse({ key: 'k' });
    const run = (answers?: string[]): Promise<Ended> =>
      stand.run(['messages', 'redrive', 'k'], answers ? { answers } : {});

    const alone = await run();
    const refused = [await run(['']), await run(['no']), await run(['yes please'])];
    expect(await stand.take()).toEqual([]);
    const agreed = await run(['y']);

    expect([alone.code, ...refused.map(({ code }) => code), agreed.code]).toEqual([2, 1, 1, 1, 0]);
    expect(alone.err).toBe(
      'CONFIRMATION_NEEDED: Send 1 parked call to calls again: nobody is there to confirm that; add --yes (--dry-run shows what it is)',
    );
    expect(agreed.err).toBe('Send 1 parked call to calls again? [y/N] ');
    expect(await stand.take()).toHaveLength(1);
  });

  it('does nothing, and says so, when nothing fits', async () => {
    stand = await startStand();
    expect(await stand.run(['messages', 'redrive', '--all', ...FAST])).toEqual({
      code: 0,
      out: 'Nothing that is parked fits.',
      err: '',
    });
    expect((await redrive('nothing', ...FAST)).error.code).toBe('NO_SUCH_CALL');
    await stand.refuse({ key: 'there' });
    expect((await redrive('there', 'nothing', ...FAST)).error.message).toMatch(
      /; nothing was done with the others either$/,
    );
    expect(await stand.take()).toEqual([]);
  });

  it('is used wrongly without a choice, with two, or with a rate that is none', async () => {
    stand = await startStand();
    const wrong = [
      [],
      ['--limit', '3'],
      ['k', '--all'],
      ['k', '--code', 'X'],
      ['k', '--limit', '1'],
      ['--all', '--key', 'x'],
      ['--all', '--rate', '0'],
      ['--all', '--rate', 'fast'],
      ['--all', '--limit', '0'],
      ['--all', '--since', 'yesterday'],
      ['--since', '1h', '--until', '2h'],
      ['--key', ''],
      ['--code', ''],
      ['--operation', ''],
      [''],
      ['k', ''],
      ['--dead-letters', '--key', ''],
      ['--dead-letters', '--since', '2026-03-02', '--until', '2026-03-01'],
      ['--dead-letters', '--code', 'X'],
      ['--all', '--bogus'],
    ];
    for (const argv of wrong) {
      const ended = await redrive(...argv, '--yes');
      expect([argv, ended.code, ended.error?.code]).toEqual([argv, 2, 'USAGE']);
    }
  });
});

function textsOf(message: Lying | undefined): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(message?.attributes ?? {}).map(([name, { StringValue }]) => [name, StringValue]),
  );
}

/** Of a FIFO queue, whose groups give the next message when the one before is gone. */
async function takeAll(from: Stand): Promise<Lying[]> {
  const all: Lying[] = [];
  for (let taken = await from.take(); taken.length > 0; taken = await from.take()) {
    all.push(...taken);
    await from.removeTaken();
  }
  return all;
}
