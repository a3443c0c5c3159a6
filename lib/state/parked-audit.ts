import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Item } from './requests.ts';

/** Entries that are kept of one call, the newest. */
const MOST_ENTRIES = 50;
/** Beside the largest message that lies in the item itself, DynamoDB has room for little more. */
const MOST_BYTES = 32_768;

/** The record of what operators have done, with one entry more; the oldest go, as it must never keep a call from being stored. */
export function withEntry(audit: AttributeValue | undefined, entry: Item): AttributeValue {
  const entries = [...(audit?.L ?? []), { M: entry }].slice(-MOST_ENTRIES);
  while (entries.length > 1 && Buffer.byteLength(JSON.stringify(entries)) > MOST_BYTES) entries.shift();
  return { L: entries };
}
