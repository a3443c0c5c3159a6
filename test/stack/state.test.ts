import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { CallStore, Rejection } from '../../lib/ledger/call-item.ts';
import { itemOf } from '../lib/ledger/ledger-parts.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type WholeState, wholeState } from '../support/state-table.ts';
import { dynamoDbClientFor, type EmptyTable, startDynamoDb } from './dynamodb.ts';

let dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>;
let kept: EmptyTable;
let clock: FakeClock;
let table: WholeState;

beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});

afterAll(() => dynamoDb.close());

beforeEach(async () => {
  kept = await dynamoDb.emptyTable();
  clock = fakeClock();
  table = wholeState({ tableName: kept.tableName, client: dynamoDb.client, clock });
});

const CALL = 'call#account.write#k';

describe('calls in the state table', () => {
  it('are kept with everything that is known of them, under operation and key, for 28 days (R04)', async () => {
    const known = itemOf({
      attempt: 2,
      leaseUntilMs: 5,
      sentUntilMs: 4,
      firstStartedAtMs: 3,
      unknown: true,
      existsSaid: true,
      deaths: 1,
      bugs: 6,
      redriveAtMs: 7,
      correctedFrom: 'hash-0',
      recordId: '1-A',
    });
    const { stored } = await table.put({ ...known, audit: { L: [{ S: 'by hand' }] } }, undefined);

    expect(await kept.itemAt(CALL)).toEqual({
      pk: { S: CALL },
      schema: { N: '1' },
      operation: { S: 'account.write' },
      key: { S: 'k' },
      state: { S: 'STARTED' },
      payloadHash: { S: 'hash-1' },
      nonce: { S: stored?.nonce },
      attempt: { N: '2' },
      leaseUntilMs: { N: '5' },
      sentUntilMs: { N: '4' },
      firstStartedAtMs: { N: '3' },
      unknown: { BOOL: true },
      existsSaid: { BOOL: true },
      deaths: { N: '1' },
      bugs: { N: '6' },
      redriveAtMs: { N: '7' },
      correctedFrom: { S: 'hash-0' },
      recordId: { S: '1-A' },
      audit: { L: [{ S: 'by hand' }] },
      expiresAt: { N: String(1_700_000_000 + 28 * 86_400) },
    });
    expect(await table.read(known)).toEqual({ ...stored, code: undefined, rejectedAtMs: 0, messageId: undefined });
  });

  it('are kept apart by operation and key that would read alike', async () => {
    await table.put(itemOf({ operation: 'a', key: 'b#c', recordId: 'first' }), undefined);
    await table.put(itemOf({ operation: 'a#b', key: 'c', recordId: 'second' }), undefined);
    await table.put(itemOf({ operation: 'a%23b', key: 'c', recordId: 'third' }), undefined);

    expect(await kept.itemAt('call#a#b#c')).toMatchObject({ recordId: { S: 'first' } });
    expect(await kept.itemAt('call#a%23b#c')).toMatchObject({ recordId: { S: 'second' } });
    expect(await kept.itemAt('call#a%2523b#c')).toMatchObject({ recordId: { S: 'third' } });
  });

  it('are written as they were read alone, and what stands in the way is told (F127)', async () => {
    const first = await table.put(itemOf({ attempt: 1 }), undefined);
    expect((await table.put(itemOf({ attempt: 9 }), undefined)).found).toMatchObject({ attempt: 1 });

    const second = await table.put(itemOf({ attempt: 2 }), first.stored);
    expect(second.stored).toMatchObject({ attempt: 2 });
    expect((await table.put(itemOf({ attempt: 9 }), first.stored)).found).toEqual(await table.read(itemOf()));
    expect(await table.read(itemOf())).toMatchObject({ attempt: 2 });
  });

  it('are written over an item that a person has made, once', async () => {
    await kept.putItem({ pk: { S: CALL }, state: { S: 'REJECTED' } });
    const found = await table.read(itemOf());

    expect((await table.put(itemOf({ attempt: 2 }), found)).stored).toBeDefined();
    expect((await table.put(itemOf({ attempt: 3 }), found)).stored).toBeUndefined();
  });

  it('are not written over an item that is deleted meanwhile', async () => {
    expect(await table.put(itemOf(), itemOf({ nonce: 'gone' }))).toEqual({ found: undefined });
  });

  it('do not wait for the deletion of what has expired (F128)', async () => {
    await table.put(itemOf({ attempt: 4 }), undefined);
    await clock.advance(28 * 86_400_000);
    expect((await table.put(itemOf(), undefined)).stored).toBeUndefined();

    await clock.advance(1_000);
    expect(await table.read(itemOf())).toBeUndefined();
    expect((await table.put(itemOf({ attempt: 1 }), undefined)).stored).toMatchObject({ attempt: 1 });
  });

  it('of a newer version of this service are left as they are (F147, F149)', async () => {
    const newer = { pk: { S: CALL }, schema: { N: '2' }, state: { S: 'PAUSED' }, expiresAt: { N: '1800000000' } };
    await kept.putItem(newer);

    await expect(table.read(itemOf())).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    await expect(table.put(itemOf(), undefined)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await kept.itemAt(CALL)).toEqual(newer);
  });
});

