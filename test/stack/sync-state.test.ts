import {
  DeleteItemCommand,
  type DynamoDBClient,
  type GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { syncControl } from '../../lib/state/sync-control.ts';
import type { Checkpoint, RunRecord, SyncLease } from '../../lib/sync/checkpoint.ts';
import { emittedLines, MAX_EMITTED } from '../../lib/sync/emitted-lines.ts';
import { type FakeClock, fakeClock } from '../support/fake-clock.ts';
import { type WholeState, wholeState } from '../support/state-table.ts';
import { type EmptyTable, startDynamoDb } from './dynamodb.ts';

const LEASE_MS = 60_000;
const NOTHING_READ: Checkpoint = { cursor: undefined };

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
      foundMs: 1_699_999_950_000,
      boundMs: 1_699_999_940_000,
      floorMs: 1_600_000_000_000,
      pass: {
        boundMs: 1_699_999_990_000,
        open: [
          { fromMs: 1_699_999_000_000, afterId: '1-1', upToMs: 1_699_999_500_000 },
          { fromMs: 1_699_999_501_000, upToMs: 1_699_999_990_000 },
        ],
        records: 12,
        moved: true,
      },
      emitted: Uint8Array.of(0, 1, 254, 255),
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
    await table.save('accounts', 'live', lease, { cursor, emitted: Uint8Array.of(1) }, LEASE_MS);
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

  it('holds all the lines that are remembered, and less than DynamoDB takes', async () => {
    const lines = emittedLines();
    for (let number = 0; number < MAX_EMITTED + 1_000; number += 1)
      lines.add(`1-${number}`, `line ${number}`, 1_700_000_000_000 + number);
    const emitted = lines.kept(() => true);
    expect(emitted).toHaveLength(MAX_EMITTED * 16);
    const lease = await leaseOf('accounts', 'live');

    expect(await table.save('accounts', 'live', lease, { cursor: undefined, emitted }, LEASE_MS)).toBe(true);
    await table.release('accounts', 'live', lease);

    const { checkpoint } = await leaseOf('accounts', 'live');
    expect(Buffer.from(checkpoint.emitted ?? []).equals(emitted)).toBe(true);
  });

  it('forgets the lines of before with a checkpoint that has none', async () => {
    const lease = await leaseOf('accounts', 'live');
    await table.save('accounts', 'live', lease, { cursor: undefined, emitted: Uint8Array.of(1) }, LEASE_MS);
    await table.save('accounts', 'live', lease, NOTHING_READ, LEASE_MS);
    await table.release('accounts', 'live', lease);

    expect((await leaseOf('accounts', 'live')).checkpoint).toEqual(NOTHING_READ);
  });

  it.each([
    'not JSON',
    '{}',
    '{"schema":1} ,',
    '{"schema":1,"cursor":{"value":""}}',
    '{"schema":1,"boundMs":"soon"}',
    '{"schema":1,"pass":{"boundMs":1}}',
    '{"schema":2}',
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

describe('a look at the state of a window', () => {
  it('takes nothing, and tells what is stored and until when it is held', async () => {
    expect(await table.look('accounts', 'live')).toBeUndefined();
    const lease = await leaseOf('accounts', 'live');
    expect(await table.look('accounts', 'live')).toEqual({ leaseUntilMs: clock.now() + LEASE_MS, fence: FIRST });
    await table.save('accounts', 'live', lease, { cursor: undefined, boundMs: 1 }, LEASE_MS);
    await table.release('accounts', 'live', lease);

    expect(await table.look('accounts', 'live')).toEqual({
      leaseUntilMs: 0,
      fence: FIRST,
      checkpoint: { cursor: undefined, boundMs: 1 },
    });
  });
});

describe('a job that begins beside a backfill', () => {
  const at = { fromMs: 1_699_999_000_000, boundMs: 1_699_999_940_000 };

  it('reads exactly from the instant on, and nothing older ever', async () => {
    expect(await table.begin('accounts', at)).toBe(true);
    expect((await leaseOf('accounts', 'live')).checkpoint).toEqual({
      cursor: undefined,
      floorMs: at.fromMs,
      pass: { boundMs: at.boundMs, open: [{ fromMs: at.fromMs, upToMs: at.boundMs }] },
    });
  });

  it('is refused when it has a checkpoint, or runs', async () => {
    const lease = await leaseOf('accounts', 'live');
    expect(await table.begin('accounts', at)).toBe(false);
    await table.save('accounts', 'live', lease, NOTHING_READ, LEASE_MS);
    await table.release('accounts', 'live', lease);
    expect(await table.begin('accounts', at)).toBe(false);
    expect(await table.look('accounts', 'live')).toMatchObject({ checkpoint: NOTHING_READ });
  });
});

describe('a reset', () => {
  it('forgets the checkpoint, also one that cannot be read, and keeps the number of the last run', async () => {
    await stored.putItem({
      pk: { S: 'sync#accounts#live' },
      fence: { N: '7' },
      checkpoint: { S: '?' },
      emitted: { B: Uint8Array.of(1) },
    });
    expect(await table.reset('accounts', 'live')).toBe(true);
    expect(await leaseOf('accounts', 'live')).toMatchObject({ fence: 9, checkpoint: NOTHING_READ });
    expect(await stored.itemAt('sync#accounts#live')).not.toHaveProperty('emitted');
  });

  it('sets an instant from which the job begins anew', async () => {
    const to = { fromMs: 1_600_000_000_000, boundMs: 1_699_999_940_000 };
    expect(await table.reset('accounts', 'live', to)).toBe(true);
    expect((await leaseOf('accounts', 'live')).checkpoint).toMatchObject({
      floorMs: to.fromMs,
      pass: { open: [{ fromMs: to.fromMs }] },
    });
  });

  it('is refused while a run holds the lease', async () => {
    const lease = await leaseOf('accounts', 'live');
    expect(await table.reset('accounts', 'live')).toBe(false);
    expect(await table.renew('accounts', 'live', lease, LEASE_MS)).toBe(true);
  });

  it('lets a stopped holder from before write nothing any more (R67)', async () => {
    const stopped = await leaseOf('accounts', 'live');
    await clock.advance(LEASE_MS + 5_001);
    expect(await table.reset('accounts', 'live')).toBe(true);

    const stale: Checkpoint = { cursor: { value: '11/14/2023 00:00:00', id: '1-1' } };
    expect(await table.save('accounts', 'live', stopped, stale, LEASE_MS)).toBe(false);
    expect((await leaseOf('accounts', 'live')).checkpoint).toEqual(NOTHING_READ);
  });

  it('is known again when its answer was lost and the SDK asked twice (R72)', async () => {
    const twice = {
      send: async (command: GetItemCommand) => {
        await dynamoDb.client.send(command);
        return dynamoDb.client.send(command);
      },
    };
    const forgetful = wholeState({ tableName: stored.tableName, client: twice as unknown as DynamoDBClient, clock });
    expect(await forgetful.begin('accounts', { fromMs: 0, boundMs: 1_000 })).toBe(true);
  });
});

describe('what is kept about a job beside its checkpoint', () => {
  const control = () => syncControl({ tableName: stored.tableName, client: dynamoDb.client, clock });
  const run = (atMs: number): RunRecord => ({ atMs, durationMs: 1, outcome: 'complete', records: 1, pages: 2 });

  it('is nothing at first', async () => {
    expect(await control().read('accounts')).toEqual({ runs: [] });
    expect(await control().members('accounts')).toBeUndefined();
  });

  it('is who paused it, when and why, until it is resumed', async () => {
    await control().pause('accounts', { by: 'ada', reason: 'upgrade' });
    expect(await control().read('accounts')).toMatchObject({
      paused: { by: 'ada', atMs: clock.now(), reason: 'upgrade' },
    });
    await control().resume('accounts');
    expect(await control().read('accounts')).toEqual({ runs: [] });
  });

  it('is the last 48 runs, the newest last', async () => {
    for (let atMs = 1; atMs <= 130; atMs += 1) await control().addRun('accounts', run(atMs));
    const { runs } = await control().read('accounts');
    expect(runs.map(({ atMs }) => atMs)).toEqual(Array.from({ length: 48 }, (_, index) => 83 + index));
    const item = await stored.itemAt('sync#accounts#control');
    expect(item?.['runs']?.L?.length).toBeLessThanOrEqual(60);
  });

  it('is the sweep that a person has confirmed, and the members of the records', async () => {
    await control().confirmSweep('accounts', 7);
    await control().keepMembers('accounts', ['Id', 'Name']);
    expect(await control().read('accounts')).toEqual({ confirmedSweep: 7, runs: [] });
    expect(await control().members('accounts')).toEqual(['Id', 'Name']);
  });

  it('stops the job when whether it is paused cannot be read; a run that cannot be read is left out', async () => {
    await stored.putItem({ pk: { S: 'sync#accounts#control' }, paused: { S: '{}' } });
    await expect(control().read('accounts')).rejects.toMatchObject({ failureClass: 'configuration' });
    await stored.putItem({
      pk: { S: 'sync#accounts#control' },
      runs: { L: [{ S: '{}' }, { S: JSON.stringify(run(5)) }] },
    });
    expect(await control().read('accounts')).toEqual({ runs: [run(5)] });
  });
});
