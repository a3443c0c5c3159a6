import {
  ACCOUNT_STATUS,
  ACCOUNT_TYPE,
  type Component,
  findComponent,
  REQUEST_PRIORITY,
  REQUEST_STATUS,
} from './components.ts';
import { isoSeconds } from './dates.ts';
import type { Row, Store } from './store.ts';

const PLACES = [
  'Aberdeen',
  'Bergen',
  'Cádiz',
  'Düsseldorf',
  'Espoo',
  'Gdańsk',
  'Hull',
  'Izmir',
  'Lyon',
  'Malmö',
  'Osaka',
  'Porto',
  '上海',
  'عمّان',
];
const WHAT = [
  'Harbour',
  "O'Brien",
  'Northern',
  'Müller & Söhne',
  'Blue "Star"',
  'Atlas',
  'Kestrel',
  'Three Rivers',
  'Łódź',
  'Sato 佐藤',
  '50% Less',
  'A+B',
  'Al-Noor',
  'Granite',
];
const TRADES = [
  'Supplies',
  'Shipping',
  'Foods',
  'Optics',
  'Timber',
  'Instruments',
  'Textiles',
  'Energy',
  'Printing',
  'Logistics',
];
const FIRST_NAMES = ['Ada', 'Björn', 'Chiara', 'Dmitri', 'Elif', 'Femi', 'Grace', 'Hana', 'Ingrid', "D'Arcy"];
const LAST_NAMES = [
  'Adeyemi',
  'Brandt',
  'Costa',
  "O'Neill",
  'Eriksen',
  'Fournier',
  'García',
  'Hansen',
  'Ito',
  'van der Berg',
];
const TITLES = ['Buyer', 'Head of Purchasing', 'Accountant', 'Site Manager', ''];
const COMPLAINTS = [
  'Invoice differs from order',
  'Delivery is late',
  'Address has changed',
  'Wrong item received',
  'Needs a new contact',
];

const LEAST_AGE_MS = 2 * 3_600_000;
const GREATEST_AGE_MS = 400 * 86_400_000;
const BULK_LOAD = 230;

/** Fills the store: accounts, and a fifth as many contacts and service requests. The same seed gives the same data, of the 400 days before `nowMs`. */
export function seed(
  store: Store,
  options: { records: number; seed: number; nowMs: number; nextId: () => string },
): void {
  const { records, nowMs, nextId } = options;
  const fifth = Math.floor(records / 5);
  const made = { nowMs, nextId, random: randomFrom(options.seed) };
  store.transaction(() => {
    const accounts = fill(store, 'Account', { ...made, count: records, make: accountAt });
    const parent = (index: number) => accounts[(index * 5) % Math.max(accounts.length, 1)];
    const contacts = fill(store, 'Contact', {
      ...made,
      count: fifth,
      make: (index, pick) => contactAt(index, pick, parent(index)),
    });
    const make = (index: number, pick: Pick) => requestAt(index, pick, contacts[index]);
    fill(store, 'Service Request', { ...made, count: fifth, make });
  });
}

type Pick = <Item>(items: readonly Item[]) => Item;

function fill(
  store: Store,
  name: string,
  options: {
    count: number;
    make: (index: number, pick: Pick) => Row;
    random: () => number;
    nowMs: number;
    nextId: () => string;
  },
): Row[] {
  const { count, make, random, nowMs, nextId } = options;
  const component = componentNamed(name);
  const pick: Pick = (items) => items[Math.floor(random() * items.length)] as (typeof items)[number];
  const changed = changeTimes(count, { random, nowMs });
  return changed.map((updatedMs, index) => {
    const author = pick(['SADMIN', 'JHANSEN', 'MCOSTA']);
    const createdMs = updatedMs - Math.floor(random() * GREATEST_AGE_MS);
    const stamps = { Created: isoSeconds(createdMs), 'Created By Name': author };
    const row = {
      Id: nextId(),
      ...make(index, pick),
      ...stamps,
      Updated: isoSeconds(updatedMs),
      'Updated By Name': author,
    };
    store.insert(component, row);
    return row;
  });
}

/** Instants between two hours and 400 days ago; several records share a second, and one bulk load shares one with many. */
function changeTimes(count: number, { random, nowMs }: { random: () => number; nowMs: number }): number[] {
  const times: number[] = [];
  const draw = () => nowMs - LEAST_AGE_MS - Math.floor(random() * (GREATEST_AGE_MS - LEAST_AGE_MS));
  if (count >= 1_000) times.push(...Array<number>(BULK_LOAD).fill(draw()));
  while (times.length < count) {
    const together = 1 + Math.floor(random() ** 3 * 6);
    times.push(...Array<number>(Math.min(together, count - times.length)).fill(draw()));
  }
  return times;
}

function accountAt(index: number, pick: Pick): Row {
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
    'Primary Organization': 'Default Organization',
  };
}

function contactAt(index: number, pick: Pick, account: Row | undefined): Row {
  const [first, last] = [pick(FIRST_NAMES), pick(LAST_NAMES)];
  return {
    'Person UId': `P-${String(index + 1).padStart(6, '0')}`,
    'First Name': first,
    'Last Name': last,
    'Email Address': index % 11 === 0 ? null : `person${index + 1}@example.com`,
    'Work Phone #': `+49${String(3_000_000_000 + index * 6_007).slice(0, 10)}`,
    'Job Title': pick(TITLES),
    Account: account?.['Name'] ?? null,
    'Account Id': account?.['Id'] ?? null,
  };
}

function requestAt(index: number, pick: Pick, contact: Row | undefined): Row {
  return {
    'SR Number': `1-${String(10_000_000 + index)}`,
    Abstract: pick(COMPLAINTS),
    Description: null,
    Status: pick(REQUEST_STATUS),
    Priority: pick(REQUEST_PRIORITY),
    Account: contact?.['Account'] ?? null,
    'Account Id': contact?.['Account Id'] ?? null,
    'Contact Id': contact?.['Id'] ?? null,
    'Integration Id': index % 3 === 0 ? null : `EXT-${String(index + 1).padStart(6, '0')}`,
  };
}

/** Numbers from 0 up to 1, the same ones for the same seed (mulberry32). */
function randomFrom(start: number): () => number {
  let state = start | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function componentNamed(name: string): Component {
  const found = findComponent(name);
  if (!found) throw new Error(`there is no component ${name}`);
  return found;
}
