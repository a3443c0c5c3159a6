import { type AttributeValue, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { CallMessage } from '../ledger/ledger.ts';
import { ITEM_SCHEMA, type Item, send } from './requests.ts';
import type { StateTable } from './table.ts';

/** DynamoDB's limit of an item is 400 KB with names and keys; SQS allows a message of 1 MiB. */
const MAX_CONTENT_BYTES = 350_000;
/** In UTF-16 units, of which each takes at most three bytes. */
const PART_LENGTH = Math.floor(MAX_CONTENT_BYTES / 3);

/**
 * Body and attributes of a parked message as `body` and `attributes` of its item; when they are too large for one, as
 * `contentParts`, and in so many items `parked#<message id>#<index>`, which are stored here.
 */
export async function storedContent(
  { messageId, body, attributes }: CallMessage,
  { tableName, client, expiresAt }: Omit<StateTable, 'clock'> & { readonly expiresAt: AttributeValue },
): Promise<Item> {
  const attributesText = JSON.stringify(attributes);
  if (Buffer.byteLength(body) + Buffer.byteLength(attributesText) <= MAX_CONTENT_BYTES) {
    return { body: { S: body }, attributes: { S: attributesText } };
  }
  const parts = partsOf(JSON.stringify({ body, attributes }));
  for (const [index, part] of parts.entries()) {
    const Item = {
      pk: { S: `parked#${messageId}#${index}` },
      schema: { N: String(ITEM_SCHEMA) },
      part: { S: part },
      expiresAt,
    };
    await send(tableName, () => client.send(new PutItemCommand({ TableName: tableName, Item })));
  }
  return { contentParts: { N: String(parts.length) } };
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
