import type { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { backfillPlans } from '../../lib/state/backfill-plan.ts';
import { planOf, plansContract } from '../lib/sync/backfill/plans-contract.ts';
import { fakeClock } from '../support/fake-clock.ts';
import { type EmptyTable, startDynamoDb } from './dynamodb.ts';

let dynamoDb: Awaited<ReturnType<typeof startDynamoDb>>;
let stored: EmptyTable;
const clock = fakeClock({ nowMs: Date.parse('2026-03-01T12:00:00Z') });
/** 90 days later, in seconds. */
const EXPIRES = '1780142400';
const plans = () => backfillPlans({ tableName: stored.tableName, client: dynamoDb.client, clock });

beforeAll(async () => {
  dynamoDb = await startDynamoDb();
});
afterAll(() => dynamoDb.close());
beforeEach(async () => {
  stored = await dynamoDb.emptyTable();
});

describe('plans in the state table', () => {
  plansContract(async () => plans());

  it('keeps a plan of 4,000 windows far below what an item may hold', async () => {
    await plans().store('accounts', planOf(4_000), undefined);

    const item = await stored.itemAt('sync#accounts#backfill');
    expect(JSON.stringify(item).length).toBeLessThan(120_000);
    expect(item).toMatchObject({ schema: { N: '1' }, id: { S: '20231114-aaaaa' }, state: { S: 'running' } });
  });

  it('reads consistently: a container that does not find the plan of its message would drop the window (F131)', async () => {
    const reads: (boolean | undefined)[] = [];
    const client = {
      send: (command: GetItemCommand) => {
        reads.push(command.input.ConsistentRead);
        return dynamoDb.client.send(command);
      },
    } as Pick<DynamoDBClient, 'send'>;
    const watched = backfillPlans({ tableName: stored.tableName, client, clock });

    await watched.read('accounts');
    await watched.isRunning('accounts', 'a');
    await watched.done('accounts', 'a');

    expect(reads).toEqual([true, true, true]);
  });

  it.each([
    ['a text that is no JSON', { windows: { S: '[[1' } }],
    ['no windows', { windows: { S: '[]' } }],
    ['a window without an end', { windows: { S: '[[null,1]]' } }],
    ['a state that there is not', { state: { S: 'paused' } }],
    ['no number', { atMs: { S: 'yesterday' } }],
  ])('says what to do about a plan with %s', async (_what, broken) => {
    await plans().store('accounts', planOf(2), undefined);
    await stored.putItem({ ...(await stored.itemAt('sync#accounts#backfill')), ...broken });

    await expect(plans().read('accounts')).rejects.toMatchObject({
      code: 'CONFIGURATION',
      message: expect.stringContaining('remove its item'),
    });
  });

  it('leaves a plan of a newer version alone', async () => {
    await plans().store('accounts', planOf(2), undefined);
    await stored.putItem({ ...(await stored.itemAt('sync#accounts#backfill')), schema: { N: '2' } });

    await expect(plans().read('accounts')).rejects.toMatchObject({ code: 'STATE_UNAVAILABLE' });
  });

  it('lets go in 90 days what a window has kept, and makes nothing of one that has kept nothing', async () => {
    const { id } = planOf(2);
    await stored.putItem({ pk: { S: `sync#accounts#backfill-${id}-0002` }, fence: { N: '7' } });

    await plans().expire('accounts', `backfill-${id}-0001`);
    await plans().expire('accounts', `backfill-${id}-0002`);

    expect(await stored.itemAt(`sync#accounts#backfill-${id}-0001`)).toBeUndefined();
    expect(await stored.itemAt(`sync#accounts#backfill-${id}-0002`)).toMatchObject({
      fence: { N: '7' },
      expiresAt: { N: EXPIRES },
    });
  });

  it('lets go in 90 days what was noted of a plan that was replaced, and of no other', async () => {
    const { id } = planOf(2);
    await plans().store('accounts', planOf(2), undefined);
    await plans().noteDone('accounts', id, 1);
    expect(await stored.itemAt(`sync#accounts#backfill#${id}`)).not.toHaveProperty('expiresAt');

    await plans().store('accounts', planOf(2, { id: 'other' }), { id, state: 'running' });
    await plans().noteDone('accounts', 'other', 1);

    expect(await stored.itemAt(`sync#accounts#backfill#${id}`)).toMatchObject({ expiresAt: { N: EXPIRES } });
    expect(await stored.itemAt('sync#accounts#backfill#other')).not.toHaveProperty('expiresAt');
    expect(await stored.itemAt('sync#accounts#backfill')).not.toHaveProperty('expiresAt');
  });

  it('says so when there is no such table', async () => {
    const nowhere = backfillPlans({ tableName: 'no-such-table', client: dynamoDb.client, clock });

    await expect(nowhere.read('accounts')).rejects.toMatchObject({ code: 'STATE_DENIED' });
    await expect(nowhere.store('accounts', planOf(1), undefined)).rejects.toMatchObject({ code: 'STATE_DENIED' });
    await expect(nowhere.cancel('accounts', 'a')).rejects.toMatchObject({ code: 'STATE_DENIED' });
    await expect(nowhere.noteDone('accounts', 'a', 1)).rejects.toMatchObject({ code: 'STATE_DENIED' });
  });
});
