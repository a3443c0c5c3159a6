import {
  ACCOUNT_STATUS,
  ACCOUNT_TYPE,
  ACTION_STATUS,
  ACTION_TYPE,
  ORDER_STATUS,
  REQUEST_PRIORITY,
  REQUEST_STATUS,
} from '../components.ts';
import { isoSeconds } from '../dates.ts';
import { barred, DEFAULT_ORGANIZATION, ORGANIZATION, OTHER_ORGANIZATION, TEAM } from '../positions.ts';
import type { Row } from '../store.ts';
import { COMPLAINTS, ERRANDS, FIRST_NAMES, LAST_NAMES, PLACES, PRODUCTS, TITLES, TRADES, WHAT } from './words.ts';

export type Pick = <Item>(items: readonly Item[]) => Item;

const DAY_MS = 86_400_000;

export function accountAt(index: number, pick: Pick, nowMs: number): Row {
  const what = WHAT[index % WHAT.length];
  const trade = TRADES[Math.floor(index / WHAT.length) % TRADES.length];
  const round = Math.floor(index / (WHAT.length * TRADES.length));
  return {
    Name: `${what} ${trade}${round === 0 ? '' : ` ${round + 1}`}`,
    Location: pick([...PLACES, null]),
    'Account Status': pick(ACCOUNT_STATUS),
    Type: pick([...ACCOUNT_TYPE, null]),
    'Main Phone Number': index % 9 === 0 ? null : `+44${String(2_000_000_000 + index * 7_919).slice(0, 10)}`,
    Employees: String((index * 37) % 5_000),
    Competitor: index % 40 === 0 ? 'Y' : 'N',
    'Primary Organization': DEFAULT_ORGANIZATION,
    'Annual Revenue': index % 7 === 0 ? null : money(index * 104_729),
    'Customer Since Date': dayAt(Date.UTC(2000, 0, 1) + ((index * 37) % 9_000) * DAY_MS),
    'Opening Time': index % 3 === 0 ? null : `${String(6 + (index % 5)).padStart(2, '0')}:30:00`,
    'Last Call Date': index % 6 === 0 ? null : isoSeconds(nowMs - ((index * 7_654_321) % 300_000) * 86_400),
    'Reference Flag': index % 17 === 0 ? null : yesEvery(5, index),
    'Integration Id': index % 4 === 0 ? `ACC-${numbered(index)}` : null,
    ...ownersAt(index),
  };
}

export function contactAt(index: number, pick: Pick, account: Row | undefined): Row {
  const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
  return {
    'Person UId': `P-${numbered(index)}`,
    'First Name': first,
    'Last Name': last,
    'Email Address': index % 11 === 0 ? null : `person${index + 1}@example.com`,
    'Work Phone #': `+49${String(3_000_000_000 + index * 6_007).slice(0, 10)}`,
    'Job Title': pick(TITLES),
    Account: account?.['Name'] ?? null,
    'Account Id': account?.['Id'] ?? null,
    'Birth Date': index % 8 === 0 ? null : dayAt(Date.UTC(1955, 0, 1) + ((index * 97) % 18_000) * DAY_MS),
    ...ownersAt(index),
  };
}

export function requestAt(index: number, pick: Pick, contact: Row | undefined): Row {
  return {
    'SR Number': `1-${String(10_000_000 + index)}`,
    Abstract: pick(COMPLAINTS),
    Description: null,
    Status: pick(REQUEST_STATUS),
    Priority: pick(REQUEST_PRIORITY),
    Account: contact?.['Account'] ?? null,
    'Account Id': contact?.['Account Id'] ?? null,
    'Contact Id': contact?.['Id'] ?? null,
    'Integration Id': index % 3 === 0 ? null : `EXT-${numbered(index)}`,
    ...ownersAt(index),
  };
}

export function actionAt(index: number, pick: Pick, request: Row | undefined, nowMs: number): Row {
  const plannedMs = nowMs + ((index * 7_777) % 2_000_000) * 1_000;
  const status = pick(ACTION_STATUS);
  return {
    'Activity UID': `A-${numbered(index)}`,
    Type: pick(ACTION_TYPE),
    Description: pick(ERRANDS),
    Status: status,
    Due: index % 5 === 0 ? null : isoSeconds(plannedMs + DAY_MS),
    Planned: isoSeconds(plannedMs),
    'Duration Minutes': String(15 * (1 + (index % 8))),
    'Done Flag': status === 'Done' ? 'Y' : 'N',
    'Activity SR Id': request?.['Id'] ?? null,
    ...ownersAt(index),
  };
}

/** A text file, in Base64 as the store keeps it. */
export function attachmentAt(index: number, pick: Pick, account: Row | undefined): Row {
  const content = Buffer.from(`${pick(COMPLAINTS)}\r\nNo. ${index + 1}\r\n`);
  return {
    AccntFileName: `Letter ${index + 1}`,
    AccntFileExt: 'txt',
    AccntFileSize: String(content.length),
    AccntFileDate: account?.['Updated'] ?? null,
    'Accnt Attachment Id': content.toString('base64'),
    Comment: index % 2 === 0 ? null : 'Scanned',
    'Account Id': account?.['Id'] ?? null,
  };
}

export function orderAt(index: number, pick: Pick, account: Row | undefined, nowMs: number): Row {
  return {
    'Order Number': `7-${numbered(index)}`,
    'Revision #': String(1 + (index % 3)),
    Status: pick(ORDER_STATUS),
    'Order Date': isoSeconds(nowMs - ((index * 5_333) % 400_000) * 60_000),
    'Requested Ship Date': index % 4 === 0 ? null : dayAt(nowMs + (index % 60) * DAY_MS),
    'Order Total': money((index + 1) * 86_028),
    Account: account?.['Name'] ?? null,
    'Account Id': account?.['Id'] ?? null,
    ...ownersAt(index),
  };
}

export function lineAt(index: number, pick: Pick, order: Row | undefined, number: number): Row {
  return {
    'Line Number': String(number),
    Product: pick(PRODUCTS),
    'Quantity Requested': index % 3 === 0 ? '0.5' : String(1 + (index % 12)),
    'Net Price': money((index + 1) * 15_485),
    'Order Header Id': order?.['Id'] ?? null,
  };
}

/** Most records belong to a team, and a part of them to two organizations. */
function ownersAt(index: number): Row {
  const teams = [
    ['Sales Representative 1'],
    ['Sales Representative 2', 'Sales Representative 1'],
    ['Sales Manager'],
    ['Nordic Representative'],
  ];
  const organizations = index % 4 === 3 ? [DEFAULT_ORGANIZATION, OTHER_ORGANIZATION] : [DEFAULT_ORGANIZATION];
  const team = index % 20 === 19 ? [] : (teams[index % 4] ?? []);
  return { [TEAM]: barred(team), [ORGANIZATION]: barred(organizations) };
}

/** Hundredths as a database gives them: without zeros at the end. */
function money(cents: number): string {
  const text = String(cents % 1_000_000_000).padStart(3, '0');
  const behind = text.slice(-2).replace(/0+$/, '');
  return `${text.slice(0, -2)}${behind === '' ? '' : `.${behind}`}`;
}

function dayAt(ms: number): string {
  return isoSeconds(ms).slice(0, 10);
}

function numbered(index: number): string {
  return String(index + 1).padStart(6, '0');
}

function yesEvery(count: number, index: number): string {
  return index % count === 0 ? 'Yes' : 'No';
}
