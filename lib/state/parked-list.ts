import { randomUUID } from 'node:crypto';
import {
  type AttributeValue,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { BUCKET, KEPT_DAYS, REJECTED_KEPT_DAYS } from './call-items.ts';
import { withEntry } from './parked-audit.ts';
import {
  type Content,
  joinedContent,
  ownContent,
  readStored,
  readSummary,
  type StoredCall,
  type StoredSummary,
} from './parked-item.ts';
import { type ParkedFilter, queryOf } from './parked-query.ts';
import { conditionally, ITEM_SCHEMA, type Item, number, send, text } from './requests.ts';
import type { StateTable } from './table.ts';

/** Who does something, and why; kept with the call. */
export interface Act {
  readonly by: string;
  readonly note?: string | undefined;
}

/**
 * The parked calls, for the operator's command line: a sparse index lists them, and every change holds only while the call
 * still lies there as it was read. What a change answers is whether it was made; `false` says that the call has moved on.
 */
export interface ParkedList {
  /** Reads page after page; what a filter leaves out costs its reading all the same. */
  list(filter: ParkedFilter, order: 'newest first' | 'oldest first'): AsyncGenerator<StoredSummary>;
  /** One call with its message, in whatever state; consistently. */
  read(pk: string): Promise<StoredCall | undefined>;
  /** The correction that an item names. */
  readCorrection(correctedPk: string): Promise<string | undefined>;
  /** Keeps a corrected message body for the next redrive. */
  correct(call: StoredSummary, body: string, act: Act): Promise<boolean>;
  /** A person has seen at Siebel that the call was done; `recordId` names the record. */
  resolveDone(call: StoredSummary, recordId: string, act: Act): Promise<boolean>;
  /** A person has seen at Siebel that the call was not done. */
  resolveNotDone(call: StoredSummary, act: Act): Promise<boolean>;
  /**
   * Notes that the call is put on the queue again. Before the sending, so that nothing is sent of what has moved on; which is
   * here also what another operator has changed since it was read, as a correction must not be passed over.
   */
  noteRedrive(call: StoredSummary, act: Act): Promise<boolean>;
  /** Takes that note back, as the sending has failed. */
  noteNotSent(call: StoredSummary, act: Act): Promise<boolean>;
  /** Takes the call out of the list; it stays refused for good, also when a redrive of it waits in the queue. */
  drop(call: StoredSummary, act: Act): Promise<boolean>;
  /** The same of a message without a call of its own, once it has been sent again. */
  leave(call: StoredSummary, act: Act): Promise<boolean>;
}

interface Change {
  readonly set?: Item;
  readonly remove?: readonly string[];
  readonly action: string;
  /** Whether nothing at all may have been changed since the call was read. */
  readonly untouched?: boolean;
}

/** The list of parked calls over the state table. */
export function parkedList({ tableName, client, clock }: StateTable): ParkedList {
  return {
    async *list(filter, order) {
      const query = queryOf(filter, clock.now());
      for (let start: Item | undefined; ; ) {
        const command = new QueryCommand({
          TableName: tableName,
          ...query,
          ScanIndexForward: order === 'oldest first',
          ...(start ? { ExclusiveStartKey: start } : {}),
        });
        const { Items = [], LastEvaluatedKey } = await send(tableName, () => client.send(command));
        for (const item of Items) yield readSummary(item);
        if (!LastEvaluatedKey) return;
        start = LastEvaluatedKey;
      }
    },

    async read(pk) {
      const item = await itemAt(pk);
      return item && readStored(item, await contentOf(item));
    },

    async readCorrection(correctedPk) {
      return (await itemAt(correctedPk))?.['body']?.S;
    },

    async correct(call, body, act) {
      // In an item of its own, as both texts may be too large for one. An item that is not named by any call expires.
      const pk = `corrected#${randomUUID()}`;
      const item = {
        pk: text(pk),
        schema: number(ITEM_SCHEMA),
        body: text(body),
        expiresAt: number(expiryIn(REJECTED_KEPT_DAYS)),
      };
      await send(tableName, () => client.send(new PutItemCommand({ TableName: tableName, Item: item })));
      const set = { correctedPk: text(pk), correctedOf: refusalOf(call), correctedAtMs: number(clock.now()) };
      return change(call, { action: 'corrected', set }, act);
    },

    resolveDone: (call, recordId, act) =>
      change(
        call,
        {
          action: 'resolved as done',
          set: { state: text('DONE'), recordId: text(recordId), expiresAt: number(expiryIn(KEPT_DAYS)) },
          // All that belonged to the refusal, as the call is none any more.
          remove: [
            ...['parkedBucket', 'rejectedAtMs', 'unknown', 'mayBePartial', 'existsSaid'],
            ...['code', 'detail', 'issues', 'siebelCodes', 'redriveOf', 'redriveSentAtMs'],
          ],
        },
        act,
      ),

    resolveNotDone: (call, act) =>
      change(
        call,
        {
          action: 'resolved as not done',
          set: { notDoneOf: refusalOf(call) },
          remove: ['unknown', 'mayBePartial', 'existsSaid'],
        },
        act,
      ),

    noteRedrive: (call, act) =>
      change(
        call,
        {
          action: 'redriven',
          set: { redriveOf: refusalOf(call), redriveSentAtMs: number(clock.now()) },
          untouched: true,
        },
        act,
      ),

    noteNotSent: (call, act) =>
      change(call, { action: 'redrive not sent', remove: ['redriveOf', 'redriveSentAtMs'] }, act),

    drop: (call, act) =>
      change(
        call,
        // As if the redrive that may be waiting had been started already (R79).
        { action: 'dropped', set: { redriveAtMs: number(redriveAtMsOf(call)) }, remove: ['parkedBucket'] },
        act,
      ),
    leave: (call, act) => change(call, { action: 'sent again', remove: ['parkedBucket'] }, act),
  };

  async function itemAt(pk: string): Promise<Item | undefined> {
    const command = new GetItemCommand({ TableName: tableName, Key: { pk: text(pk) }, ConsistentRead: true });
    const { Item: item } = await send(tableName, () => client.send(command));
    // Expired items may lie there for days.
    return item && Number(item['expiresAt']?.N ?? Number.POSITIVE_INFINITY) > clock.now() / 1_000 ? item : undefined;
  }

  /** Too large messages lie in parts of their own. */
  async function contentOf(item: Item): Promise<Content> {
    const count = Number(item['contentParts']?.N ?? 0);
    if (count === 0) return ownContent(item);
    const parts: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const part = await itemAt(`parked#${item['messageId']?.S}#${index}`);
      parts.push(part?.['part']?.S ?? '');
    }
    return joinedContent(parts.join(''));
  }

  async function change(
    call: StoredSummary,
    { set = {}, remove = [], action, untouched = false }: Change,
    act: Act,
  ): Promise<boolean> {
    const { audit, nonce, pk } = (await itemAt(call.pk)) ?? {};
    if (!pk || (untouched && nonce?.S !== call.nonce)) return false;
    const id = randomUUID();
    const entry: Item = {
      id: text(id),
      atMs: number(clock.now()),
      by: text(act.by),
      action: text(action),
      ...(act.note === undefined ? {} : { note: text(act.note) }),
    };
    // A new nonce tells a ledger that has read the item before that it is no longer as it was.
    const changed: Item = { ...set, nonce: text(id), audit: withEntry(audit, entry) };
    const names = Object.keys(changed);
    const removal = remove.length > 0 ? ` REMOVE ${remove.map((name) => `#${name}`).join(', ')}` : '';
    const unchanged = nonce ? '#nonce = :before' : 'attribute_not_exists(#nonce)';
    const command = new UpdateItemCommand({
      TableName: tableName,
      Key: { pk: text(call.pk) },
      UpdateExpression: `SET ${names.map((name) => `#${name} = :${name}`).join(', ')}${removal}`,
      ConditionExpression: `#state = :rejected AND #parkedBucket = :parked AND #rejectedAtMs = :read AND ${unchanged}`,
      ExpressionAttributeNames: Object.fromEntries(
        ['state', 'parkedBucket', 'rejectedAtMs', ...names, ...remove].map((name) => [`#${name}`, name]),
      ),
      ExpressionAttributeValues: {
        ...Object.fromEntries(names.map((name) => [`:${name}`, changed[name]])),
        ...(nonce && { ':before': nonce }),
        ':rejected': text('REJECTED'),
        ':parked': text(BUCKET),
        ':read': refusalOf(call),
      } as Item,
    });
    let failure: unknown;
    try {
      if (await conditionally(tableName, () => client.send(command))) return true;
    } catch (error) {
      failure = error;
    }
    // The answer may have been lost, or the SDK have repeated the request after that: then the change is there, and ours (R72).
    const { audit: kept } = (await itemAt(call.pk)) ?? {};
    if (kept?.L?.some(({ M }) => M?.['id']?.S === id)) return true;
    if (failure) throw failure;
    return false;
  }

  function expiryIn(days: number): number {
    return Math.floor(clock.now() / 1_000) + days * 24 * 60 * 60;
  }
}

/**
 * The instant that a redrive of this refusal carries: later than the refusal, and than every redrive that was started (R79).
 *
 * Made of the refusal alone, and of no clock: two redrives of one refusal are the same, so that the second starts nothing when
 * the first has ended in a refusal that nobody has seen.
 */
export function redriveAtMsOf({ rejectedAtMs = 0, startedRedriveAtMs = 0 }: StoredSummary): number {
  return Math.max(rejectedAtMs, startedRedriveAtMs) + 1;
}

/** Tells one refusal of a call from an earlier one. */
function refusalOf({ rejectedAtMs = 0 }: StoredSummary): AttributeValue {
  return number(rejectedAtMs);
}
