import { randomUUID } from 'node:crypto';
import { type AttributeValue, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { IntegrationError } from '../errors.ts';
import { ServiceUnavailableError } from '../errors.ts';
import type { CallItem, CallState, CallStore, Rejection } from '../ledger/call-item.ts';
import type { CallName } from '../ledger/ledger.ts';
import { storedContent } from './parked-content.ts';
import { conditionally, ITEM_SCHEMA, type Item, number, send, text } from './requests.ts';
import type { StateTable } from './table.ts';

/** How long a call is kept after its last write. */
export const KEPT_DAYS = 28;
/** The same of one that is rejected. */
export const REJECTED_KEPT_DAYS = 90;
const DAY_SECONDS = 24 * 60 * 60;
/** Partition of the sparse index `parked`: only what is parked has it. */
export const BUCKET = 'parked';

/** The part of the state table that keeps calls: `call#<operation>#<key>`, and `parked#<message id>` for what has no name. */
export function callItems({ tableName, client, clock }: StateTable): CallStore {
  return {
    read,

    async put(item, before, rejection) {
      const stored = { ...item, nonce: randomUUID() };
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const command = new PutItemCommand({
        TableName: tableName,
        Item: {
          pk: text(keyOf(item)),
          ...attributesOf(stored),
          expiresAt: number(nowSeconds + keptDays(item.state) * DAY_SECONDS),
          ...(rejection && (await rejectedAttributes(rejection, nowSeconds))),
        },
        ...unchanged(before, nowSeconds),
      });
      let failure: IntegrationError | undefined;
      try {
        const answer = await conditionally(tableName, () => client.send(command));
        if (answer) return { stored };
      } catch (error) {
        failure = error as IntegrationError;
      }
      // The SDK may have repeated a request whose first answer was lost: then what stands in the way is our own (R72).
      const found = await read(item);
      if (found?.nonce === stored.nonce) return { stored };
      if (failure) throw failure;
      return { found };
    },

    async park({ operation, key, payloadHash }, rejection) {
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const Item = {
        pk: text(`parked#${rejection.message.messageId}`),
        ...attributesOf({ state: 'REJECTED', operation, key, payloadHash }),
        expiresAt: number(nowSeconds + REJECTED_KEPT_DAYS * DAY_SECONDS),
        ...(await rejectedAttributes(rejection, nowSeconds)),
      };
      const command = new PutItemCommand({ TableName: tableName, Item, ReturnValues: 'ALL_OLD' });
      const { Attributes: before } = await send(tableName, () => client.send(command));
      return before === undefined;
    },
  };

  async function read(name: CallName): Promise<CallItem | undefined> {
    const command = new GetItemCommand({
      TableName: tableName,
      Key: { pk: text(keyOf(name)) },
      ConsistentRead: true,
    });
    const { Item: item } = await send(tableName, () => client.send(command));
    if (!item || Number(item['expiresAt']?.N) < Math.floor(clock.now() / 1_000)) return undefined;
    if (Number(item['schema']?.N) > ITEM_SCHEMA) {
      throw new ServiceUnavailableError(
        'STATE_UNAVAILABLE',
        'the item of this call was written by a newer version of this service; deploy that version',
      );
    }
    return { ...name, ...callItemOf(item) };
  }

  async function rejectedAttributes(rejection: Rejection, nowSeconds: number): Promise<Item> {
    const { message, issues, siebelCodes, mayBePartial } = rejection;
    const expiresAt = number(nowSeconds + REJECTED_KEPT_DAYS * DAY_SECONDS);
    return {
      parkedBucket: text(BUCKET),
      rejectedAtMs: number(rejection.rejectedAtMs),
      code: text(rejection.code),
      detail: text(rejection.detail),
      issues: text(JSON.stringify(issues)),
      siebelCodes: { L: siebelCodes.map(text) },
      ...(mayBePartial && { mayBePartial: { BOOL: true } }),
      messageId: text(message.messageId),
      receiveCount: number(message.receiveCount),
      firstSeenAtMs: number(message.firstSeenAtMs),
      ...(await storedContent(message, { tableName, client, expiresAt })),
    };
  }
}

/** `call#<operation>#<key>`; a `#` in the operation is escaped, so that no two names give the same key. */
export function keyOf({ operation, key }: CallName): string {
  return `call#${operation.replaceAll('%', '%25').replaceAll('#', '%23')}#${key}`;
}

/** A call as its item says it, without its name. Attributes that are absent mean 0 and false. */
export function callItemOf(item: Item): Omit<CallItem, 'operation' | 'key'> {
  const textAt = (name: string) => item[name]?.S;
  const numberAt = (name: string) => Number(item[name]?.N ?? 0);
  const flagAt = (name: string) => item[name]?.BOOL === true;
  return {
    state: textAt('state') as CallState,
    payloadHash: textAt('payloadHash'),
    nonce: textAt('nonce'),
    attempt: numberAt('attempt'),
    leaseUntilMs: numberAt('leaseUntilMs'),
    sentUntilMs: numberAt('sentUntilMs'),
    firstStartedAtMs: numberAt('firstStartedAtMs'),
    unknown: flagAt('unknown'),
    existsSaid: flagAt('existsSaid'),
    deaths: numberAt('deaths'),
    bugs: numberAt('bugs'),
    recordId: textAt('recordId'),
    redriveAtMs: numberAt('redriveAtMs'),
    correctedFrom: textAt('correctedFrom'),
    code: textAt('code'),
    rejectedAtMs: numberAt('rejectedAtMs'),
    messageId: textAt('messageId'),
    audit: item['audit'],
  };
}

/** The attributes of a call; those that are 0, false or absent are left out. */
function attributesOf({ audit, ...members }: { readonly [A in keyof CallItem]?: CallItem[A] | undefined }): Item {
  const given = Object.entries(members).flatMap(([name, value]) => (value ? [[name, attribute(value)] as const] : []));
  return {
    schema: number(ITEM_SCHEMA),
    ...Object.fromEntries(given),
    ...(audit !== undefined && { audit: audit as AttributeValue }),
  };
}

function attribute(value: string | number | true): AttributeValue {
  if (typeof value === 'boolean') return { BOOL: value };
  return typeof value === 'number' ? number(value) : text(value);
}

// Expiry is part of the condition: DynamoDB deletes expired items days later.
function unchanged(before: CallItem | undefined, nowSeconds: number) {
  if (!before) {
    return {
      ConditionExpression: 'attribute_not_exists(pk) OR expiresAt < :now',
      ExpressionAttributeValues: { ':now': number(nowSeconds) },
    };
  }
  // A person may have made or mended it.
  if (before.nonce === undefined) return { ConditionExpression: 'attribute_not_exists(nonce)' };
  return { ConditionExpression: 'nonce = :nonce', ExpressionAttributeValues: { ':nonce': text(before.nonce) } };
}

function keptDays(state: CallState): number {
  return state === 'REJECTED' ? REJECTED_KEPT_DAYS : KEPT_DAYS;
}
