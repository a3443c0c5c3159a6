import { BUCKET } from './call-items.ts';
import { SUMMARY_ATTRIBUTES } from './parked-item.ts';
import { type Item, number, text } from './requests.ts';

/** Which parked calls a list shows; every filter that is given must fit. */
export interface ParkedFilter {
  readonly code?: string | undefined;
  readonly operation?: string | undefined;
  /** Beginning of the producer's key. */
  readonly keyPrefix?: string | undefined;
  /** The producer's key, or the id of the message. */
  readonly named?: string | undefined;
  /** First and last instant of the refusal. */
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

const INDEX = 'parked';

/** Index, key condition, filter and projection of a list. */
export function queryOf(filter: ParkedFilter, nowMs: number) {
  const values: Item = {
    ':parked': text(BUCKET),
    ':since': number(filter.sinceMs ?? 0),
    ':until': number(filter.untilMs ?? Number.MAX_SAFE_INTEGER),
    ':now': number(Math.floor(nowMs / 1_000)),
  };
  const conditions = ['(attribute_not_exists(#expiresAt) OR #expiresAt > :now)'];
  const names = new Set<string>(['expiresAt', ...SUMMARY_ATTRIBUTES]);
  const add = (condition: string, name: string, value: string | undefined) => {
    if (value === undefined) return;
    conditions.push(condition);
    values[`:${name}`] = text(value);
  };
  add('#code = :code', 'code', filter.code);
  add('#operation = :operation', 'operation', filter.operation);
  add('begins_with(#key, :prefix)', 'prefix', filter.keyPrefix);
  add('(#key = :named OR #messageId = :named)', 'named', filter.named);
  return {
    IndexName: INDEX,
    KeyConditionExpression: '#parkedBucket = :parked AND #rejectedAtMs BETWEEN :since AND :until',
    FilterExpression: conditions.join(' AND '),
    ProjectionExpression: SUMMARY_ATTRIBUTES.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries([...names].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: values,
  };
}
