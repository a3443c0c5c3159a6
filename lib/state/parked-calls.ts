import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { ParkedCall, ParkedCalls } from '../ledger/parked-calls.ts';
import { conditionally, ITEM_SCHEMA, type Item, send } from './requests.ts';
import type { StateTable } from './table.ts';

const KEPT_DAYS = 90;
/** Partition of the sparse index `parked`: only what is parked has it. */
const BUCKET = 'parked';
/** DynamoDB's limit of an item is 400 KB with names and keys; SQS allows a message of 1 MiB. */
const MAX_CONTENT_BYTES = 350_000;
/** In UTF-16 units, of which each takes at most three bytes. */
const PART_LENGTH = Math.floor(MAX_CONTENT_BYTES / 3);
/** DynamoDB's limit is 2,048 bytes. */
const MAX_KEY_BYTES = 1_024;

/** The part of the state table that keeps refused calls. */
export function parkedCalls({ tableName, client, clock }: StateTable): ParkedCalls {
  return {
    async park(call) {
      const nowSeconds = Math.floor(clock.now() / 1_000);
      const content = await storeContent(call, nowSeconds);
      const own = `parked#${call.messageId}`;
      const named = keyOf(call);

      const common = { ...attributesOf(call), ...content, expiresAt: number(expiryOf(nowSeconds)) };
      if (named !== undefined && (await put(named, common, call.messageId, nowSeconds))) return;
      await send(tableName, () =>
        client.send(new PutItemCommand({ TableName: tableName, Item: { pk: text(own), ...common } })),
      );
    },
  };

  /** False when another message is kept under this key. */
  async function put(pk: string, item: Item, messageId: string, nowSeconds: number): Promise<boolean> {
    const command = new PutItemCommand({
      TableName: tableName,
      Item: { pk: text(pk), ...item },
      // Expiry is part of the condition: DynamoDB deletes expired items days later.
      ConditionExpression: 'attribute_not_exists(pk) OR messageId = :messageId OR expiresAt < :now',
      ExpressionAttributeValues: { ':messageId': text(messageId), ':now': number(nowSeconds) },
    });
    return (await conditionally(tableName, () => client.send(command))) !== undefined;
  }

  /** Body and attributes, in the item itself or, when they are too large for one, in items of their own. */
  async function storeContent(call: ParkedCall, nowSeconds: number): Promise<Item> {
    const attributes = JSON.stringify(call.attributes);
    if (Buffer.byteLength(call.body) + Buffer.byteLength(attributes) <= MAX_CONTENT_BYTES) {
      return { body: text(call.body), attributes: text(attributes) };
    }
    const parts = partsOf(JSON.stringify({ body: call.body, attributes: call.attributes }));
    for (const [index, part] of parts.entries()) {
      const item = {
        pk: text(`parked#${call.messageId}#${index}`),
        schema: number(ITEM_SCHEMA),
        part: text(part),
        expiresAt: number(expiryOf(nowSeconds)),
      };
      await send(tableName, () => client.send(new PutItemCommand({ TableName: tableName, Item: item })));
    }
    return { contentParts: number(parts.length) };
  }
}

/** `call#<operation>#<key>`; `undefined` when the message has no usable key. */
function keyOf({ operation, key }: ParkedCall): string | undefined {
  if (operation === undefined || key === undefined) return undefined;
  const pk = `call#${operation.replaceAll('%', '%25').replaceAll('#', '%23')}#${key}`;
  return Buffer.byteLength(pk) <= MAX_KEY_BYTES ? pk : undefined;
}

function attributesOf(call: ParkedCall): Item {
  return {
    schema: number(ITEM_SCHEMA),
    state: text('REJECTED'),
    parkedBucket: text(BUCKET),
    rejectedAtMs: number(call.rejectedAtMs),
    firstSeenAtMs: number(call.firstSeenAtMs),
    messageId: text(call.messageId),
    ...(call.operation === undefined ? {} : { operation: text(call.operation) }),
    ...(call.key === undefined ? {} : { key: text(call.key) }),
    code: text(call.code),
    detail: text(call.detail),
    issues: text(JSON.stringify(call.issues)),
    siebelCodes: { L: call.siebelCodes.map(text) },
    attempts: number(call.attempts),
  };
}

// Never between the two halves of a character beyond the basic plane: each half alone has no UTF-8.
function partsOf(content: string): string[] {
  const parts: string[] = [];
  for (let start = 0; start < content.length; ) {
    let end = Math.min(start + PART_LENGTH, content.length);
    if (end < content.length && /[\ud800-\udbff]/.test(content.charAt(end - 1))) end -= 1;
    parts.push(content.slice(start, end));
    start = end;
  }
  return parts;
}

function expiryOf(nowSeconds: number): number {
  return nowSeconds + KEPT_DAYS * 24 * 60 * 60;
}

function text(value: string): AttributeValue {
  return { S: value };
}

function number(value: number): AttributeValue {
  return { N: String(value) };
}
