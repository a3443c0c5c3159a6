import { UnusableResponseError } from '../errors.ts';
import { isObject } from '../json.ts';
import type { JsonObject } from './call.ts';
import type { SiebelPage, SiebelRecord, SiebelTree } from './component.ts';
import { isRecordId } from './path.ts';

/** Beside the fields: addresses of the record and its children, which are never followed. */
const LINKS = 'Link';
const TOTAL = 'total-record-count';
/** Digits that a JavaScript number surely keeps. */
const EXACT_DIGITS = 15;

/** A record that Siebel has answered, which always has an Id. */
export type AnsweredRecord = SiebelRecord & { readonly Id: string };

/**
 * The records of an answer, however Siebel has packed them: an array, one object, a bare record. They are `json`'s own
 * objects, without their links and children: whoever wants those reads them by `treesOf`.
 *
 * @param headers Of the answer, names in lower case; `Total-Record-Count` becomes `total`.
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` for anything else: a record without an Id, an Id that comes twice. `{}`
 *   is no empty list.
 */
export function recordsOf(
  json: unknown,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): SiebelPage & { readonly records: readonly AnsweredRecord[] } {
  const records = itemsOf(json, status).map((item) => takenOver(item, status));
  assertDistinct(records, status);
  const told = isObject(json) && Object.hasOwn(json, 'lastpage') ? String(json['lastpage']).toLowerCase() : '';
  const page = { records, lastPage: told === 'true' || records.length === 0 };
  const total = totalOf(headers[TOTAL]);
  return total === undefined ? page : { ...page, total };
}

/** The one record of an answer. */
export function oneRecordOf(json: unknown, status: number): AnsweredRecord {
  const [record, ...more] = recordsOf(json, status).records;
  if (!record || more.length > 0) throw unexpected(status, 'not exactly one record');
  return record;
}

/**
 * The records of an answer with their children, which Siebel packs as an object for one, an array for several and nothing
 * for none.
 *
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` as `recordsOf`, on every level.
 */
export function treesOf(json: unknown, status: number): readonly SiebelTree[] {
  return treesIn(itemsOf(json, status), status);
}

/**
 * What a service or workflow gave back: its output arguments at the top, together with the members of `items`, in which
 * Siebel puts a message. Several rows in `items` stay there, as they have no names of their own.
 *
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` when it is no object, or has one name in both places.
 */
export function outputOf(json: unknown, status: number): JsonObject {
  if (!isObject(json)) throw unexpected(status, 'no output arguments');
  if (!Object.hasOwn(json, 'items') || !isObject(json['items'])) return json;
  const top = Object.entries(json).filter(([name]) => name !== 'items' && name !== LINKS);
  const inside = Object.entries(json['items']);
  if (inside.some(([name]) => top.some(([other]) => other === name)))
    throw unexpected(status, 'an output argument twice');
  return Object.fromEntries([...top, ...inside]);
}

/** The records as they came: an array of one for one. */
export function itemsOf(json: unknown, status: number): readonly unknown[] {
  if (Array.isArray(json)) return json;
  if (!isObject(json)) throw unexpected(status, 'neither records nor one record');
  return Object.hasOwn(json, 'items') ? listOf(json['items']) : [json];
}

/** Absent children are none, one child is an object. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/**
 * The values of one record; links and children are left out.
 *
 * @throws UnusableResponseError `UNEXPECTED_SHAPE` when it has no Id, or a number that may have lost digits.
 */
export function recordOf(item: unknown, status: number): AnsweredRecord {
  // Entries, so that a member named __proto__ stays a member.
  const values = Object.entries(withId(item, status)).flatMap(([name, value]): [string, string][] => {
    const text = textOf(value, status);
    return text === undefined ? [] : [[name, text]];
  });
  return Object.fromEntries(values) as AnsweredRecord;
}

/** As `recordOf`, in the object that was parsed: copies of all records would be most of what a pull leaves behind. */
function takenOver(item: unknown, status: number): AnsweredRecord {
  const record = withId(item, status);
  for (const name of Object.keys(record)) {
    const value = record[name];
    if (typeof value === 'string') continue;
    const text = textOf(value, status);
    if (text === undefined) Reflect.deleteProperty(record, name);
    else record[name] = text;
  }
  return record as AnsweredRecord;
}

function withId(item: unknown, status: number): Record<string, unknown> {
  if (!isObject(item)) throw unexpected(status, 'a list with something that is not a record');
  // A number may have lost digits, and an Id is none.
  if (typeof item['Id'] !== 'string' || !Object.hasOwn(item, 'Id') || !isRecordId(item['Id']))
    throw unexpected(status, 'a record without an Id that could be one');
  return item as Record<string, unknown>;
}

/** A value as text; nothing for links and children. */
function textOf(value: unknown, status: number): string | undefined {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  if (typeof value === 'number') return digitsOf(value, status);
  return typeof value === 'boolean' ? String(value) : undefined;
}

/** An answer that says yes, but not what it should say. */
export function unexpected(status: number, what: string): UnusableResponseError {
  return new UnusableResponseError('UNEXPECTED_SHAPE', `Siebel's answer holds ${what}`, { status });
}

function treesIn(items: readonly unknown[], status: number): SiebelTree[] {
  const trees = items.map((item): SiebelTree => {
    const values = recordOf(item, status);
    const children = Object.entries(item as JsonObject)
      .filter(([name, value]) => name !== LINKS && typeof value === 'object' && value !== null)
      .map(([name, value]): [string, SiebelTree[]] => [name, treesIn(listOf(value), status)]);
    return { values, children: Object.fromEntries(children) };
  });
  assertDistinct(
    trees.map(({ values }) => values),
    status,
  );
  return trees;
}

/** Two records with one Id in one list: rows have moved while Siebel put it together, or it is not a list of records. */
function assertDistinct(records: readonly SiebelRecord[], status: number): void {
  const ids = new Set(records.map((record) => record['Id']));
  if (ids.size !== records.length) throw unexpected(status, 'the same Id twice');
}

function digitsOf(value: number, status: number): string {
  const text = String(value);
  const exact =
    Number.isSafeInteger(value) || (/^-?\d+\.\d+$/.test(text) && text.replace(/\D/g, '').length <= EXACT_DIGITS);
  if (!exact) throw unexpected(status, 'a number that may have lost digits');
  return text;
}

function totalOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text.trim()) ? Number(text) : undefined;
}
