import { describeFile } from './attachments.ts';
import { dissociate } from './children.ts';
import { type Component, findChild } from './components.ts';
import { duplicateRow } from './data-failures.ts';
import { isoSeconds } from './dates.ts';
import { barred, ORGANIZATION, organizationOf, ownersOf } from './positions.ts';
import { referencesOf } from './references.ts';
import type { SiebelSettings } from './settings.ts';
import { requiredMissing, severalMatches } from './siebel-error.ts';
import type { Row, Store } from './store.ts';

export interface WriteContext {
  readonly store: Store;
  readonly settings: SiebelSettings;
  readonly user: string;
  readonly nowMs: number;
  readonly nextId: () => string;
  /** How many records a child record stands below the one that the call names. */
  readonly depth?: number;
}

/** Adds a row with defaults, owners and stamps. Gives its row id. */
export function insertRow(component: Component, values: Row, context: WriteContext): string {
  const { store, settings, user, nowMs, nextId } = context;
  const id = nextId();
  const now = isoSeconds(nowMs);
  const row: Row = {
    ...defaultsOf(component, id, context),
    ...values,
    ...derived(component, values, context),
    ...{ Created: now, 'Created By Name': user, Updated: now, 'Updated By Name': user },
    Id: id,
  };
  check(component, row, context);
  const organization = row['Primary Organization'];
  const owners = { ...ownersOf(user, settings), ...(organization && { [ORGANIZATION]: barred([organization]) }) };
  store.insert(component, { ...row, ...owners });
  linkPrimaries(component, row, store);
  return id;
}

/** Changes the given fields and stamps the row; nothing happens when all of them are so already. */
export function updateRow(
  component: Component,
  { id, values }: { id: string; values: Row },
  context: WriteContext,
): void {
  const { store, user, nowMs } = context;
  const before = store.get(component, id) ?? {};
  const changes: Row = { ...values, ...derived(component, values, context) };
  check(component, { ...before, ...changes }, context);
  const organization = changes['Primary Organization'];
  const owners = organization ? { [ORGANIZATION]: barred([organization]) } : {};
  store.update(component, id, { ...changes, ...owners, Updated: isoSeconds(nowMs), 'Updated By Name': user });
  linkPrimaries(component, { ...changes, Id: id }, store);
}

/** Deletes a row. Many to many its children are untied only; rows that are nothing without it go with it. */
export function deleteRow(component: Component, id: string, store: Store): boolean {
  for (const name of Object.keys(component.children)) {
    const child = findChild(component, name);
    if (!child) continue;
    const { link } = child;
    for (const row of childrenOf(component, id, { name, store })) {
      const childId = String(row['Id']);
      if (link.through)
        dissociate({ component: child.component, id: childId }, { parent: { component, id, link }, store });
      else if (child.component.hasVisibility)
        store.update(child.component, childId, unsetParent(child.component, link.by));
      else deleteRow(child.component, childId, store);
    }
  }
  return store.delete(component, id);
}

/** The row that a complete user key names: one whose fields were all sent, with at least one of them set. */
export function findByUserKey(
  component: Component,
  values: Row,
  { store, settings, among }: { store: Store; settings: SiebelSettings; among?: (row: Row) => boolean },
): { hasKey: boolean; row?: Row } {
  const names = userKeysOf(component, settings).find(
    (key) => key.every((name) => Object.hasOwn(values, name)) && key.some((name) => values[name]),
  );
  if (!names) return { hasKey: false };
  const rows = store.find(component, pick(values, names)).filter((row) => among?.(row) ?? true);
  if (rows.length > 1) throw severalMatches(component.name);
  return { hasKey: true, ...(rows[0] && { row: rows[0] }) };
}

/** The fields that name an account differ between sites; those of other components do not. */
function userKeysOf({ name, userKeys }: Component, { accountKey }: SiebelSettings): readonly (readonly string[])[] {
  return name === 'Account' ? [accountKey.split(', '), ...userKeys.slice(1)] : userKeys;
}

function childrenOf(component: Component, id: string, { name, store }: { name: string; store: Store }): Row[] {
  const child = findChild(component, name);
  if (!child) return [];
  const { by, through } = child.link;
  if (by !== undefined) return store.find(child.component, { [by]: id });
  return through ? store.tied(through, id).map((childId) => ({ Id: childId })) : [];
}

function unsetParent({ fields }: Component, by = ''): Row {
  const shown = fields.find(({ name }) => `${name} Id` === by)?.name;
  return { [by]: null, ...(shown && { [shown]: null }) };
}

function check(component: Component, row: Row, { store, settings }: WriteContext): void {
  const missing = component.fields.find(({ name, required }) => required && !row[name]);
  if (missing) throw requiredMissing(missing.name, component.name);
  const { uniqueKeys } = settings;
  if (!component.unique || !uniqueKeys) return;
  const isTaken = userKeysOf(component, settings)
    .slice(0, uniqueKeys === 'every' ? undefined : 1)
    .filter((names) => names.some((name) => row[name]))
    .some((names) => store.find(component, pick(row, names)).some((other) => other['Id'] !== row['Id']));
  if (isTaken) throw duplicateRow(component.name, settings.duplicateStatus);
}

function pick(row: Row, names: readonly string[]): Row {
  return Object.fromEntries(names.map((name) => [name, row[name] ?? null]));
}

function defaultsOf({ name }: Component, id: string, { user, settings }: WriteContext): Row {
  switch (name) {
    case 'Account':
      return { 'Primary Organization': organizationOf(user, settings), 'Account Status': 'Active' };
    // Siebel numbers a service request after its row id when nobody else did.
    case 'Service Request':
      return { 'SR Number': id, Status: 'Open' };
    case 'Action':
      return { 'Activity UID': id, Status: 'Not Started' };
    case 'Order Entry - Orders':
      return { 'Order Number': id, 'Revision #': '1', Status: 'Open' };
    default:
      return {};
  }
}

/** What follows from the fields that were sent: of the account that is named, of a file. */
function derived(component: Component, values: Row, context: WriteContext): Row {
  return { ...describeFile(component, values, context.nowMs), ...referencesOf(component, values, context) };
}

/** A primary row of a multi-value group is always one of its rows. */
function linkPrimaries(component: Component, row: Row, store: Store): void {
  for (const { through } of Object.values(component.children)) {
    const primary = through && row[through.primary];
    if (primary) store.link(through, String(row['Id']), primary);
  }
}
