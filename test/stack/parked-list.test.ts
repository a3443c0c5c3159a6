import { type PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ParkedList, parkedList } from '../../lib/state/parked-list.ts';
import type { StateClient } from '../../lib/state/requests.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type EmptyTable, startDynamoDb } from './dynamodb.ts';

const PK = 'call#account.upsert#k';
const ACT = { by: 'ines', note: 'why' };
const clock = fakeClock();

let dynamodb: Awaited<ReturnType<typeof startDynamoDb>>;
let table: EmptyTable;
let list: ParkedList;
beforeAll(async () => {
  dynamodb = await startDynamoDb();
});
afterAll(() => dynamodb.close());
beforeEach(async () => {
  table = await dynamodb.emptyTable();
  list = over(dynamodb.client);
  await refuse(1_000);
});

function over(client: StateClient): ParkedList {
  return parkedList({ tableName: table.tableName, client, clock });
}

async function refuse(rejectedAtMs: number): Promise<void> {
  await table.putItem({
    pk: { S: PK },
    state: { S: 'REJECTED' },
    parkedBucket: { S: 'parked' },
    rejectedAtMs: { N: String(rejectedAtMs) },
    operation: { S: 'account.upsert' },
    key: { S: 'k' },
    code: { S: 'OUTCOME_UNKNOWN' },
    unknown: { BOOL: true },
    nonce: { S: 'first' },
    expiresAt: { N: String(Math.floor(clock.now() / 1_000) + 1_000) },
  });
}

async function call() {
  const found = await list.read(PK);
  if (!found) throw new Error('the call is gone');
  return found;
}

type Call = Awaited<ReturnType<typeof call>>;
type Change = (of: ParkedList, from: Call) => Promise<boolean>;
const CHANGES: readonly (readonly [string, Change])[] = [
  ['correct', (of, from) => of.correct(from, '{}', ACT)],
  ['resolveDone', (of, from) => of.resolveDone(from, '1-A', ACT)],
  ['resolveNotDone', (of, from) => of.resolveNotDone(from, ACT)],
  ['noteRedrive', (of, from) => of.noteRedrive(from, ACT)],
  ['noteNotSent', (of, from) => of.noteNotSent(from, ACT)],
  ['drop', (of, from) => of.drop(from, ACT)],
  ['leave', (of, from) => of.leave(from, ACT)],
];

