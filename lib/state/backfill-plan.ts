import { type AttributeValue, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { ConfigurationError, ServiceUnavailableError } from '../errors.ts';
import type { BackfillPlan, BackfillPlans, PlannedWindow } from '../sync/backfill/plan.ts';
import { conditionally, ITEM_SCHEMA, type Item, number, send, text } from './requests.ts';
import type { StateTable } from './table.ts';

/**
 * The part of the state table that keeps the plans of backfills: one item a job, and beside it one for each plan with the
 * numbers of the windows that are done, which expires once the plan was replaced.
 */
export function backfillPlans({ tableName, client, clock }: StateTable): BackfillPlans {
  const read: BackfillPlans['read'] = async (job) => {
    const item = await itemAt(planKey(job));
    return item && planOf(item, job);
  };

  return {
    read,

    async store(job, plan, seen) {
      const command = new PutItemCommand({
        TableName: tableName,
        Item: { ...planKey(job), ...itemOf(plan) },
        ...(seen
          ? {
              ConditionExpression: 'id = :id AND #state = :state',
              ExpressionAttributeNames: STATE,
              ExpressionAttributeValues: { ':id': text(seen.id), ':state': text(seen.state) },
            }
          : { ConditionExpression: 'attribute_not_exists(pk)' }),
      });
      if (await conditionally(tableName, () => client.send(command))) {
        // The plan is stored, whatever becomes of the one before: an item that stays behind does no harm.
        if (seen && seen.id !== plan.id) await expireItem(doneKey(job, seen.id)).catch(() => undefined);
        return true;
      }
      // The SDK may have repeated a request whose first answer was lost: then what stands there is ours (R72).
      return (await read(job))?.id === plan.id;
    },

    cancel: (job, id) => change(job, id, { state: text('cancelled') }),

    resume: (job, id, since) =>
      change(job, id, {
        state: text('running'),
        sinceMs: number(since.atMs),
        sinceRecords: number(since.records),
      }),

    async isRunning(job, id) {
      const item = await itemAt(planKey(job), 'id, #state');
      return item?.['id']?.S === id && item['state']?.S === 'running';
    },

    async noteDone(job, id, n) {
      const command = new UpdateItemCommand({
        TableName: tableName,
        Key: doneKey(job, id),
        UpdateExpression: 'SET #schema = if_not_exists(#schema, :schema) ADD done :n',
        ExpressionAttributeNames: { '#schema': 'schema' },
        ExpressionAttributeValues: { ':schema': number(ITEM_SCHEMA), ':n': { NS: [String(n)] } },
      });
      await send(tableName, () => client.send(command));
    },

    expire: (job, window) => expireItem(windowKey(job, window)),

    async done(job, id) {
      const item = await itemAt(doneKey(job, id));
      return new Set((item?.['done']?.NS ?? []).map(Number));
    },
  };

  async function itemAt(key: Item, attributes?: string): Promise<Item | undefined> {
    const command = new GetItemCommand({
      TableName: tableName,
      Key: key,
      // Who has just been told of a plan, by a message, must find it.
      ConsistentRead: true,
      ...(attributes && { ProjectionExpression: attributes, ExpressionAttributeNames: STATE }),
    });
    return (await send(tableName, () => client.send(command))).Item;
  }

  /** By the table's time to live; an item that there is not is left so. */
  async function expireItem(key: Item): Promise<void> {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: key,
      UpdateExpression: 'SET expiresAt = :at',
      ConditionExpression: 'attribute_exists(pk)',
      ExpressionAttributeValues: { ':at': number(Math.floor(clock.now() / SECOND) + KEPT_SECONDS) },
    });
    await conditionally(tableName, () => client.send(command));
  }

  /** Sets attributes of a plan while it is the job's. */
  async function change(job: string, id: string, attributes: Item): Promise<boolean> {
    const names = Object.keys(attributes);
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: planKey(job),
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}`,
      ConditionExpression: 'id = :id',
      ExpressionAttributeNames: Object.fromEntries(names.map((name) => [`#${name}`, name])),
      ExpressionAttributeValues: {
        ...Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`:${name}`, value])),
        ':id': text(id),
      },
    });
    return (await conditionally(tableName, () => client.send(command))) !== undefined;
  }
}

