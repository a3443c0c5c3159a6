import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Runtime } from '../../cli/runtime.ts';
import { systemClock } from '../../lib/clock.ts';
import { ServiceUnavailableError } from '../../lib/errors.ts';
import { canonicalHash } from '../../lib/ledger/payload-hash.ts';
import { ledger } from '../../lib/ledger/run.ts';
import { type Stand, startStand } from './cli-parts.ts';

let stand: Stand;
beforeAll(async () => {
  stand = await startStand();
});
afterAll(() => stand.close());

const GOOD = '{"Name":"Harbour Supplies","Location":"Hamburg"}';

describe('siebel messages correct', () => {
  it('keeps a corrected input that is valid, with who, when and why', async () => {
    await stand.refuse({ key: 'correct/1' });
    const input = await stand.file('good.json', GOOD);

    const { code, out } = await stand.run(['messages', 'correct', 'correct/1', '--input', input, '--reason', 'moved']);

    expect([code, out]).toEqual([
      0,
      'The correction of correct/1 is kept. To send it: npm run --silent siebel -- messages redrive correct/1',
    ]);
    const shown = await stand.json(['messages', 'show', 'correct/1']);
    expect(JSON.parse(shown.correctedBody)).toEqual({
      operation: 'account.upsert',
      key: 'correct/1',
      input: JSON.parse(GOOD),
    });
    expect(shown.audit).toMatchObject([{ by: 'ines', action: 'corrected', note: 'moved' }]);
    expect(shown).toMatchObject({ parked: true, state: 'REJECTED' });
    expect(JSON.parse(shown.body).input.Location).toBe('Bremen');
  });

  it('warns when the call is on the queue already, without the correction', async () => {
    await stand.refuse({ key: 'correct/waiting' });
    await stand.run(['messages', 'redrive', 'correct/waiting', '--yes']);

    const { out } = await stand.run(['messages', 'correct', 'correct/waiting', '--input', '-'], { stdin: GOOD });

    expect(out.split('\n')[1]).toMatch(/^Mind that it is on the queue already, without the correction/);
  });

  it('reads standard input for -', async () => {
    await stand.refuse({ key: 'correct/2' });
    const { code } = await stand.run(['messages', 'correct', 'correct/2', '--input', '-'], { stdin: GOOD });
    expect(code).toBe(0);
    expect((await stand.json(['messages', 'show', 'correct/2'])).correctedBody).toContain('Hamburg');
  });

  it('keeps nothing that is wrong itself, and names everything that is', async () => {
    await stand.refuse({ key: 'correct/3' });

    const { code, err } = await stand.run(['messages', 'correct', 'correct/3', '--input', '-'], {
      stdin: '{"Name":1,"Nmae":"x"}',
    });

    expect(code).toBe(2);
    expect(err).toMatch(/^\/input\/Name {2}BAD_TYPE /m);
    expect(err).toMatch(/^\/input\/Location {2}MISSING_FIELD {2}is missing$/m);
    expect(err).toMatch(/^\/input\/Nmae {2}UNKNOWN_FIELD /m);
    expect(err).toMatch(/^INVALID_INPUT: the correction is wrong itself, and was not kept$/m);
    expect((await stand.json(['messages', 'show', 'correct/3'])).correctedBody).toBeNull();
  });

  it.each([
    ['', 'EMPTY_BODY'],
    ['{"Name":', 'BAD_JSON'],
    ['{"Name":"a","Name":"b"}', 'DUPLICATE_KEY'],
    ['[]', 'BAD_TYPE'],
  ])('refuses %j with %s', async (stdin, issue) => {
    await stand.refuse({ key: `correct/bad/${issue}` });
    const ended = await stand.json(['messages', 'correct', `correct/bad/${issue}`, '--input', '-'], { stdin });
    expect(ended.error).toMatchObject({ code: 'INVALID_INPUT', issues: [{ code: issue }] });
    expect(ended.code).toBe(2);
  });

  it('refuses a file that cannot be read, and one that is not UTF-8', async () => {
    await stand.refuse({ key: 'correct/4' });
    const missing = await stand.run(['messages', 'correct', 'correct/4', '--input', '/no/such/file']);
    expect([missing.code, missing.err]).toEqual([2, 'UNREADABLE_FILE: /no/such/file cannot be read (ENOENT)']);
  });

  it.each([
    ['an unknown outcome', { code: 'OUTCOME_UNKNOWN' }],
    ['a crash after which nobody knows', { code: 'REPEATED_CRASH', item: { unknown: true } }],
  ])('refuses another input for %s: the first may have been done (R79)', async (_what, given) => {
    const key = `correct/${given.code}`;
    await stand.refuse({ key, ...given });

    const { code, err } = await stand.run(['messages', 'correct', key, '--input', '-'], { stdin: GOOD });

    expect(code).toBe(1);
    expect(err).toMatch(/^OUTCOME_UNKNOWN: nobody knows whether Siebel has done this call/);
    expect((await stand.json(['messages', 'show', key])).correctedBody).toBeNull();
  });

  it('takes a correction once a person has found that it was not done', async () => {
    await stand.refuse({ key: 'correct/5', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    await stand.run(['messages', 'resolve', 'correct/5', '--not-done']);

    const { code } = await stand.run(['messages', 'correct', 'correct/5', '--input', '-'], { stdin: GOOD });

    expect(code).toBe(0);
  });

  it.each([
    ['keeps the notAfter of the message', '2999-01-01T00:00:00Z', '2999-01-01T00:00:00Z'],
    ['leaves out one that is no instant, which was a mistake of its own', 'tomorrow', undefined],
  ])('%s', async (what, notAfter, kept) => {
    const key = `correct/${what.length}`;
    const body = JSON.stringify({ operation: 'account.upsert', key, input: {}, notAfter });
    await stand.refuse({ key, body });

    await stand.run(['messages', 'correct', key, '--input', '-'], { stdin: GOOD });

    const { correctedBody } = await stand.json(['messages', 'show', key]);
    expect(JSON.parse(correctedBody)).toEqual({
      operation: 'account.upsert',
      key,
      input: JSON.parse(GOOD),
      notAfter: kept,
    });
  });

  it('keeps a notAfter that has passed, too, so that a redrive leaves the call out unless told otherwise', async () => {
    const key = 'correct/late';
    const notAfter = '2026-03-01T00:00:00Z';
    await stand.refuse({ key, body: JSON.stringify({ operation: 'account.upsert', key, input: {}, notAfter }) });

    const { code, out } = await stand.run(['messages', 'correct', key, '--input', '-'], { stdin: GOOD });
    const { leftOut } = await stand.json(['messages', 'redrive', key, '--dry-run']);

    expect(code).toBe(0);
    expect(out).toContain('redrive correct/late --include-expired\nMind that its notAfter has passed');
    expect(leftOut).toMatchObject([{ reason: 'EXPIRED' }]);
  });

  it('takes a whole message for one that had no usable operation and key', async () => {
    const id = await stand.refuseMessage('not JSON');
    const alone = await stand.run(['messages', 'correct', id, '--input', '-'], { stdin: GOOD });
    const stdin = JSON.stringify({ operation: 'account.upsert', key: 'mended/1', input: JSON.parse(GOOD) });
    const whole = await stand.json(['messages', 'correct', id, '--message', '-'], { stdin });

    expect(alone.code).toBe(2);
    expect(alone.err).toContain('give the whole message with --message');
    expect(whole).toEqual({ code: 0, corrected: { name: id, operation: 'account.upsert', key: 'mended/1' } });
  });

  it('takes a corrected event of a producer for one that no mapping knew', async () => {
    const id = await stand.refuseMessage('{"detail-type":"x"}', { code: 'UNKNOWN_EVENT' });
    const event = { order: '4711', customer: 'Harbour' };
    const stdin = JSON.stringify({ 'detail-type': 'OrderPlaced', source: 'shop', detail: event });
    const { corrected } = await stand.json(['messages', 'correct', id, '--message', '-'], { stdin });
    expect(corrected).toMatchObject({ operation: 'service-request.create', key: 'orders/4711' });
  });

  it('lets no call change its key', async () => {
    await stand.refuse({ key: 'correct/6' });
    const { code, err } = await stand.run(['messages', 'correct', 'correct/6', '--message', '-'], { stdin: '{}' });
    expect([code, err]).toEqual([
      2,
      'USAGE: this call keeps its operation and key: give the input alone, with --input',
    ]);
  });

  it.each([[[]], [['--input', '-', '--message', '-']]])('wants one of input and message, not %j', async (given) => {
    expect((await stand.run(['messages', 'correct', 'k', ...given])).code).toBe(2);
  });
});

describe('siebel messages resolve', () => {
  it('makes a call that was done DONE, for good', async () => {
    await stand.refuse({
      key: 'resolve/1',
      operation: 'credit.check',
      code: 'OUTCOME_UNKNOWN',
      item: { unknown: true },
    });

    const { code, out } = await stand.run([
      'messages',
      'resolve',
      'resolve/1',
      '--done',
      '1-3WBJ',
      '--reason',
      'saw it',
    ]);

    expect(code).toBe(0);
    expect(out).toMatch(/^resolve\/1 is done, as record 1-3WBJ/);
    const shown = await stand.json(['messages', 'show', 'resolve/1']);
    expect(shown).toMatchObject({ state: 'DONE', parked: false, recordId: '1-3WBJ' });
    expect(shown.audit).toMatchObject([{ by: 'ines', action: 'resolved as done', note: 'saw it' }]);
    const item = await stand.itemAt('call#credit.check#resolve/1');
    expect(item).not.toHaveProperty('parkedBucket');
    expect(item).not.toHaveProperty('unknown');
    expect(item?.['payloadHash']?.S).toMatch(/^[0-9a-f]{64}$/);
  });

  it('lets a call that was not done be sent again', async () => {
    await stand.refuse({
      key: 'resolve/2',
      operation: 'credit.check',
      code: 'OUTCOME_UNKNOWN',
      item: { unknown: true },
    });

    expect(await stand.json(['messages', 'resolve', 'resolve/2', '--not-done'])).toEqual({
      code: 0,
      resolved: { name: 'resolve/2', operation: 'credit.check', done: false, recordId: null },
    });

    expect(await stand.json(['messages', 'show', 'resolve/2'])).toMatchObject({
      parked: true,
      checkedNotDone: true,
      outcomeUnknown: false,
    });
    expect((await stand.json(['messages', 'redrive', 'resolve/2', '--dry-run'])).wouldSend).toHaveLength(1);
  });

  it('tells a ledger that has read the item before that it has changed', async () => {
    await stand.refuse({ key: 'resolve/3', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    const before = await stand.itemAt('call#account.upsert#resolve/3');
    await stand.run(['messages', 'resolve', 'resolve/3', '--not-done']);
    const after = await stand.itemAt('call#account.upsert#resolve/3');
    expect(after?.['nonce']?.S).toMatch(/./);
    expect(after?.['nonce']).not.toEqual(before?.['nonce']);
  });

  it('means the call that is parked, where another operation has done one under this key', async () => {
    const given = { key: 'resolve/5', code: 'OUTCOME_UNKNOWN', item: { unknown: true } };
    await stand.refuse(given);
    await stand.refuse({ ...given, operation: 'contact.upsert' });
    await stand.run(['messages', 'resolve', 'resolve/5', '--operation', 'account.upsert', '--done', '1-A']);

    const { resolved } = await stand.json(['messages', 'resolve', 'resolve/5', '--not-done']);

    expect(resolved.operation).toBe('contact.upsert');
  });

  it('refuses what is not parked, and what is not there', async () => {
    await stand.refuse({ key: 'resolve/4', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    await stand.run(['messages', 'resolve', 'resolve/4', '--done', '1-A']);

    expect((await stand.json(['messages', 'resolve', 'resolve/4', '--not-done'])).error.code).toBe('NOT_PARKED');
    expect((await stand.json(['messages', 'resolve', 'nothing', '--not-done'])).error.code).toBe('NO_SUCH_CALL');
  });

  it.each([
    ['was never sent', { code: 'MISSING_FIELD' }],
    ['Siebel has refused', { code: 'SIEBEL_VALIDATION' }],
    ['a defect has ended before it was sent', { code: 'BUG', operation: 'credit.check' }],
  ])('refuses a finding about a call that %s: a slip of the key could not be taken back', async (what, given) => {
    const key = `resolve/${what.replaceAll(' ', '-')}`;
    await stand.refuse({ key, ...given });

    for (const finding of [['--done', '1-A'], ['--not-done']]) {
      const { code, err } = await stand.run(['messages', 'resolve', key, ...finding]);
      expect([code, err]).toEqual([
        1,
        expect.stringMatching(/^NOTHING_TO_RESOLVE: it is known that Siebel has not done/),
      ]);
    }
    expect(await stand.json(['messages', 'show', key])).toMatchObject({ state: 'REJECTED', parked: true, audit: [] });
  });

  it.each([
    ['an insert that its look-up has not settled', { code: 'CONFLICT', operation: 'service-request.create' }],
    ['a crash', { code: 'REPEATED_CRASH' }],
    ['a defect that came after a sending', { code: 'BUG', operation: 'credit.check' }],
  ])('takes a finding about %s', async (_what, given) => {
    const key = `resolve/${given.code}`;
    await stand.refuse({ key, ...given, item: { unknown: true } });
    expect(await stand.json(['messages', 'resolve', key, '--not-done'])).toMatchObject({ code: 0 });
  });

  it('refuses a message under its own id, of which no call was made, and says what to do', async () => {
    const body = '{"operation":"account.upsert","key":"resolve/taken","input":{}}';
    const id = await stand.refuseMessage(body, { code: 'CONFLICT', operation: 'account.upsert', key: 'resolve/taken' });

    const { code, err } = await stand.run(['messages', 'resolve', id, '--done', '1-A']);

    expect([code, err]).toEqual([1, expect.stringContaining(`correct ${id} --message FILE, or drop it`)]);
    expect(err).toMatch(/^NOTHING_TO_RESOLVE: no call was made of the message/);
    expect(await stand.json(['messages', 'show', id])).toMatchObject({ state: 'REJECTED', parked: true });
  });

  it.each(['bad id', '1-A/../2', '--not-done', ''])('refuses %j, which is no row id', async (recordId) => {
    await stand.refuse({ key: 'resolve/id', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    expect(await stand.json(['messages', 'resolve', 'resolve/id', '--done', recordId])).toMatchObject({
      code: 2,
      error: { code: 'USAGE' },
    });
    expect(await stand.json(['messages', 'show', 'resolve/id'])).toMatchObject({ state: 'REJECTED', parked: true });
  });

  it('leaves no code with what is done', async () => {
    await stand.refuse({ key: 'resolve/clean', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    await stand.run(['messages', 'resolve', 'resolve/clean', '--done', '1-A']);
    expect(await stand.json(['messages', 'show', 'resolve/clean'])).toMatchObject({
      state: 'DONE',
      code: null,
      detail: null,
    });
    expect(await stand.itemAt('call#account.upsert#resolve/clean')).not.toHaveProperty('code');
  });

  it.each([[[]], [['--done', '1-A', '--not-done']], [['--done']]])('wants one finding, not %j', async (given) => {
    expect((await stand.run(['messages', 'resolve', 'k', ...given])).code).toBe(2);
  });
});

describe('siebel messages drop', () => {
  it('takes calls out of the list, and leaves them refused', async () => {
    await stand.refuse({ key: 'drop/1' });
    await stand.refuse({ key: 'drop/2' });

    const ended = await stand.json(['messages', 'drop', 'drop/1', 'drop/2', '--reason', 'cancelled', '--yes']);

    expect(ended).toMatchObject({ code: 0, dryRun: false, movedOn: [], interrupted: false });
    expect(ended.dropped.map(({ name }: { name: string }) => name)).toEqual(['drop/1', 'drop/2']);
    expect((await stand.json(['messages', 'list', '--key', 'drop/'])).parked).toEqual([]);
    const shown = await stand.json(['messages', 'show', 'drop/1']);
    expect(shown).toMatchObject({ state: 'REJECTED', parked: false });
    expect(shown.audit).toMatchObject([{ action: 'dropped', note: 'cancelled' }]);
  });

  it('holds when a redrive of the call waits in the queue: that starts nothing any more (R79)', async () => {
    await stand.refuse({ key: 'drop/waiting' });
    await stand.run(['messages', 'redrive', 'drop/waiting', '--yes']);
    const [waiting] = await stand.take();
    await stand.run(['messages', 'drop', 'drop/waiting', '--reason', 'cancelled', '--yes']);

    const redriveAtMs = Number(waiting?.attributes['siebel-redrive-at']?.StringValue);
    const end = await ledger({ store: stand.store, clock: systemClock, leaseMarginMs: 1_000 }).run({
      name: { operation: 'account.upsert', key: 'drop/waiting' },
      payloadHash: canonicalHash(JSON.parse(waiting?.body ?? '').input),
      write: { kind: 'repeatable' },
      message: { messageId: 'm', body: '', attributes: {}, receiveCount: 1, firstSeenAtMs: 1, redriveAtMs },
      deadlineAtMs: systemClock.now() + 60_000,
      send: async (beforeWrite) => {
        await beforeWrite();
        throw new Error('a dropped call was sent');
      },
    });

    expect(redriveAtMs).toBeGreaterThan(0);
    expect(end).toEqual({ outcome: 'parked', code: 'SIEBEL_VALIDATION', repeated: true });
    expect((await stand.run(['messages', 'show', 'drop/waiting'])).out).toContain('does nothing any more');
  });

  it('tells what it has dropped when the table fails in between, and what is left', async () => {
    for (const key of ['a', 'b', 'c']) await stand.refuse({ key: `drop/failing/${key}` });
    const wrap = (runtime: Runtime): Runtime => {
      const parked = runtime.parked();
      const drop: typeof parked.drop = async (call, act) => {
        if (call.key === 'drop/failing/b') throw new ServiceUnavailableError('STATE_UNAVAILABLE', 'no answer');
        return parked.drop(call, act);
      };
      return { ...runtime, parked: () => ({ ...parked, drop }) };
    };
    const argv = ['messages', 'drop', '--key', 'drop/failing/', '--reason', 'x', '--yes'];

    const ended = await stand.json(argv, { wrap });
    const { out } = await stand.run(argv, { wrap });

    expect(ended).toMatchObject({
      code: 1,
      dropped: [{ key: 'drop/failing/a' }],
      notTried: 2,
      interrupted: false,
      error: { code: 'STATE_UNAVAILABLE' },
    });
    expect(out).toMatch(/^0 calls dropped\.\nStopped: STATE_UNAVAILABLE: no answer.*\. Not dropped: 2 calls/);
  });

  it('drops nothing in a dry run', async () => {
    await stand.refuse({ key: 'drop/3', rejection: { mayBePartial: true } });
    const { code, out } = await stand.run(['messages', 'drop', '--key', 'drop/3', '--reason', 'x', '--dry-run']);
    expect(code).toBe(0);
    expect(out).toMatch(/^SIEBEL_VALIDATION {2}account\.upsert {2}drop\/3 +may be done in part$/m);
    expect(out).toContain('Dry run: 1 call would be dropped.');
    expect((await stand.json(['messages', 'list', '--key', 'drop/3'])).parked).toHaveLength(1);
  });

  it('asks first, and needs --yes where nobody can answer', async () => {
    await stand.refuse({ key: 'drop/4' });
    const argv = ['messages', 'drop', 'drop/4', '--reason', 'x'];

    const alone = await stand.run(argv);
    const no = await stand.run(argv, { answers: ['n'] });
    const left = (await stand.json(['messages', 'list', '--key', 'drop/4'])).parked;
    const yes = await stand.run(argv, { answers: ['y'] });

    expect([alone.code, no.code, left.length, yes.code]).toEqual([2, 1, 1, 0]);
    expect(alone.err).toMatch(/^CONFIRMATION_NEEDED: Drop 1 parked call: /);
    expect(no.err).toContain('Drop 1 parked call? [y/N]');
  });

  it.each([[['k']], [['--reason', 'x']], [['k', '--all', '--reason', 'x']]])('is used wrongly by %j', async (given) => {
    expect((await stand.run(['messages', 'drop', ...given, '--yes'])).code).toBe(2);
  });
});
