import { Seen } from './question.ts';
import type { WireAnswer } from './wire.ts';

/** A record as an answer has it: members as they stand, links and children included. */
export type Item = Readonly<Record<string, unknown>>;

const NO_DATA = /there is no data for the requested resource/i;

export function isItem(value: unknown): value is Item {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether the answer says that there are no rows, in any of the known ways. */
export function isEmpty({ status, json, text }: WireAnswer): boolean {
  if (status === 204) return true;
  if (status === 404) return NO_DATA.test(text);
  return status === 200 && isItem(json) && Array.isArray(json['items']) && json['items'].length === 0;
}

/** The records of an answer, however they are packed; none when it says so. Any other answer ends the question. */
export function itemsIn(answer: WireAnswer): readonly Item[] {
  if (isEmpty(answer)) return [];
  const { status, json } = answer;
  if (status !== 200 || json === undefined) throw new Seen(inWords(answer));
  if (Array.isArray(json)) return json.filter(isItem);
  if (!isItem(json)) throw new Seen(inWords(answer));
  const { items } = json;
  if (Array.isArray(items)) return items.filter(isItem);
  if (isItem(items)) return [items];
  if (typeof json['Id'] === 'string') return [json];
  throw new Seen(inWords(answer));
}

export function idsIn(answer: WireAnswer): readonly string[] {
  return itemsIn(answer).map((item) => String(item['Id']));
}

/** Number of rows in words: `no rows`, `1 row`, `3 rows`. */
export function rowsIn(answer: WireAnswer): string {
  const { length } = itemsIn(answer);
  return length === 0 ? 'no rows' : `${length} row${length === 1 ? '' : 's'}`;
}

/** The answer in a few words that hold no value of a record and no text of Siebel's. */
export function inWords({ status, json, text, codes, headers }: WireAnswer): string {
  if (codes.length > 0) return `HTTP ${status} ${codes.join(' ')}`;
  if (NO_DATA.test(text)) return `HTTP ${status} no data`;
  if (text === '') return `HTTP ${status} without a body`;
  const type = String(headers['content-type'] ?? 'no content type').split(';')[0];
  if (json === undefined) return `HTTP ${status} ${type}`;
  if (Array.isArray(json)) return `HTTP ${status} a bare array`;
  if (!isItem(json)) return `HTTP ${status} JSON that is no object`;
  if (status < 400 && 'items' in json)
    return `HTTP ${status} with ${Array.isArray(json['items']) ? 'a list' : 'a record'}`;
  return `HTTP ${status} with ${Object.keys(json).length > 3 ? 'a record' : Object.keys(json).sort().join(', ') || '{}'}`;
}

/** `refused with <code>` for the first of these codes that the answer has; else what it is. */
export function refusal(answer: WireAnswer, ...codes: readonly string[]): string {
  const found = codes.find((code) => answer.codes.includes(code));
  const isFailure = answer.status >= 400 || answer.codes.length > 0;
  if (found && isFailure) return `refused with ${found}`;
  return isFailure && !isEmpty(answer) ? `refused with ${inWords(answer)}` : `accepted: ${inWords(answer)}`;
}

/** The record that a write of one record answers with. */
export function writtenIn(answer: WireAnswer): Item {
  const [item] = itemsIn(answer);
  if (!item || typeof item['Id'] !== 'string') throw new Seen(inWords(answer));
  return item;
}

/** What a member holds: nothing, an object, an array, text. */
export function shapeOf(value: unknown): 'absent' | 'an object' | 'an array' | 'text' | 'something else' {
  if (value === undefined) return 'absent';
  if (Array.isArray(value)) return 'an array';
  if (isItem(value)) return 'an object';
  return typeof value === 'string' ? 'text' : 'something else';
}

/** The values of a record: its members without links and children. */
export function valuesOf(item: Item): readonly (readonly [name: string, value: unknown])[] {
  return Object.entries(item).filter(([, value]) => typeof value !== 'object' || value === null);
}

/** Links of a record: an array on reads, an object on writes. */
export function linksOf(item: Item): readonly Item[] {
  const { Link: link } = item;
  return (Array.isArray(link) ? link : [link]).filter(isItem);
}
