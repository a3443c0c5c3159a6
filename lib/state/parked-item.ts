import type { InputIssue } from '../errors.ts';
import { isObject } from '../json.ts';
import type { Item } from './requests.ts';

/** One thing that an operator has done with a call. */
export interface AuditEntry {
  readonly atMs: number;
  /** Who did it: the name of the operator's account. */
  readonly by: string;
  readonly action: string;
  /** Why, or with what. */
  readonly note: string | undefined;
}

/** What a list shows of a call that the state table keeps. */
export interface StoredSummary {
  /** Names the item in the table. */
  readonly pk: string;
  /** Whether it lies in the list of parked calls. */
  readonly parked: boolean;
  /** REJECTED, while it is parked and afterwards; else where the call stands. */
  readonly state: string;
  readonly operation: string | undefined;
  readonly key: string | undefined;
  readonly messageId: string | undefined;
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly siebelCodes: readonly string[];
  readonly receiveCount: number | undefined;
  readonly firstSeenAtMs: number | undefined;
  readonly rejectedAtMs: number | undefined;
  /** A request had left whose outcome nobody knows. */
  readonly unknown: boolean;
  /** Siebel may have done a part of it before it refused. */
  readonly mayBePartial: boolean;
  /** A person has looked at Siebel and found that it was not done. */
  readonly checkedNotDone: boolean;
  /** When a correction was stored that no redrive has used yet. */
  readonly correctedAtMs: number | undefined;
  /** When it was last put on the queue again, as long as no consumer has started it since. */
  readonly redriveSentAtMs: number | undefined;
  /** The instant that the redrive carried which a consumer started last. */
  readonly startedRedriveAtMs: number | undefined;
  /** Drawn anew with each write, so that it stands for the whole item as it was read. */
  readonly nonce: string | undefined;
}

/** All that the state table keeps of a call. */
export interface StoredCall extends StoredSummary {
  readonly issues: readonly InputIssue[];
  /** The message body as it came; `undefined` where only the outcome is kept. */
  readonly body: string | undefined;
  /** Message attributes as they came: name to text. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Row id of the record at Siebel, of a call that is done. */
  readonly recordId: string | undefined;
  /** Item that holds the correction for the next redrive. */
  readonly correctedPk: string | undefined;
  readonly audit: readonly AuditEntry[];
}

/** Attributes of `StoredSummary`; the body and what else is large stay where they are. */
export const SUMMARY_ATTRIBUTES = [
  'pk',
  'parkedBucket',
  'state',
  'operation',
  'key',
  'messageId',
  'code',
  'detail',
  'siebelCodes',
  'receiveCount',
  'firstSeenAtMs',
  'rejectedAtMs',
  'unknown',
  'mayBePartial',
  'notDoneOf',
  'correctedOf',
  'correctedAtMs',
  'redriveOf',
  'redriveSentAtMs',
  'redriveAtMs',
  'nonce',
] as const;

/** Reads the attributes that a list shows. */
export function readSummary(item: Item): StoredSummary {
  const rejectedAtMs = numberOf(item, 'rejectedAtMs');
  // What was said of an earlier refusal counts no more once the call has run again.
  const ofThisRefusal = (name: string) => rejectedAtMs !== undefined && numberOf(item, name) === rejectedAtMs;
  return {
    pk: item['pk']?.S ?? '',
    parked: item['parkedBucket'] !== undefined,
    state: item['state']?.S ?? 'REJECTED',
    operation: item['operation']?.S,
    key: item['key']?.S,
    messageId: item['messageId']?.S,
    code: item['code']?.S,
    detail: item['detail']?.S,
    siebelCodes: (item['siebelCodes']?.L ?? []).flatMap(({ S }) => S ?? []),
    receiveCount: numberOf(item, 'receiveCount'),
    firstSeenAtMs: numberOf(item, 'firstSeenAtMs'),
    rejectedAtMs,
    unknown: item['unknown']?.BOOL === true,
    mayBePartial: item['mayBePartial']?.BOOL === true,
    checkedNotDone: ofThisRefusal('notDoneOf'),
    correctedAtMs: ofThisRefusal('correctedOf') ? numberOf(item, 'correctedAtMs') : undefined,
    redriveSentAtMs: ofThisRefusal('redriveOf') ? numberOf(item, 'redriveSentAtMs') : undefined,
    startedRedriveAtMs: numberOf(item, 'redriveAtMs'),
    nonce: item['nonce']?.S,
  };
}

/** Reads a whole item, given the body and attributes where they lie in parts of their own. */
export function readStored(item: Item, content: Content): StoredCall {
  const summary = readSummary(item);
  return {
    ...summary,
    ...content,
    issues: readIssues(item['issues']?.S),
    recordId: item['recordId']?.S,
    correctedPk: summary.correctedAtMs === undefined ? undefined : item['correctedPk']?.S,
    audit: (item['audit']?.L ?? []).flatMap(({ M }) => (M ? [readEntry(M)] : [])),
  };
}

export type Content = Pick<StoredCall, 'body' | 'attributes'>;

/** Body and attributes that lie in the item itself. */
export function ownContent(item: Item): Content {
  return { body: item['body']?.S, attributes: readAttributes(parsed(item['attributes']?.S)) };
}

/** Body and attributes from the texts of their parts, put together. */
export function joinedContent(text: string): Content {
  const value = parsed(text);
  if (!isObject(value)) return { body: undefined, attributes: {} };
  const { body, attributes } = value;
  return { body: typeof body === 'string' ? body : undefined, attributes: readAttributes(attributes) };
}

function readAttributes(value: unknown): Record<string, string> {
  if (!isObject(value)) return {};
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function readIssues(text: string | undefined): InputIssue[] {
  const value = parsed(text);
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map(({ pointer, code, message }) => ({
    pointer: String(pointer ?? ''),
    code: String(code ?? ''),
    message: String(message ?? ''),
  }));
}

function readEntry(entry: Item): AuditEntry {
  return {
    atMs: Number(entry['atMs']?.N ?? 0),
    by: entry['by']?.S ?? '',
    action: entry['action']?.S ?? '',
    note: entry['note']?.S,
  };
}

function numberOf(item: Item, name: string): number | undefined {
  const value = item[name]?.N;
  return value === undefined ? undefined : Number(value);
}

// What this service stored is JSON; an item that somebody has mended by hand may not be.
function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
