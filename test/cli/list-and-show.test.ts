import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { REJECTED, type Stand, startStand } from './cli-parts.ts';

describe('siebel messages list', () => {
  let stand: Stand;

  beforeAll(async () => {
    stand = await startStand();
    await stand.refuse({ key: 'orders/1', rejection: { rejectedAtMs: REJECTED } });
    await stand.refuse({
      key: 'orders/2',
      operation: 'contact.upsert',
      rejection: { rejectedAtMs: REJECTED + 60_000 },
    });
    await stand.refuse({
      key: 'invoices/3',
      operation: 'credit.check',
      code: 'OUTCOME_UNKNOWN',
      rejection: { rejectedAtMs: REJECTED + 120_000 },
    });
    await stand.refuseMessage('{"operation":', { rejection: { rejectedAtMs: REJECTED + 180_000 } });
    // Not parked: done, and at work.
    const others = { payloadHash: 'h', attempt: 1, leaseUntilMs: 0, sentUntilMs: 0, firstStartedAtMs: 0 };
    const flags = { unknown: false, existsSaid: false, deaths: 0, bugs: 0 };
    for (const state of ['DONE', 'STARTED'] as const) {
      await stand.store.put({ operation: 'account.upsert', key: state, state, ...others, ...flags }, undefined);
    }
  });
  afterAll(() => stand.close());

  const names = async (...argv: string[]) =>
    (await stand.json(['messages', 'list', ...argv])).parked.map(({ name }: { name: string }) => name);

  it('shows what is parked and nothing else, the newest first', async () => {
    const { code, out, err } = await stand.run(['messages', 'list']);

    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['PARKED AT', 'CODE', 'OPERATION', 'KEY OR MESSAGE ID', 'RECEIVED', 'NOTE'],
      ['2026-03-01T09:03:00Z', 'BAD_JSON', '-', 'message-4', '3'],
      ['2026-03-01T09:02:00Z', 'OUTCOME_UNKNOWN', 'credit.check', 'invoices/3', '3', 'may be done'],
      ['2026-03-01T09:01:00Z', 'SIEBEL_VALIDATION', 'contact.upsert', 'orders/2', '3'],
      ['2026-03-01T09:00:00Z', 'SIEBEL_VALIDATION', 'account.upsert', 'orders/1', '3'],
      [''],
      ['4 calls parked.'],
    ]);
    expect([code, err]).toEqual([0, '']);
  });

  it.each([
    [
      ['--code', 'SIEBEL_VALIDATION'],
      ['orders/2', 'orders/1'],
    ],
    [['--operation', 'credit.check'], ['invoices/3']],
    [
      ['--key', 'orders/'],
      ['orders/2', 'orders/1'],
    ],
    [['--key', 'rders/'], []],
    [
      ['--since', '2026-03-01T09:01:00Z'],
      ['message-4', 'invoices/3', 'orders/2'],
    ],
    [
      ['--until', '2026-03-01T10:01:00+01:00'],
      ['orders/2', 'orders/1'],
    ],
    [['--since', '2026-03-01', '--until', '2026-03-01T09:00Z'], ['orders/1']],
    [['--since', '1m'], []],
    [['--since', '2026-03-01T09:01:00Z', '--until', '2026-03-01T09:01:00Z'], ['orders/2']],
    [['--code', 'SIEBEL_VALIDATION', '--operation', 'account.upsert', '--key', 'orders/1'], ['orders/1']],
  ])('shows with %j only %j', async (filters, expected) => {
    expect(await names(...filters)).toEqual(expected);
  });

  it('stops at the limit, and says that there is more', async () => {
    const { parked, more } = await stand.json(['messages', 'list', '--limit', '2']);
    expect([parked.length, more]).toEqual([2, true]);
    expect((await stand.json(['messages', 'list', '--limit', '4'])).more).toBe(false);
  });

  it('gives programs one document of a stable shape', async () => {
    const { code, parked, more } = await stand.json(['messages', 'list', '--key', 'orders/1']);

    expect(code).toBe(0);
    expect(more).toBe(false);
    expect(parked).toEqual([
      {
        name: 'orders/1',
        operation: 'account.upsert',
        key: 'orders/1',
        messageId: 'message-1',
        state: 'REJECTED',
        parked: true,
        code: 'SIEBEL_VALIDATION',
        detail: 'Siebel refused the values',
        siebelCodes: [],
        receiveCount: 3,
        firstSeenAt: '2026-03-01T08:00:00Z',
        parkedAt: '2026-03-01T09:00:00Z',
        outcomeUnknown: false,
        mayBePartial: false,
        checkedNotDone: false,
        correctedAt: null,
        redriveSentAt: null,
      },
    ]);
  });

  it('is used wrongly with a range that ends before it begins, or with a filter that is empty', async () => {
    for (const argv of [
      ['--since', '1h', '--until', '2h'],
      ['--key', ''],
      ['--state-table', ''],
    ]) {
      expect(await stand.json(['messages', 'list', ...argv])).toMatchObject({ code: 2, error: { code: 'USAGE' } });
    }
  });

  it('says so when nothing fits, which is no failure', async () => {
    expect(await stand.run(['messages', 'list', '--code', 'EXPIRED'])).toEqual({
      code: 0,
      out: 'Nothing that is parked fits these filters.',
      err: '',
    });
  });
});