/** `state` is a reserved word of DynamoDB. */
const STATE = { '#state': 'state' };
const SECOND = 1_000;
/** Ninety days. */
const KEPT_SECONDS = 7_776_000;

/** Where each window ends, in seconds, and how many records were counted in it: a plan of 4 000 windows takes 100 KB. */
const WINDOWS = z.array(z.tuple([z.int(), z.int()])).check(z.minLength(1));
const STORED = z.object({
  id: z.string().check(z.minLength(1)),
  fromMs: z.optional(z.int()),
  atMs: z.int(),
  by: z.string(),
  state: z.enum(['running', 'cancelled']),
  component: z.string(),
  cursorField: z.string(),
  beginsJob: z.boolean(),
  sinceMs: z.int(),
  sinceRecords: z.int(),
  windows: WINDOWS,
});

function itemOf({ id, fromMs, atMs, by, state, shape, beginsJob, since, windows }: BackfillPlan): Item {
  const ends = windows.map(({ toMs, records }) => [toMs / SECOND, records]);
  return {
    schema: number(ITEM_SCHEMA),
    id: text(id),
    ...(fromMs !== undefined && { fromMs: number(fromMs) }),
    atMs: number(atMs),
    by: text(by),
    state: text(state),
    component: text(shape.component),
    cursorField: text(shape.cursor),
    beginsJob: { BOOL: beginsJob },
    sinceMs: number(since.atMs),
    sinceRecords: number(since.records),
    windows: text(JSON.stringify(ends)),
  };
}

function planOf(item: Item, job: string): BackfillPlan {
  if (Number(item['schema']?.N) > ITEM_SCHEMA) {
    throw new ServiceUnavailableError(
      'STATE_UNAVAILABLE',
      `the backfill of sync job "${job}" was planned by a newer version of this service; deploy that version`,
    );
  }
  const result = STORED.safeParse({ ...plain(item), windows: parsed(item['windows']?.S) });
  if (!result.success) {
    throw new ConfigurationError(
      `the plan of the backfill of sync job "${job}" cannot be read; remove its item from the state table, and plan anew`,
    );
  }
  const { windows, sinceMs, sinceRecords, fromMs, component, cursorField, ...plan } = result.data;
  return {
    ...plan,
    fromMs,
    shape: { component, cursor: cursorField },
    toMs: (windows.at(-1)?.[0] ?? 0) * SECOND,
    since: { atMs: sinceMs, records: sinceRecords },
    windows: windows.map(([to, records], index): PlannedWindow => {
      const before = windows[index - 1];
      return { n: index + 1, fromMs: before ? before[0] * SECOND : fromMs, toMs: to * SECOND, records };
    }),
  };
}

function plain(item: Item): Record<string, unknown> {
  const value = ({ S, N, BOOL }: AttributeValue) => S ?? (N === undefined ? BOOL : Number(N));
  return Object.fromEntries(Object.entries(item).map(([name, attribute]) => [name, value(attribute)]));
}

function parsed(json: string | undefined): unknown {
  try {
    return JSON.parse(json ?? '');
  } catch {
    return undefined;
  }
}

function planKey(job: string): Item {
  return { pk: { S: `sync#${job}#backfill` } };
}

function doneKey(job: string, id: string): Item {
  return { pk: { S: `sync#${job}#backfill#${id}` } };
}

/** Where `syncState` keeps how far a window has come. */
function windowKey(job: string, window: string): Item {
  return { pk: { S: `sync#${job}#${window}` } };
}
