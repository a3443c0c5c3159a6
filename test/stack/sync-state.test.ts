import {
  DeleteItemCommand,
  type DynamoDBClient,
  type GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint, SyncLease } from '../../lib/sync/checkpoint.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type WholeState, wholeState } from '../support/state-table.ts';
import { type EmptyTable, startDynamoDb } from './dynamodb.ts';

const LEASE_MS = 60_000;
const NOTHING_READ: Checkpoint = { cursor: undefined, emitted: [] };

let dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>;
/** Fences begin with the clock's seconds. */
const FIRST = 1_700_000_001;

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

async function leaseOf(job: string, window: string): Promise<SyncLease> {
  const lease = await table.acquire(job, window, LEASE_MS);
  if (!lease) throw new Error('another holds the lease');
  return lease;
}

function deleteItem(): Promise<unknown> {
  const command = new DeleteItemCommand({ TableName: stored.tableName, Key: { pk: { S: 'sync#accounts#live' } } });
  return dynamoDb.client.send(command);
}

describe('sync state in the state table', () => {
  it('gives a job that never ran an empty checkpoint, under the first fence', async () => {
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toEqual({
      fence: FIRST,
      nonce: expect.any(String),
      checkpoint: NOTHING_READ,
    });
  });

  it('gives the saved checkpoint to the next run, under a higher fence (R67)', async () => {
    const checkpoint: Checkpoint = {
      cursor: { value: '11/14/2023 22:13:20', id: '1-2AB+7' },
      lookedBackTo: { value: '11/14/2023 22:08:20', id: '1-1' },
      boundMs: 1_699_999_940_000,
      emitted: ['AAECAwQFBgc', 'CAkKCwwNDg8'],
    };
    const lease = await leaseOf('accounts', 'live');
    expect(await table.save('accounts', 'live', lease, checkpoint, LEASE_MS)).toBe(true);
    await table.release('accounts', 'live', lease);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toMatchObject({ fence: FIRST + 1, checkpoint });
  });

  it('gives a lease to nobody else until it is over, and five seconds for clocks that differ', async () => {
    await table.acquire('accounts', 'live', LEASE_MS);
    await clock.advance(LEASE_MS + 5_000);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toBeUndefined();
    await clock.advance(1);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toMatchObject({ fence: FIRST + 1 });
  });

  it('gives one of many simultaneous runs the lease', async () => {
    const leases = await Promise.all(Array.from({ length: 10 }, () => table.acquire('accounts', 'live', LEASE_MS)));
    expect(leases.filter((lease) => lease !== undefined)).toHaveLength(1);
  });

  it('keeps jobs and windows apart', async () => {
    await table.acquire('accounts', 'live', LEASE_MS);
    expect(await table.acquire('accounts', '2023', LEASE_MS)).toMatchObject({ fence: FIRST });
    expect(await table.acquire('contacts', 'live', LEASE_MS)).toMatchObject({ fence: FIRST });
  });

  it('extends the lease with every save', async () => {
    const lease = await leaseOf('accounts', 'live');
    await clock.advance(50_000);
    await table.save('accounts', 'live', lease, NOTHING_READ, LEASE_MS);
    await clock.advance(50_000);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toBeUndefined();
  });

  it('lets a stopped holder neither move the checkpoint nor end the lease of its follower (R67, R68)', async () => {
    const stopped = await leaseOf('accounts', 'live');
    await clock.advance(LEASE_MS + 5_001);
    const follower = await leaseOf('accounts', 'live');

    const stale: Checkpoint = { ...NOTHING_READ, cursor: { value: '11/14/2023 00:00:00', id: '1-1' } };
    expect(await table.renew('accounts', 'live', stopped, LEASE_MS)).toBe(false);
    expect(await table.save('accounts', 'live', stopped, stale, LEASE_MS)).toBe(false);
    await table.release('accounts', 'live', stopped);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toBeUndefined();

    await table.release('accounts', 'live', follower);
    expect(await leaseOf('accounts', 'live')).toMatchObject({ fence: FIRST + 2, checkpoint: NOTHING_READ });
  });

  it('extends the lease without a save', async () => {
    const lease = await leaseOf('accounts', 'live');
    await clock.advance(50_000);
    expect(await table.renew('accounts', 'live', lease, LEASE_MS)).toBe(true);
    await clock.advance(50_000);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toBeUndefined();
  });

  it('begins anew above all earlier fences when the item was deleted (R67, R68)', async () => {
    const former = [await leaseOf('accounts', 'live')];
    for (let run = 0; run < 3; run += 1) {
      await clock.advance(LEASE_MS + 5_001);
      former.push(await leaseOf('accounts', 'live'));
    }
    await deleteItem();

    const { fence } = await leaseOf('accounts', 'live');

    expect(fence).toBeGreaterThan(Math.max(...former.map((lease) => lease.fence)));
  });

  it('lets a holder from before its item was deleted write nothing, though its follower has the same fence', async () => {
    const former = await leaseOf('accounts', 'live');
    await deleteItem();
    const follower = await leaseOf('accounts', 'live');
    expect(follower.fence).toBe(former.fence);

    expect(await table.renew('accounts', 'live', former, LEASE_MS)).toBe(false);
    expect(await table.save('accounts', 'live', former, NOTHING_READ, LEASE_MS)).toBe(false);
    await table.release('accounts', 'live', former);

    expect(await table.acquire('accounts', 'live', LEASE_MS)).toBeUndefined();
    expect(await table.save('accounts', 'live', follower, NOTHING_READ, LEASE_MS)).toBe(true);
  });

  it('begins at the beginning when the checkpoint alone was removed, under the next fence', async () => {
    const lease = await leaseOf('accounts', 'live');
    const cursor = { value: '11/14/2023 22:13:20', id: '1-2AB' };
    await table.save('accounts', 'live', lease, { cursor, emitted: [] }, LEASE_MS);
    await table.release('accounts', 'live', lease);
    const Key = { pk: { S: 'sync#accounts#live' } };
    await dynamoDb.client.send(
      new UpdateItemCommand({ TableName: stored.tableName, Key, UpdateExpression: 'REMOVE checkpoint' }),
    );

    expect(await leaseOf('accounts', 'live')).toMatchObject({ fence: FIRST + 1, checkpoint: NOTHING_READ });
  });

  it('gives the lease of an item that was mended by hand and has none', async () => {
    await stored.putItem({ pk: { S: 'sync#accounts#live' }, fence: { N: '7' } });
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toMatchObject({ fence: 8 });
  });

  it('saves nothing for a job whose item is gone', async () => {
    const lease = await leaseOf('accounts', 'live');
    await deleteItem();
    expect(await table.save('accounts', 'live', lease, NOTHING_READ, LEASE_MS)).toBe(false);
    expect(await stored.itemAt('sync#accounts#live')).toBeUndefined();
  });

  it('leaves out what was emitted when it does not fit into an item: those lines come once more', async () => {
    const cursor = { value: '11/14/2023 22:13:20', id: '1-2AB' };
    const emitted = Array.from({ length: 40_000 }, (_, n) => String(n).padStart(11, 'A'));
    const lease = await leaseOf('accounts', 'live');
    expect(await table.save('accounts', 'live', lease, { cursor, emitted }, LEASE_MS)).toBe(true);
    await table.release('accounts', 'live', lease);
    expect(await table.acquire('accounts', 'live', LEASE_MS)).toMatchObject({ checkpoint: { cursor, emitted: [] } });
  });

  it.each([
    'not JSON',
    '{}',
    '{"emitted":[]} ,',
    '{"cursor":{"value":""},"emitted":[]}',
    '{"boundMs":"soon","emitted":[]}',
  ])('stops at a checkpoint that cannot be read, instead of reading everything again: %s', async (checkpoint) => {
    await stored.putItem({
      pk: { S: 'sync#accounts#live' },
      schema: { N: '1' },
      fence: { N: '7' },
      leaseUntilMs: { N: '0' },
      checkpoint: { S: checkpoint },
    });
    await expect(table.acquire('accounts', 'live', LEASE_MS)).rejects.toMatchObject({
      code: 'CONFIGURATION',
      failureClass: 'configuration',
      message: expect.stringMatching(/attribute `checkpoint`.*do not delete the item/),
    });
    expect(await stored.itemAt('sync#accounts#live')).toMatchObject({
      leaseUntilMs: { N: '0' },
      checkpoint: { S: checkpoint },
    });
  });

  it('leaves a checkpoint of a newer version alone (F148)', async () => {
    await stored.putItem({
      pk: { S: 'sync#accounts#live' },
      schema: { N: '2' },
      fence: { N: '7' },
      leaseUntilMs: { N: '0' },
      checkpoint: { S: '{"new":1}' },
    });
    await expect(table.acquire('accounts', 'live', LEASE_MS)).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
    expect(await stored.itemAt('sync#accounts#live')).toMatchObject({
      schema: { N: '2' },
      checkpoint: { S: '{"new":1}' },
    });
  });

  it('knows its own lease again when the answer to the first attempt was lost and the SDK asked twice (R72)', async () => {
    const twice = {
      send: async (command: GetItemCommand) => {
        await dynamoDb.client.send(command);
        return dynamoDb.client.send(command);
      },
    };
    const forgetful = wholeState({ tableName: stored.tableName, client: twice as unknown as DynamoDBClient, clock });
    expect(await forgetful.acquire('accounts', 'live', LEASE_MS)).toMatchObject({
      fence: FIRST,
      checkpoint: NOTHING_READ,
    });
  });
});