describe('siebel messages list of many', () => {
  it('goes on to the last page of the index', async () => {
    const stand = await startStand();
    try {
      // A page of an answer holds 1 MB.
      const body = 'x'.repeat(300_000);
      for (let number = 1; number <= 8; number += 1) await stand.refuse({ key: `k${number}`, body });

      const { parked } = await stand.json(['messages', 'list']);

      expect(parked.map(({ name }: { name: string }) => name)).toEqual('87654321'.split('').map((n) => `k${n}`));
    } finally {
      await stand.close();
    }
  });
});

describe('siebel messages show', () => {
  let stand: Stand;
  beforeAll(async () => {
    stand = await startStand();
  });
  afterAll(() => stand.close());

  it('tells reason, history, message and what to do next', async () => {
    await stand.refuse({
      key: 'orders/1',
      attributes: { traceparent: '00-1-2-01' },
      rejection: {
        siebelCodes: ['SBL-DAT-00225', 'SBL-XYZ-1'],
        issues: [{ pointer: '/input/Type', code: 'BAD_TYPE', message: 'is none of the declared values' }],
      },
    });

    const { code, out } = await stand.run(['messages', 'show', 'orders/1']);

    expect(code).toBe(0);
    for (const told of [
      /^orders\/1 {3}parked$/m,
      /^ {2}operation +account\.upsert$/m,
      /^ {2}code +SIEBEL_VALIDATION: the values were refused: required field, pick list/m,
      /^ {2}detail +Siebel refused the values$/m,
      /^ {2}Siebel code +SBL-DAT-00225 {2}a value is not in the bounded pick list of its field$/m,
      /^ {2}Siebel code +SBL-XYZ-1$/m,
      /^ {2}wrong +\/input\/Type {2}BAD_TYPE {2}is none of the declared values$/m,
      /^ {2}received +3 times, first 2026-03-01T08:00:00Z$/m,
      /^ {2}attribute +traceparent = 00-1-2-01$/m,
      /^body\n {2}\{\n {4}"operation": "account.upsert",\n/m,
      /^ {2}correct the input$/m,
      /^ {2}the input is wrong +npm run --silent siebel -- messages correct orders\/1 --input input\.json$/m,
      /^ {2}the cause is mended +npm run --silent siebel -- messages redrive orders\/1$/m,
    ]) {
      expect(out).toMatch(told);
    }
  });

  it('sends people to Siebel first when nobody knows the outcome', async () => {
    await stand.refuse({ key: 'unknown', operation: 'credit.check', code: 'OUTCOME_UNKNOWN' });
    await stand.refuse({ key: 'partly', operation: 'credit.check', rejection: { mayBePartial: true } });

    for (const key of ['unknown', 'partly']) {
      const { out } = await stand.run(['messages', 'show', key]);
      expect(out).toContain('Look at Siebel first');
      expect(out).toContain(`resolve ${key} --done ROW-ID`);
      expect(out).toContain(`resolve ${key} --not-done`);
      // What was refused may be corrected; what may have been done may not.
      expect(out.includes(`correct ${key} --input`)).toBe(key === 'partly');
      // The steps say it all: the table's advice would say it again.
      expect(out.split('what to do\n  Look at Siebel first')[1]).toMatch(/^[^\n]*\n {2}Siebel has it /);
    }
  });

  it('calls a key that a command takes for an option by the id of its message', async () => {
    await stand.refuse({ key: '--all', code: 'OUTCOME_UNKNOWN', item: { unknown: true } });
    const { parked } = await stand.json(['messages', 'list', '--key=--all']);
    const [{ name }] = parked;

    const { out } = await stand.run(['messages', 'show', name]);
    const listed = await stand.run(['messages', 'list', '--key=--all']);

    expect(name).toMatch(/^message-\d+$/);
    expect(listed.out).toMatch(new RegExp(`^\\S+ +OUTCOME_UNKNOWN +account\\.upsert +${name} .*key --all`, 'm'));
    expect(out).toContain(`resolve ${name} --not-done`);
    expect(out).not.toMatch(/(redrive|drop|resolve|correct) '?--all/);
  });

  it('names the key that a message under its own id came with', async () => {
    const body = '{"operation":"account.upsert","key":"taken","input":{}}';
    const id = await stand.refuseMessage(body, { code: 'CONFLICT', operation: 'account.upsert', key: 'taken' });
    const { out } = await stand.run(['messages', 'show', id]);
    expect(out).toMatch(/^ {2}key +taken$/m);
    expect(out).toMatch(/^ {2}the call that has its key +npm run --silent siebel -- messages show taken$/m);
  });

  it('finds a message by its id, and shows a body that is no JSON as it came', async () => {
    const id = await stand.refuseMessage('{"operation":\n"x",');

    const { out } = await stand.run(['messages', 'show', id]);

    expect(out).toMatch(/^body\n {2}\{"operation":\n {2}"x",$/m);
    expect(out).toContain(`correct ${id} --message message.json`);
  });

  it('shows a body that is kept in parts as a whole', async () => {
    const name = 'Ä😀'.repeat(100_000);
    await stand.refuse({
      key: 'large',
      body: JSON.stringify({ operation: 'account.upsert', key: 'large', input: { name } }),
    });

    const { body } = await stand.json(['messages', 'show', 'large']);

    expect(JSON.parse(body).input.name).toBe(name);
  });

  it('shows a call that is no longer parked, too', async () => {
    await stand.store.put(
      {
        operation: 'contact.upsert',
        key: 'orders/9',
        state: 'DONE',
        recordId: '1-9',
        payloadHash: 'h',
        attempt: 1,
        leaseUntilMs: 0,
        sentUntilMs: 0,
        firstStartedAtMs: 0,
        unknown: false,
        existsSaid: false,
        deaths: 0,
        bugs: 0,
      },
      undefined,
    );
    expect(await stand.json(['messages', 'show', 'orders/9'])).toMatchObject({
      state: 'DONE',
      recordId: '1-9',
      parked: false,
    });
  });

  it('escapes what would turn or colour the screen, in text and in JSON', async () => {
    const hostile = '\u001b[31m\u202Eevil\u009b\u2028';
    await stand.refuse({ key: 'hostile', rejection: { detail: hostile }, attributes: { a: hostile }, body: hostile });

    const text = await stand.run(['messages', 'show', 'hostile']);
    const json = await stand.run(['messages', 'show', 'hostile', '--json']);

    for (const { out } of [text, json])
      expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e]/);
    expect(text.out).toContain('detail         \\u001b[31m\\u202eevil\\u009b\\u2028');
    expect(JSON.parse(json.out)).toMatchObject({ detail: hostile, body: hostile });
  });

  it('says so when there is no such call', async () => {
    const { code, err } = await stand.run(['messages', 'show', 'nothing']);
    expect(code).toBe(1);
    expect(err).toMatch(/^NO_SUCH_CALL: no call is kept under the key or message id "nothing";/);
    expect(await stand.json(['messages', 'show', 'nothing'])).toMatchObject({
      code: 1,
      error: { code: 'NO_SUCH_CALL' },
    });
  });

  it('asks for the operation when two have a call of this key', async () => {
    await stand.refuse({ key: 'twice' });
    await stand.refuse({ key: 'twice', operation: 'contact.upsert' });

    const { code, err } = await stand.run(['messages', 'show', 'twice']);

    expect([code, err]).toEqual([
      2,
      'AMBIGUOUS_KEY: "twice" names 2 calls: say --operation with one of account.upsert, contact.upsert, or give the id of the message',
    ]);
    const shown = await stand.json(['messages', 'show', 'twice', '--operation', 'contact.upsert']);
    expect(shown).toMatchObject({ code: 'SIEBEL_VALIDATION', operation: 'contact.upsert' });
  });

  it('takes a key for that of a call, and not of a message that came with it later', async () => {
    await stand.refuse({ key: 'contested' });
    const body = '{"operation":"account.upsert","key":"contested","input":{}}';
    const id = await stand.refuseMessage(body, { code: 'CONFLICT', operation: 'account.upsert', key: 'contested' });
    const alone = await stand.refuseMessage('{}', {
      code: 'MAPPING_FAILED',
      operation: 'account.upsert',
      key: 'alone',
    });

    expect(await stand.json(['messages', 'show', 'contested'])).toMatchObject({ code: 'SIEBEL_VALIDATION' });
    expect(await stand.json(['messages', 'show', id])).toMatchObject({ code: 'CONFLICT' });
    expect(await stand.json(['messages', 'show', 'alone'])).toMatchObject({ messageId: alone });
    expect((await stand.run(['messages', 'list'])).out).toMatch(new RegExp(`${id} +3 +key contested$`, 'm'));
  });

  it('takes a call that has expired for gone', async () => {
    await stand.refuse({ key: 'old' });
    const later = { now: () => Date.now() + 91 * 86_400_000 };
    const { systemClock } = await import('../../lib/clock.ts');
    const clock = { ...systemClock, ...later };

    expect((await stand.run(['messages', 'show', 'old'], { clock })).code).toBe(1);
    expect((await stand.json(['messages', 'list'], { clock })).parked).toEqual([]);
  });
});
