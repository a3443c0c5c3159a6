import { randomUUID } from 'node:crypto';
import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { CLOCK_MARGIN_MS } from '../clock.ts';
import { ConfigurationError, ServiceUnavailableError } from '../errors.ts';
import type { Checkpoint, LeaseKey, SyncState } from '../sync/checkpoint.ts';
import { type ContentCodec, checkpointCodec } from './checkpoint-text.ts';
import { conditionally, ITEM_SCHEMA, type Item, send } from './requests.ts';
import type { StateTable } from './table.ts';

/** The part of the state table that keeps leases and checkpoints: one item per job and window, which never expires. */
export function syncState(table: StateTable): SyncState;
/** @param codec Of what is kept in the place of a checkpoint. */
export function syncState<T>(table: StateTable, codec: ContentCodec<T>): SyncState<T>;
export function syncState<T>(
  { tableName, client, clock }: StateTable,
  // The checkpoint is what there is a codec for when none is given.
  codec: ContentCodec<T> = checkpointCodec as ContentCodec<unknown> as ContentCodec<T>,
): SyncState<T> {
  const release: SyncState<T>['release'] = async (job, window, lease) => {
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
        UpdateExpression: TAKEN,
        ConditionExpression: FREE,
        ExpressionAttributeNames: { '#schema': 'schema' },
        ExpressionAttributeValues: takenValues(nonce, nowMs, nowMs + leaseMs),
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
      return (
        (await setUnderLease(job, window, lease, { ...attributesOf(checkpoint), ...leaseUntil(leaseMs) })) !== undefined
      );
    },

    async look(job, window) {
      const item = await itemAt(job, window);
      if (!item) return undefined;
      const { fence, leaseUntilMs, checkpoint } = item;
      return {
        leaseUntilMs: Number(leaseUntilMs?.N ?? 0),
        fence: Number(fence?.N ?? 0),
        ...(checkpoint?.S !== undefined && { checkpoint: checkpointOf(item, job, window) }),
      };
    },

    async begin(job, at) {
      return setWithoutLease(
        job,
        'live',
        written(checkpointCodec, beginningAt(at)),
        'attribute_not_exists(checkpoint)',
      );
    },

    async reset(job, window, to) {
      return setWithoutLease(job, window, to ? written(checkpointCodec, beginningAt(to)) : {});
    },
  };

  async function itemAt(job: string, window: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: tableName, Key: keyOf(job, window), ConsistentRead: true });
    return (await send(tableName, () => client.send(command))).Item;
  }

  /** The SDK may have repeated a request whose first answer was lost: then the lease that stands in the way is ours (R72). */
  async function ownItem(job: string, window: string, nonce: string): Promise<Item | undefined> {
    const item = await itemAt(job, window);
    return item?.['leaseNonce']?.S === nonce ? item : undefined;
  }

  /** Sets attributes while the lease is ours. */
  function setUnderLease(job: string, window: string, { fence, nonce }: LeaseKey, attributes: Item) {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(job, window),
      ...setting(attributes),
      // The fence alone would be another's too, had the item been deleted and made again.
      ConditionExpression: 'fence = :fence AND leaseNonce = :nonce',
      ExpressionAttributeValues: {
        ...setting(attributes).ExpressionAttributeValues,
        ':fence': { N: String(fence) },
        ':nonce': { S: nonce },
      },
    });
    return conditionally(tableName, () => client.send(command));
  }

  /** Replaces what is stored while nobody holds the lease, under a new fence, so that nobody from before writes over it. */
  async function setWithoutLease(job: string, window: string, content: Item, condition?: string): Promise<boolean> {
    const nonce = randomUUID();
    const { UpdateExpression, ExpressionAttributeNames, ExpressionAttributeValues } = setting(content);
    const gone = ['checkpoint', 'emitted'].filter((name) => !Object.hasOwn(content, name));
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(job, window),
      UpdateExpression: `${[TAKEN, UpdateExpression.slice('SET '.length)].filter(Boolean).join(', ')}${gone.length > 0 ? ` REMOVE ${gone.join(', ')}` : ''}`,
      ConditionExpression: condition ? `(${FREE}) AND ${condition}` : FREE,
      ExpressionAttributeNames: { ...ExpressionAttributeNames, '#schema': 'schema' },
      ExpressionAttributeValues: { ...ExpressionAttributeValues, ...takenValues(nonce, clock.now(), 0) },
    });
    if (await conditionally(tableName, () => client.send(command))) return true;
    return (await ownItem(job, window, nonce)) !== undefined;
  }

  function attributesOf(content: T): Item {
    return written(codec, content);
  }

  function checkpointOf(item: Item, job: string, window: string): T {
    if (Number(item['schema']?.N) > ITEM_SCHEMA) {
      throw new ServiceUnavailableError(
        'STATE_UNAVAILABLE',
        `the checkpoint of sync job "${job}", window "${window}", was written by a newer version of this service; deploy that version`,
      );
    }
    const stored = item['checkpoint']?.S;
    if (stored === undefined) return codec.nothing;
    const content = codec.read(stored, item['emitted']?.B);
    if (content !== undefined) return content;
    // Never taken for an empty one: that would read everything again, unasked.
    throw new ConfigurationError(
      `the checkpoint of sync job "${job}", window "${window}", cannot be read; ` +
        'mend the attribute `checkpoint` of its item in the state table, or remove it to read everything again; do not delete the item',
    );
  }
}

/** Makes an item one's own. */
const TAKEN =
  'SET #schema = if_not_exists(#schema, :schema), fence = if_not_exists(fence, :first) + :one, leaseNonce = :nonce, leaseUntilMs = :until';
/** Nobody's item: one that a person has mended may have no lease in it. */
const FREE = 'attribute_not_exists(leaseUntilMs) OR leaseUntilMs < :over';

function takenValues(nonce: string, nowMs: number, untilMs: number): Item {
  return {
    ':schema': { N: String(ITEM_SCHEMA) },
    // An item that was deleted begins anew above all fences of its former life: the clock is ahead of one a run.
    ':first': { N: String(Math.floor(nowMs / 1_000)) },
    ':one': { N: '1' },
    ':nonce': { S: nonce },
    ':until': { N: String(untilMs) },
    // For others a lease is over only when it is by every clock.
    ':over': { N: String(nowMs - CLOCK_MARGIN_MS) },
  };
}

/** Attributes go by aliases, as DynamoDB reserves many a name. */
function setting(attributes: Item) {
  const names = Object.keys(attributes);
  return {
    UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(
      names.map((name) => [`:${name}`, attributes[name] ?? { NULL: true }]),
    ),
  };
}

function beginningAt({ fromMs, boundMs }: { readonly fromMs: number; readonly boundMs: number }): Checkpoint {
  return { cursor: undefined, floorMs: fromMs, pass: { boundMs, open: [{ fromMs, upToMs: boundMs }] } };
}

function written<C>(codec: ContentCodec<C>, content: C): Item {
  const stored = codec.write(content);
  if (typeof stored === 'string') return { checkpoint: { S: stored } };
  // Empty rather than absent: what was there before is to be gone.
  return { checkpoint: { S: stored.text }, emitted: { B: stored.bytes ?? new Uint8Array() } };
}

function keyOf(job: string, window: string): Item {
  return { pk: { S: `sync#${job}#${window}` } };
}
