import { QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ParkedCall } from '../../lib/ledger/parked-calls.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type WholeState, wholeState } from '../support/state-table.ts';
import { dynamoDbClientFor, type EmptyTable, startDynamoDb } from './dynamodb.ts';

let dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>;
let stored: EmptyTable;
let clock: FakeClock;
let table: WholeState;

beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});

afterAll(() => dynamoDb.close());

beforeEach(async () => {
  stored = await dynamoDb.emptyTable();
  clock = fakeClock();
  table = wholeState({ tableName: stored.tableName, client: dynamoDb.client, clock });
});

describe('parked calls in the state table', () => {
  it('keeps everything of a call under its operation and key, for 90 days', async () => {
    await table.park(parked());
    expect(await stored.itemAt('call#account.upsert#crm-export/4711')).toEqual({
      pk: { S: 'call#account.upsert#crm-export/4711' },
      schema: { N: '1' },
      state: { S: 'REJECTED' },
      parkedBucket: { S: 'parked' },
      rejectedAtMs: { N: '1700000000000' },
      firstSeenAtMs: { N: '1699999990000' },
      messageId: { S: 'message-1' },
      operation: { S: 'account.upsert' },
      key: { S: 'crm-export/4711' },
      code: { S: 'SIEBEL_VALIDATION' },
      detail: { S: 'Siebel refused the record' },
      issues: { S: '[{"pointer":"","code":"SIEBEL_VALIDATION","message":"is refused"}]' },
      siebelCodes: { L: [{ S: 'SBL-DAT-00498' }] },
      attempts: { N: '2' },
      body: { S: '{"operation":"account.upsert"}' },
      attributes: { S: '{"traceparent":"00-1"}' },
      expiresAt: { N: String(1_700_000_000 + 90 * 86_400) },
    });
  });

  it('is found through the sparse index, which a checkpoint is not in', async () => {
    await table.park(parked());
    await table.park(parked({ messageId: 'message-2', key: undefined, rejectedAtMs: 1_700_000_000_001 }));
    await table.acquire('accounts', 'live', 60_000);
    const { Items = [] } = await dynamoDb.client.send(
      new QueryCommand({
        TableName: stored.tableName,
        IndexName: 'parked',
        KeyConditionExpression: 'parkedBucket = :parked',
        ExpressionAttributeValues: { ':parked': { S: 'parked' } },
      }),
    );
    expect(Items.map(({ pk }) => pk?.S)).toEqual(['call#account.upsert#crm-export/4711', 'parked#message-2']);
  });

  it.each([
    ['operation', { operation: undefined }],
    ['key', { key: undefined }],
    ['key that fits into a key of DynamoDB', { key: 'k'.repeat(3_000) }],
  ])('keeps a call without usable %s under its message id', async (_, missing) => {
    await table.park(parked(missing));
    expect(await stored.itemAt('parked#message-1')).toMatchObject({ messageId: { S: 'message-1' } });
  });

  it('keeps operations and keys apart that would read alike', async () => {
    await table.park(parked({ operation: 'a', key: 'b#c' }));
    await table.park(parked({ operation: 'a#b', key: 'c', messageId: 'message-2' }));
    expect(await stored.itemAt('call#a#b#c')).toMatchObject({ messageId: { S: 'message-1' } });
    expect(await stored.itemAt('call#a%23b#c')).toMatchObject({ messageId: { S: 'message-2' } });
  });

  it('replaces what the same message left, and keeps another message of the same key beside it', async () => {
    await table.park(parked());
    await table.park(parked({ attempts: 3 }));
    await table.park(parked({ messageId: 'message-2' }));
    expect(await stored.itemAt('call#account.upsert#crm-export/4711')).toMatchObject({
      messageId: { S: 'message-1' },
      attempts: { N: '3' },
    });
    expect(await stored.itemAt('parked#message-2')).toMatchObject({ key: { S: 'crm-export/4711' } });
  });

  it('does not wait for the deletion of what has expired (F128)', async () => {
    await table.park(parked());
    await clock.advance(90 * 86_400_000 + 1_000);
    await table.park(parked({ messageId: 'message-2' }));
    expect(await stored.itemAt('call#account.upsert#crm-export/4711')).toMatchObject({ messageId: { S: 'message-2' } });
  });

  it('loses nothing of a message that is too large for one item (F130)', async () => {
    // Two units a character: a part that ended after just so many units would cut one in half.
    const body = `"ü\n${'\u{1f41f}'.repeat(200_000)}`;
    const attributes = { note: 'n'.repeat(60_000) };
    await table.park(parked({ body, attributes }));

    const item = await stored.itemAt('call#account.upsert#crm-export/4711');
    expect(item?.['body']).toBeUndefined();
    let content = '';
    for (let part = 0; part < Number(item?.['contentParts']?.N); part += 1) {
      const partItem = await stored.itemAt(`parked#message-1#${part}`);
      expect(partItem?.['expiresAt']).toEqual(item?.['expiresAt']);
      content += partItem?.['part']?.S ?? '';
    }
    expect(JSON.parse(content)).toEqual({ body, attributes });
  });
});

describe('a state table that does not answer', () => {
  it('is STATE_DENIED when there is no such table', async () => {
    const missing = wholeState({ tableName: 'no-such-table', client: dynamoDb.client, clock });
    await expect(missing.park(parked())).rejects.toMatchObject({ code: 'STATE_DENIED', failureClass: 'configuration' });
    await expect(missing.acquire('accounts', 'live', 60_000)).rejects.toMatchObject({ code: 'STATE_DENIED' });
  });

  it('is STATE_UNAVAILABLE when nobody listens', async () => {
    const nobody = dynamoDbClientFor(1);
    const unreachable = wholeState({ tableName: stored.tableName, client: nobody, clock });
    await expect(unreachable.park(parked())).rejects.toMatchObject({
      code: 'STATE_UNAVAILABLE',
      failureClass: 'environment',
    });
    nobody.destroy();
  });
});

function parked(members: Partial<ParkedCall> = {}): ParkedCall {
  return {
    messageId: 'message-1',
    operation: 'account.upsert',
    key: 'crm-export/4711',
    code: 'SIEBEL_VALIDATION',
    detail: 'Siebel refused the record',
    issues: [{ pointer: '', code: 'SIEBEL_VALIDATION', message: 'is refused' }],
    siebelCodes: ['SBL-DAT-00498'],
    attempts: 2,
    firstSeenAtMs: 1_699_999_990_000,
    rejectedAtMs: 1_700_000_000_000,
    body: '{"operation":"account.upsert"}',
    attributes: { traceparent: '00-1' },
    ...members,
  };
}
