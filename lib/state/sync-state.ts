import { randomUUID } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CLOCK_MARGIN_MS } from '../clock.ts';
import { ConfigurationError, ServiceUnavailableError } from '../errors.ts';
import type { Checkpoint, LeaseKey, SyncState } from '../sync/checkpoint.ts';
import { readCheckpoint, writeCheckpoint } from './checkpoint-text.ts';
import { conditionally, ITEM_SCHEMA, type Item, send } from './requests.ts';
import type { StateTable } from './table.ts';

/** The part of the state table that keeps leases and checkpoints: one item per job and window, which never expires. */
export function syncState({ tableName, client, clock }: StateTable): SyncState {
  const release: SyncState['release'] = async (job, window, lease) => {
    await setUnderLease(job, window, lease, { leaseUntilMs: { N: '0' } });
  };
  const leaseUntil = (leaseMs: number): Item => ({ leaseUntilMs: { N: String(clock.now() + leaseMs) } });

  return {
    release,

    async acquire(job, window, leaseMs) {
      const nonce = randomUUID();
      const nowMs = clock.now();
      const command = new UpdateItemCommand({
        TableName: tableName,
        Key: keyOf(job, window),
        UpdateExpression:
          'SET #schema = if_not_exists(#schema, :schema), fence = if_not_exists(fence, :first) + :one, leaseNonce = :nonce, leaseUntilMs = :until',
        // An item that a person has mended may have no lease in it.
        ConditionExpression: 'attribute_not_exists(leaseUntilMs) OR leaseUntilMs < :over',
        ExpressionAttributeNames: { '#schema': 'schema' },
        ExpressionAttributeValues: {
          ':schema': { N: String(ITEM_SCHEMA) },
          // An item that was deleted begins anew above all fences of its former life: the clock is ahead of one a run.
          ':first': { N: String(Math.floor(nowMs / 1_000)) },
          ':one': { N: '1' },
          ':nonce': { S: nonce },
          ':until': { N: String(nowMs + leaseMs) },
          // For others a lease is over only when it is by every clock.
          ':over': { N: String(nowMs - CLOCK_MARGIN_MS) },
        },
        ReturnValues: 'ALL_NEW',
      });
      const answer = await conditionally(tableName, () => client.send(command));
      const item = answer ? answer.Attributes : await ownItem(job, window, nonce);
      if (!item) return undefined;

      const key = { fence: Number(item['fence']?.N), nonce };
      try {
        return { ...key, checkpoint: checkpointOf(item, job, window) };
      } catch (error) {
        // Nobody works under this lease; should this fail too, it runs out by itself.
        await release(job, window, key).catch(() => undefined);
        throw error;
      }
    },

    async renew(job, window, lease, leaseMs) {
      return (await setUnderLease(job, window, lease, leaseUntil(leaseMs))) !== undefined;
    },

    async save(job, window, lease, checkpoint, leaseMs) {
      const attributes = { checkpoint: { S: writeCheckpoint(checkpoint) }, ...leaseUntil(leaseMs) };
      return (await setUnderLease(job, window, lease, attributes)) !== undefined;
    },
  };

  /** The SDK may have repeated a request whose first answer was lost: then the lease that stands in the way is ours (R72). */
  async function ownItem(job: string, window: string, nonce: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: tableName, Key: keyOf(job, window), ConsistentRead: true });
    const { Item: item } = await send(tableName, () => client.send(command));
    return item?.['leaseNonce']?.S === nonce ? item : undefined;
  }

  /** Sets attributes while the lease is ours. They go by aliases, as DynamoDB reserves many a name. */
  function setUnderLease(job: string, window: string, { fence, nonce }: LeaseKey, attributes: Item) {
    const names = Object.keys(attributes);
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(job, window),
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
      // The fence alone would be another's too, had the item been deleted and made again.
      ConditionExpression: 'fence = :fence AND leaseNonce = :nonce',
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
        ':fence': { N: String(fence) },
        ':nonce': { S: nonce },
      },
    });
    return conditionally(tableName, () => client.send(command));
  }

  function checkpointOf(item: Item, job: string, window: string): Checkpoint {
    if (Number(item['schema']?.N) > ITEM_SCHEMA) {
      throw new ServiceUnavailableError(
        'STATE_UNAVAILABLE',
        `the checkpoint of sync job "${job}", window "${window}", was written by a newer version of this service; deploy that version`,
      );
    }
    const stored = item['checkpoint']?.S;
    return stored === undefined ? NOTHING_READ : checkpointFrom(stored, job, window);
  }
}

const NOTHING_READ: Checkpoint = { cursor: undefined, emitted: [] };

// Never taken for an empty one: that would read everything again, unasked.
function checkpointFrom(stored: string, job: string, window: string): Checkpoint {
  const checkpoint = readCheckpoint(stored);
  if (checkpoint) return checkpoint;
  throw new ConfigurationError(
    `the checkpoint of sync job "${job}", window "${window}", cannot be read; ` +
      'mend the attribute `checkpoint` of its item in the state table, or remove it to read everything again; do not delete the item',
  );
}

function keyOf(job: string, window: string): Item {
  return { pk: { S: `sync#${job}#${window}` } };
}
