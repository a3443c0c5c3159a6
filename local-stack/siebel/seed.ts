import { type Association, type Component, findChild, findComponent } from './components.ts';
import { isoSeconds } from './dates.ts';
import { accountAt, actionAt, attachmentAt, contactAt, lineAt, orderAt, type Pick, requestAt } from './seed/records.ts';
import type { Row, Store } from './store.ts';

const LEAST_AGE_MS = 2 * 3_600_000;
const GREATEST_AGE_MS = 400 * 86_400_000;
const BULK_LOAD = 230;

/**
 * Fills the store: accounts, a fifth as many contacts and service requests, and a few of what hangs on them. The same seed
 * gives the same data, of the 400 days before `nowMs`.
 */
export function seed(
  store: Store,
  options: { records: number; seed: number; nowMs: number; nextId: () => string },
): void {
  const { records, nowMs, nextId } = options;
  const fifth = Math.floor(records / 5);
  const made = { nowMs, nextId, random: randomFrom(options.seed) };
  store.transaction(() => {
    const accounts = fill(store, 'Account', {
      ...made,
      count: records,
      make: (index, pick) => accountAt(index, pick, nowMs),
    });
    const parent = (index: number) => accounts[(index * 5) % Math.max(accounts.length, 1)];
    const contacts = fill(store, 'Contact', {
      ...made,
      count: fifth,
      make: (index, pick) => contactAt(index, pick, parent(index)),
    });
    const requests = fill(store, 'Service Request', {
      ...made,
      count: fifth,
      make: (index, pick) => requestAt(index, pick, contacts[index]),
    });
    linkContacts(store, { accounts, contacts });
    fillBelow(store, made, { accounts, requests });
  });
}

interface Made {
  readonly nowMs: number;
  readonly nextId: () => string;
  readonly random: () => number;
}

/** Up to two actions for a request, an attachment for some accounts, and orders with up to three lines. */
function fillBelow(store: Store, made: Made, { accounts, requests }: { accounts: Row[]; requests: Row[] }): void {
  const { nowMs } = made;
  const owners = requests.flatMap((request, index) => Array<Row>(index % 3).fill(request));
  fill(store, 'Action', {
    ...made,
    count: owners.length,
    make: (index, pick) => actionAt(index, pick, owners[index], nowMs),
  });
  const holders = accounts
    .filter((_, index) => index % 25 === 0)
    .flatMap((row, index) => (index % 2 ? [row, row] : [row]));
  fill(store, 'Account Attachment', {
    ...made,
    count: holders.length,
    make: (index, pick) => attachmentAt(index, pick, holders[index]),
  });
  const orders = fill(store, 'Order Entry - Orders', {
    ...made,
    count: Math.floor(accounts.length / 10),
    make: (index, pick) => orderAt(index, pick, accounts[index * 10], nowMs),
  });
  const lines = orders.flatMap((order, index) =>
    Array.from({ length: 1 + (index % 3) }, (_, at) => ({ order, number: at + 1 })),
  );
  fill(store, 'Order Entry - Line Items', {
    ...made,
    count: lines.length,
    make: (index, pick) => lineAt(index, pick, lines[index]?.order, lines[index]?.number ?? 1),
  });
}

/** Every contact belongs to its account, every other one to that of the contact before it too. The first one is the primary. */
function linkContacts(store: Store, { accounts, contacts }: { accounts: Row[]; contacts: Row[] }): void {
  const account = componentNamed('Account');
  const association = findChild(account, 'Contact')?.link.through as Association;
  const withPrimary = new Set<string>();
  const primaryAt = (index: number) => String(accounts[(index * 5) % accounts.length]?.['Id']);
  contacts.forEach((contact, index) => {
    const id = String(contact['Id']);
    const own = primaryAt(index);
    store.link(association, own, id);
    if (index % 2 === 1) store.link(association, primaryAt(index - 1), id);
    if (!withPrimary.has(own)) store.update(account, own, { [association.primary]: id });
    withPrimary.add(own);
  });
}

function fill(
  store: Store,
  name: string,
  options: Made & { count: number; make: (index: number, pick: Pick) => Row },
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