describe('parked calls in the state table', () => {
  it('are kept with everything of their refusal, for 90 days', async () => {
    const { stored } = await table.put(itemOf({ state: 'REJECTED', attempt: 1 }), undefined, rejection());

    expect(await kept.itemAt(CALL)).toEqual({
      pk: { S: CALL },
      schema: { N: '1' },
      operation: { S: 'account.write' },
      key: { S: 'k' },
      state: { S: 'REJECTED' },
      payloadHash: { S: 'hash-1' },
      nonce: { S: stored?.nonce },
      attempt: { N: '1' },
      ...REJECTED_ATTRIBUTES,
    });
    expect(await table.read(itemOf())).toMatchObject({ code: 'SIEBEL_VALIDATION', messageId: 'message-1' });
  });

  it('are kept under the message’s id when there is no name for them, and replaced by the same message', async () => {
    const nameless = { operation: undefined, key: 'k', payloadHash: undefined };
    // Whether it is new is told, as it is counted once.
    expect(await table.park(nameless, rejection())).toBe(true);
    expect(await table.park(nameless, rejection({ mayBePartial: true }))).toBe(false);

    expect(await kept.itemAt('parked#message-1')).toEqual({
      pk: { S: 'parked#message-1' },
      schema: { N: '1' },
      state: { S: 'REJECTED' },
      key: { S: 'k' },
      mayBePartial: { BOOL: true },
      ...REJECTED_ATTRIBUTES,
    });
  });

  it('are found through the sparse index, and nothing else is', async () => {
    const { stored } = await table.put(itemOf({ state: 'REJECTED' }), undefined, rejection());
    await table.park({ operation: undefined, key: undefined, payloadHash: undefined }, rejection({ rejectedAtMs: 1 }));
    await table.put(itemOf({ key: 'started' }), undefined);
    await table.acquire('accounts', 'live', 60_000);
    expect(await parkedKeys()).toEqual(['parked#message-1', CALL]);

    await table.put(itemOf(), stored);
    expect(await parkedKeys()).toEqual(['parked#message-1']);
    expect(await kept.itemAt(CALL)).not.toHaveProperty('body');
  });

  it.each([
    ['a call', (store: CallStore, why: Rejection) => store.put(itemOf({ state: 'REJECTED' }), undefined, why), CALL],
    [
      'a message',
      (store: CallStore, why: Rejection) =>
        store.park({ operation: undefined, key: undefined, payloadHash: undefined }, why),
      'parked#message-1',
    ],
  ])('lose nothing of %s that is too large for one item (F130)', async (_, keep, pk) => {
    // Two units a character: a part that ended after just so many units would cut one in half.
    const body = `"üü\n${'\u{1f41f}'.repeat(200_000)}`;
    const attributes = { note: 'n'.repeat(60_000) };
    await keep(table, rejection({ message: { ...rejection().message, body, attributes } }));

    const item = await kept.itemAt(pk);
    expect(item?.['body']).toBeUndefined();
    let content = '';
    for (let part = 0; part < Number(item?.['contentParts']?.N); part += 1) {
      const partItem = await kept.itemAt(`parked#message-1#${part}`);
      expect(partItem?.['expiresAt']).toEqual(item?.['expiresAt']);
      content += partItem?.['part']?.S ?? '';
    }
    expect(JSON.parse(content)).toEqual({ body, attributes });
  });

  async function parkedKeys(): Promise<unknown[]> {
    const { Items = [] } = await dynamoDb.client.send(
      new QueryCommand({
        TableName: kept.tableName,
        IndexName: 'parked',
        KeyConditionExpression: 'parkedBucket = :parked',
        ExpressionAttributeValues: { ':parked': { S: 'parked' } },
      }),
    );
    return Items.map(({ pk }) => pk?.S);
  }
});

describe('a state table that does not answer', () => {
  it('is STATE_DENIED when there is no such table', async () => {
    const missing = wholeState({ tableName: 'no-such-table', client: dynamoDb.client, clock });
    await expect(missing.read(itemOf())).rejects.toMatchObject({ code: 'STATE_DENIED', failureClass: 'configuration' });
    await expect(missing.acquire('accounts', 'live', 60_000)).rejects.toMatchObject({ code: 'STATE_DENIED' });
  });

  it('is STATE_UNAVAILABLE when nobody listens', async () => {
    const nobody = dynamoDbClientFor(1);
    const unreachable = wholeState({ tableName: kept.tableName, client: nobody, clock });
    await expect(unreachable.read(itemOf())).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      failureClass: 'environment',
    });
    nobody.destroy();
  });
});

const REJECTED_ATTRIBUTES = {
  parkedBucket: { S: 'parked' },
  rejectedAtMs: { N: '1700000000000' },
  firstSeenAtMs: { N: '1699999990000' },
  messageId: { S: 'message-1' },
  code: { S: 'SIEBEL_VALIDATION' },
  detail: { S: 'Siebel refused the record' },
  issues: { S: '[{"pointer":"","code":"SIEBEL_VALIDATION","message":"is refused"}]' },
  siebelCodes: { L: [{ S: 'SBL-DAT-00498' }] },
  receiveCount: { N: '2' },
  body: { S: '{"operation":"account.write"}' },
  attributes: { S: '{"traceparent":"00-1"}' },
  expiresAt: { N: String(1_700_000_000 + 90 * 86_400) },
};

function rejection(members: Partial<Rejection> = {}): Rejection {
  return {
    code: 'SIEBEL_VALIDATION',
    detail: 'Siebel refused the record',
    issues: [{ pointer: '', code: 'SIEBEL_VALIDATION', message: 'is refused' }],
    siebelCodes: ['SBL-DAT-00498'],
    rejectedAtMs: 1_700_000_000_000,
    mayBePartial: false,
    message: {
      messageId: 'message-1',
      body: '{"operation":"account.write"}',
      attributes: { traceparent: '00-1' },
      receiveCount: 2,
      firstSeenAtMs: 1_699_999_990_000,
    },
    ...members,
  };
}
