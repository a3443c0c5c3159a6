import { type Component, type Field, fieldOnWire, findComponent } from './components.ts';
import { isoSeconds, usToIso } from './dates.ts';
import type { SiebelSettings } from './settings.ts';
import {
  badLiteral,
  duplicate,
  noSuchRow,
  notInPickList,
  noUserKey,
  plain,
  readOnly,
  requiredMissing,
  severalMatches,
  tooLong,
  unknownPayloadField,
} from './siebel-error.ts';
import type { Row, Store } from './store.ts';

export interface WriteContext {
  readonly store: Store;
  readonly settings: SiebelSettings;
  readonly user: string;
  readonly nowMs: number;
  readonly nextId: () => string;
}

/** A record in a request: members by payload name. */
export type Payload = Readonly<Record<string, unknown>>;

/** POST: a new record. Gives its row id. */
export function insertRecord(component: Component, payload: Payload, context: WriteContext): string {
  return insert(component, readPayload(component, payload), context);
}

/** PUT on a collection: updates the record that a complete user key (or `Id`) names, else inserts it. Gives its row id. */
export function upsertRecord(component: Component, payload: Payload, context: WriteContext): string {
  const { Id: id, ...values } = readPayload(component, payload);
  const byId = id ? context.store.get(component, id) : undefined;
  if (byId) return update(component, { id: String(byId['Id']), values }, context);
  const key = completeUserKey(component, values);
  if (!key) throw noUserKey(component.name);
  const [found, another] = context.store.find(component, key);
  if (another) throw severalMatches(component.name);
  return found ? update(component, { id: String(found['Id']), values }, context) : insert(component, values, context);
}

/** PUT on a record: changes the fields that were sent, and only those. */
export function updateRecord(
  component: Component,
  target: { id: string; payload: Payload },
  context: WriteContext,
): string {
  const { Id: _, ...values } = readPayload(component, target.payload);
  if (context.store.get(component, target.id)) return update(component, { id: target.id, values }, context);
  if (context.settings.unknownIdOnPut === 'error') throw noSuchRow(component.name);
  return upsertRecord(component, { ...target.payload, Id: '' }, context);
}

/** The row that a member of a DELETE batch names. */
export function rowIdIn(component: Component, payload: Payload, { store }: WriteContext): string {
  const { Id: id, ...values } = readPayload(component, payload);
  if (id) return id;
  const key = completeUserKey(component, values);
  if (!key) throw noUserKey(component.name);
  const [found] = store.find(component, key);
  if (!found) throw noSuchRow(component.name, 400);
  return String(found['Id']);
}

function insert(component: Component, values: Row, context: WriteContext): string {
  const { store, user, nowMs, nextId } = context;
  const id = nextId();
  const now = isoSeconds(nowMs);
  const stamps = { Created: now, 'Created By Name': user, Updated: now, 'Updated By Name': user };
  const row: Row = {
    ...defaultsOf(component, id),
    ...values,
    ...parentOf(component, values, store),
    ...stamps,
    Id: id,
  };
  requireAll(component, row);
  refuseDuplicate(component, row, store);
  store.insert(component, row);
  return id;
}

function update(component: Component, { id, values }: { id: string; values: Row }, context: WriteContext): string {
  const { store, user, nowMs } = context;
  const row: Row = { ...store.get(component, id), ...values };
  requireAll(component, row);
  refuseDuplicate(component, row, store);
  const stamps = { Updated: isoSeconds(nowMs), 'Updated By Name': user };
  store.update(component, id, { ...values, ...parentOf(component, values, store), ...stamps });
  return id;
}

/** Checks every member and turns it into what the store keeps. Links and children that a read gave are left out. */
function readPayload(component: Component, payload: Payload): Row {
  const values: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(payload)) {
    if (name === 'Link') continue;
    const field = fieldOnWire(component, name);
    if (!field) throw unknownPayloadField(name, component.name);
    const text = textOf(value, name);
    if (field.name === 'Id') {
      // One site sends this word where others leave the member out.
      if (text !== 'NULL' && text !== '') values['Id'] = text;
      continue;
    }
    if (field.readOnly) throw readOnly(field.name);
    values[field.name] = storedText(field, text);
  }
  return values;
}

/** Numbers and booleans are taken, and kept as text. */
function textOf(value: unknown, name: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'Y' : 'N';
  if (value === null) return '';
  throw plain(500, `Invalid value for ${name}: text is expected`);
}

function storedText(field: Field, text: string): string | null {
  if (text === '') return null;
  if (text.length > field.maxLength) throw tooLong(field.name, field.maxLength);
  if (field.pickList && !field.pickList.includes(text)) throw notInPickList(text, field.name);
  if (field.type !== 'utcDateTime') return text;
  const iso = usToIso(text);
  if (iso === undefined) throw badLiteral(text, field.name);
  return iso;
}

/** The first user key whose fields were all sent, with at least one of them set. */
function completeUserKey(component: Component, values: Row): Row | undefined {
  const key = component.userKeys.find(
    (names) => names.every((name) => Object.hasOwn(values, name)) && names.some((name) => values[name]),
  );
  return key && Object.fromEntries(key.map((name) => [name, values[name] ?? null]));
}

function requireAll(component: Component, row: Row): void {
  const missing = component.fields.find(({ name, required }) => required && !row[name]);
  if (missing) throw requiredMissing(missing.name, component.name);
}

function refuseDuplicate(component: Component, row: Row, store: Store): void {
  const [names] = component.userKeys;
  if (!component.unique || !names) return;
  const key = Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
  if (store.find(component, key).some((other) => other['Id'] !== row['Id'])) throw duplicate(component.name);
}

function defaultsOf({ name }: Component, id: string): Row {
  if (name === 'Account') return { 'Primary Organization': 'Default Organization', 'Account Status': 'Active' };
  // Siebel numbers a service request after its row id when nobody else did.
  if (name === 'Service Request') return { 'SR Number': id, Status: 'Open' };
  return {};
}

/** Fills in the row id of the account that a record names. */
function parentOf(component: Component, values: Row, store: Store): Row {
  const account = findComponent('Account');
  const name = values['Account'];
  if (component.name === 'Account' || name === undefined || !account) return {};
  const [found] = name === null ? [] : store.find(account, { Name: name });
  return { 'Account Id': found?.['Id'] ?? null };
}
