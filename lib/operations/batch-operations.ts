import * as z from 'zod/mini';
import type { RowResult } from '../siebel/call.ts';
import { MAX_BATCH_SIZE } from '../siebel/component.ts';
import { addressFor, type DeclaredComponent, membersOf, parentMembers } from './declared-component.ts';
import { type ById, ID, type Items, inputSchema, type MaybeId, type Values } from './members.ts';
import type { BatchAnswer, BatchOperation, InputMember } from './operation.ts';
import { encodeRecord, writeMembers } from './records.ts';
import { checkedKey } from './write-operations.ts';

/** `{ items: [{ <writable field>: value, … }, …] }` → for each its `Id`, or the code of its refusal. */
export function upsertMany(component: DeclaredComponent): BatchOperation<Items<Values>, 'repeatable', MaybeId> {
  const { fields } = component;
  return {
    ...batchOf(component, 'repeatable', writeMembers(fields)),
    async call(client, input, options) {
      const records = input.items.map((item) => encodeRecord(fields, item));
      return answerTo(failingWhole(await client.upsertMany(addressFor(component, input), records, options)));
    },
  };
}

/** `{ items: [{ <writable field>: value, … }, …] }` → the `Id` of each. Siebel inserts all of them or none. */
export function insertMany(
  component: DeclaredComponent,
  naturalKey: readonly string[],
): BatchOperation<Items<Values>, 'insert', MaybeId> {
  const { fields } = component;
  return {
    ...batchOf(component, 'insert', writeMembers(fields, { naturalKey })),
    naturalKey: checkedKey(component, naturalKey),
    async call(client, input, options) {
      const records = input.items.map((item) => encodeRecord(fields, item));
      return answerTo(await client.insertMany(addressFor(component, input), records, options));
    },
  };
}

/** `{ items: [{ Id }, …] }` → for each its `Id`, also when it was gone already, or the code of its refusal. */
export function deleteMany(component: DeclaredComponent): BatchOperation<Items<ById>, 'repeatable', MaybeId> {
  return {
    ...batchOf(component, 'repeatable', { Id: ID }),
    async call(client, input, options) {
      const ids = input.items.map(({ Id }) => Id);
      return answerTo(failingWhole(await client.deleteMany(addressFor(component, input), ids, options)));
    },
  };
}

function batchOf<K extends 'repeatable' | 'insert'>(
  component: DeclaredComponent,
  kind: K,
  members: Record<string, z.ZodMiniType>,
) {
  const items = z.array(z.strictObject(members)).check(z.minLength(1), z.maxLength(MAX_BATCH_SIZE));
  return {
    kind,
    answersRows: true,
    input: inputSchema<never>({ ...parentMembers(component), items }),
    inputMembers: new Map<string, InputMember>([...membersOf(component, []), ['items', { type: 'json' }]]),
  } as const;
}

// What is not the row's own fault is the fault of all: the whole may be repeated when that is mended.
function failingWhole(rows: readonly RowResult[]): readonly RowResult[] {
  for (const row of rows) {
    if ('error' in row && row.error.failureClass !== 'message') throw row.error;
  }
  return rows;
}

function answerTo(rows: readonly RowResult[]): BatchAnswer<MaybeId> {
  return {
    items: rows.map((row) => ('error' in row ? { code: row.error.code } : row.id === undefined ? {} : { Id: row.id })),
  };
}