describe('a change of a parked call', () => {
  it.each(CHANGES)('by %s is kept with who and why, under a new nonce', async (_name, change) => {
    expect(await change(list, await call())).toBe(true);

    expect((await call()).audit).toMatchObject([{ atMs: clock.now(), by: 'ines', note: 'why' }]);
    const nonce = (await table.itemAt(PK))?.['nonce']?.S;
    expect(nonce).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each(CHANGES)(
    'by %s is not made of a call that has been refused anew since it was read',
    async (_name, change) => {
      const before = await call();
      await refuse(2_000);
      const as = await table.itemAt(PK);

      expect(await change(list, before)).toBe(false);
      expect(await table.itemAt(PK)).toEqual(as);
    },
  );

  it.each(CHANGES)('by %s is not made of a call that a consumer has started since', async (_name, change) => {
    const before = await call();
    await table.putItem({ pk: { S: PK }, state: { S: 'STARTED' }, nonce: { S: 'second' } });

    expect(await change(list, before)).toBe(false);
    expect(await table.itemAt(PK)).toEqual({ pk: { S: PK }, state: { S: 'STARTED' }, nonce: { S: 'second' } });
  });

  it.each(CHANGES)('by %s is not made of a call that was dropped since', async (_name, change) => {
    const before = await call();
    await list.drop(before, ACT);

    expect(await change(list, before)).toBe(false);
    expect((await call()).audit).toHaveLength(1);
  });

  it('counts as made when the SDK has repeated it after a lost answer (R72)', async () => {
    const twice: StateClient = {
      async send(command: object) {
        if (command instanceof UpdateItemCommand) await dynamodb.client.send(command);
        return dynamodb.client.send(command as PutItemCommand);
      },
    } as StateClient;

    expect(await over(twice).drop(await call(), ACT)).toBe(true);
    expect((await call()).audit).toHaveLength(1);
  });

  it('counts as made when its answer is lost for good (R72)', async () => {
    const losing: StateClient = {
      async send(command: object) {
        const answer = await dynamodb.client.send(command as PutItemCommand);
        if (command instanceof UpdateItemCommand) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
        return answer;
      },
    } as StateClient;

    expect(await over(losing).drop(await call(), ACT)).toBe(true);
    expect((await call()).audit).toHaveLength(1);
  });

  it('fails when it did not come through', async () => {
    const deaf: StateClient = {
      async send(command: object) {
        if (command instanceof UpdateItemCommand) throw Object.assign(new Error('lost'), { name: 'TimeoutError' });
        return dynamodb.client.send(command as PutItemCommand);
      },
    } as StateClient;

    await expect(over(deaf).drop(await call(), ACT)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('keeps what was done before', async () => {
    await list.correct(await call(), '{}', ACT);
    await list.resolveNotDone(await call(), ACT);
    await list.noteRedrive(await call(), ACT);

    const { audit, ...after } = await call();
    expect(audit.map(({ action }) => action)).toEqual(['corrected', 'resolved as not done', 'redriven']);
    expect(after).toMatchObject({
      checkedNotDone: true,
      unknown: false,
      redriveSentAtMs: clock.now(),
      correctedAtMs: clock.now(),
    });
  });

  it('does not outlive the refusal that it was about', async () => {
    await list.correct(await call(), '{}', ACT);
    await list.resolveNotDone(await call(), ACT);
    await list.noteRedrive(await call(), ACT);
    await table.putItem({ ...(await table.itemAt(PK)), rejectedAtMs: { N: '2000' } });

    expect(await call()).toMatchObject({
      checkedNotDone: false,
      redriveSentAtMs: undefined,
      correctedAtMs: undefined,
      correctedPk: undefined,
    });
  });
});

describe('a redrive that is noted', () => {
  it.each([
    ['a correction', (of: ParkedList, from: Call) => of.correct(from, '{}', ACT)],
    ['what a person has found', (of: ParkedList, from: Call) => of.resolveNotDone(from, ACT)],
  ])('does not pass over %s that came since the call was read', async (_what, change) => {
    const before = await call();
    await change(list, before);

    expect(await list.noteRedrive(before, ACT)).toBe(false);

    expect((await call()).redriveSentAtMs).toBeUndefined();
  });

  it.each([
    [undefined, '1001'],
    ['4000', '4001'],
    ['400', '1001'],
  ])('is stale once the call was dropped, started before at %s (R79)', async (redriveAtMs, expected) => {
    const item = await table.itemAt(PK);
    await table.putItem({ ...item, ...(redriveAtMs && { redriveAtMs: { N: redriveAtMs } }) });

    await list.drop(await call(), ACT);

    expect((await table.itemAt(PK))?.['redriveAtMs']?.N).toBe(expected);
  });
});

describe('a call that a person has found done', () => {
  it('keeps nothing of its refusal', async () => {
    await table.putItem({
      ...(await table.itemAt(PK)),
      detail: { S: 'd' },
      issues: { S: '[]' },
      siebelCodes: { L: [{ S: 'SBL-1' }] },
      existsSaid: { BOOL: true },
      mayBePartial: { BOOL: true },
    });
    await list.noteRedrive(await call(), ACT);

    await list.resolveDone(await call(), '1-A', ACT);

    const { audit: _, expiresAt: __, nonce: ___, ...item } = (await table.itemAt(PK)) ?? {};
    expect(item).toEqual({
      pk: { S: PK },
      state: { S: 'DONE' },
      recordId: { S: '1-A' },
      operation: { S: 'account.upsert' },
      key: { S: 'k' },
    });
  });
});

describe('the record of what was done', () => {
  const entry = (action: string, note: string) => ({
    M: { id: { S: action }, atMs: { N: '1' }, by: { S: 'ines' }, action: { S: action }, note: { S: note } },
  });
  const keep = async (count: number, note: string) => {
    const audit = { L: Array.from({ length: count }, (_, index) => entry(`act ${index}`, note)) };
    await table.putItem({ ...(await table.itemAt(PK)), audit });
  };
  const actions = async () => (await call()).audit.map(({ action }) => action);

  it('keeps the last fifty entries', async () => {
    await keep(50, 'x');

    await list.correct(await call(), '{}', ACT);

    const kept = await actions();
    expect([kept.length, kept[0], kept.at(-1)]).toEqual([50, 'act 1', 'corrected']);
  });

  it('keeps fewer when they are so long that the call would outgrow its item', async () => {
    await keep(49, '\u4e16'.repeat(500));

    await list.correct(await call(), '{}', ACT);

    const { audit } = (await table.itemAt(PK)) ?? {};
    expect(Buffer.byteLength(JSON.stringify(audit?.L))).toBeLessThanOrEqual(32_768);
    const kept = await actions();
    expect(kept.length).toBeGreaterThan(15);
    expect(kept.at(-1)).toBe('corrected');
  });
});

describe('a correction', () => {
  it('lies in an item of its own, which expires', async () => {
    await list.correct(await call(), '{"a":1}', ACT);
    const { correctedPk = '' } = await call();

    expect(await list.readCorrection(correctedPk)).toBe('{"a":1}');
    const item = await table.itemAt(correctedPk);
    expect(Number(item?.['expiresAt']?.N)).toBe(Math.floor(clock.now() / 1_000) + 90 * 86_400);
  });
});
