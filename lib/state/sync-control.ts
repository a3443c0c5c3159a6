import { GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import * as z from 'zod/mini';
import { ConfigurationError } from '../errors.ts';
import type { JobControl, RunRecord, SyncControl } from '../sync/checkpoint.ts';
import { conditionally, ITEM_SCHEMA, type Item, number, send, text } from './requests.ts';
import type { StateTable } from './table.ts';

/** Runs that are kept of a job. */
const MAX_RUNS = 48;
/** So many more may pile up before the oldest are taken away. */
const MOST_SURPLUS = 12;

const PAUSED = z.object({ by: z.string(), atMs: z.number(), reason: z.optional(z.string()) });
const MEMBERS = z.array(z.string());
const RUN = z.object({
  atMs: z.number(),
  durationMs: z.number(),
  outcome: z.enum(['complete', 'stopped', 'lease-lost', 'paused', 'failed']),
  records: z.number(),
  pages: z.number(),
  lagMs: z.optional(z.number()),
  cursorAt: z.optional(z.string()),
  code: z.optional(z.string()),
});

/** The part of the state table that keeps what a person has said about a job, and the history of its runs. */
export function syncControl({ tableName, client, clock }: StateTable): SyncControl {
  const itemOf = async (job: string, kind: string): Promise<Item> => {
    const command = new GetItemCommand({ TableName: tableName, Key: keyOf(job, kind), ConsistentRead: true });
    return (await send(tableName, () => client.send(command))).Item ?? {};
  };
  const update = (job: string, kind: string, expression: string, values: Item = {}, condition?: string) => {
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: keyOf(job, kind),
      UpdateExpression: expression,
      ...(condition !== undefined && { ConditionExpression: condition }),
      ...(Object.keys(values).length > 0 && { ExpressionAttributeValues: values }),
      ...(expression.includes('#schema') && { ExpressionAttributeNames: { '#schema': 'schema' } }),
      ReturnValues: 'ALL_NEW',
    });
    return conditionally(tableName, () => client.send(command));
  };
  const set = async (job: string, kind: string, attribute: string, value: Item[string]) => {
    const expression = `SET #schema = :schema, ${attribute} = :value`;
    await update(job, kind, expression, { ':schema': number(ITEM_SCHEMA), ':value': value });
  };

  return {
    async read(job) {
      return controlIn(job, await itemOf(job, 'control'));
    },

    async pause(job, { by, reason }) {
      const paused = { by, atMs: clock.now(), ...(reason !== undefined && { reason }) };
      await set(job, 'control', 'paused', text(JSON.stringify(paused)));
    },

    async resume(job) {
      await update(job, 'control', 'REMOVE paused');
    },

    async confirmSweep(job, sweep) {
      await set(job, 'control', 'confirmedSweep', number(sweep));
    },

    async addRun(job, run) {
      const answer = await update(
        job,
        'control',
        'SET #schema = :schema, runs = list_append(if_not_exists(runs, :none), :run)',
        { ':schema': number(ITEM_SCHEMA), ':none': { L: [] }, ':run': { L: [text(JSON.stringify(run))] } },
      );
      const kept = answer?.Attributes?.['runs']?.L?.length ?? 0;
      if (kept <= MAX_RUNS + MOST_SURPLUS) return;
      // From the last one down, so that none moves before it is taken away.
      const oldest = Array.from({ length: kept - MAX_RUNS }, (_, index) => `runs[${kept - MAX_RUNS - 1 - index}]`);
      // Should another have been quicker, it has taken them away as well.
      const asRead = 'size(runs) = :kept';
      await update(job, 'control', `REMOVE ${oldest.join(', ')}`, { ':kept': number(kept) }, asRead);
    },

    async members(job) {
      const stored = (await itemOf(job, 'members'))['memberNames']?.S;
      const result = MEMBERS.safeParse(stored === undefined ? undefined : parsed(stored));
      return result.success ? result.data : undefined;
    },

    async keepMembers(job, names) {
      await set(job, 'members', 'memberNames', text(JSON.stringify(names)));
    },
  };
}

/** A history that cannot be read is left out; whether a job is paused must be known. */
function controlIn(job: string, { paused, confirmedSweep, runs }: Item): JobControl {
  const pause = paused?.S === undefined ? undefined : PAUSED.safeParse(parsed(paused.S));
  if (pause && !pause.success) {
    throw new ConfigurationError(
      `the attribute \`paused\` of the item sync#${job}#control in the state table cannot be read; remove it to let the job run`,
    );
  }
  return {
    ...(pause && { paused: pause.data as NonNullable<JobControl['paused']> }),
    ...(confirmedSweep?.N !== undefined && { confirmedSweep: Number(confirmedSweep.N) }),
    runs: (runs?.L ?? []).slice(-MAX_RUNS).flatMap((stored) => {
      const run = RUN.safeParse(parsed(stored.S ?? ''));
      return run.success ? [run.data as RunRecord] : [];
    }),
  };
}

function keyOf(job: string, kind: string): Item {
  return { pk: text(`sync#${job}#${kind}`) };
}

function parsed(stored: string): unknown {
  try {
    return JSON.parse(stored);
  } catch {
    return undefined;
  }
}
