import { associate, dissociate, hangsOn } from './children.ts';
import { type Component, findChild } from './components.ts';
import type { Parent } from './data-address.ts';
import { type Payload, type RequestRecord, readRecord } from './request-record.ts';
import { deleteRow, findByUserKey, insertRow, updateRow, type WriteContext } from './rows.ts';
import { noSuchRow, noUserKey, plain } from './siebel-error.ts';
import type { Row } from './store.ts';

export type { Payload } from './request-record.ts';
export type { WriteContext } from './rows.ts';

/** Levels of child records in one call. Many to many they could go on without end. */
const DEEPEST = 10;

/** A record that was written, and the child records that were written with it. */
export interface Written {
  readonly id: string;
  readonly children: readonly {
    readonly name: string;
    readonly component: Component;
    readonly written: readonly Written[];
  }[];
}

/** POST: a new record, with new child records. */
export function insertTree(component: Component, payload: Payload, context: WriteContext): Written {
  const { values, children } = recordIn(component, payload, context);
  return withChildren({ component, id: insertRow(component, values, context) }, children, { context, insert: true });
}

/** PUT on a collection: updates the record that `Id` or a complete user key names, else inserts it. */
export function upsertTree(component: Component, payload: Payload, context: WriteContext): Written {
  const { id, values, children } = recordIn(component, payload, context);
  if (id && context.store.get(component, id)) {
    updateRow(component, { id, values }, context);
    return withChildren({ component, id }, children, { context });
  }
  const { hasKey, row } = findByUserKey(component, values, context);
  if (!hasKey) throw noUserKey(component.name);
  if (!row) return withChildren({ component, id: insertRow(component, values, context) }, children, { context });
  const known = String(row['Id']);
  updateRow(component, { id: known, values }, context);
  return withChildren({ component, id: known }, children, { context });
}

/** PUT on a record: changes the fields that were sent, and only those. */
export function updateTree(
  component: Component,
  { id, payload }: { id: string; payload: Payload },
  context: WriteContext,
): Written {
  if (!context.store.get(component, id) && context.settings.unknownIdOnPut === 'error') throw noSuchRow(component.name);
  const isKnown = context.store.get(component, id) !== undefined;
  return upsertTree(component, { ...payload, Id: isKnown ? id : '' }, context);
}

/**
 * PUT on a child collection or a child: changes the child that `Id` or a complete user key names, else inserts it. Many to
 * many, a record that exists is tied to the parent; one that does not is made first.
 */
export function upsertChild(
  { component, parent, payload }: { component: Component; parent: Parent; payload: Payload },
  context: WriteContext,
): Written {
  const { store } = context;
  const { id: sentId, values: sent, isPrimary, children } = recordIn(component, payload, context);
  const { by, through } = parent.link;
  const values: Row = by === undefined ? sent : { ...sent, [by]: parent.id };
  const found = findOwn({ component, parent, id: sentId, values }, context);
  const id = found ?? insertRow(component, values, context);
  if (found !== undefined && !isAlready(store.get(component, id) ?? {}, values))
    updateRow(component, { id, values }, context);
  if (through) associate({ component, id, isPrimary }, { parent, store });
  return withChildren({ component, id }, children, { context });
}

/** POST on a child collection, and below a POST: a new child. Many to many it is tied when it exists. */
export function insertChild(
  target: { component: Component; parent: Parent; payload: Payload },
  context: WriteContext,
): Written {
  const { component, parent, payload } = target;
  const { by } = parent.link;
  if (by === undefined) return upsertChild(target, context);
  const { values, children } = recordIn(component, payload, context);
  const id = insertRow(component, { ...values, [by]: parent.id }, context);
  return withChildren({ component, id }, children, { context, insert: true });
}

/** Deletes a record; a child of a many-to-many collection is untied only. Tells whether it was there. */
export function deleteRecord(
  { component, parent, id }: { component: Component; parent?: Parent | undefined; id: string },
  { store }: WriteContext,
): boolean {
  if (!parent) return deleteRow(component, id, store);
  if (parent.link.through) return dissociate({ component, id }, { parent, store });
  const row = store.get(component, id);
  return (
    row !== undefined && hangsOn(row, parent.link, { parentId: parent.id, store }) && deleteRow(component, id, store)
  );
}

/** The row that a member of a DELETE batch names; `known` are values that its place gives it. */
export function rowIdIn(component: Component, payload: Payload, context: WriteContext, known: Row = {}): string {
  const { id, values } = recordIn(component, payload, context);
  if (id) return id;
  const { hasKey, row } = findByUserKey(component, { ...values, ...known }, context);
  if (!hasKey) throw noUserKey(component.name);
  if (!row) throw noSuchRow(component.name, 400);
  return String(row['Id']);
}

/** POST of one record. Gives its row id. */
export function insertRecord(component: Component, payload: Payload, context: WriteContext): string {
  return insertTree(component, payload, context).id;
}

function recordIn(component: Component, payload: Payload, { settings }: WriteContext): RequestRecord {
  return readRecord(component, payload, { timeZone: settings.timeZone, language: settings.languages });
}

function withChildren(
  { component, id }: { component: Component; id: string },
  children: RequestRecord['children'],
  { context, insert = false }: { context: WriteContext; insert?: boolean },
): Written {
  const depth = (context.depth ?? 0) + 1;
  if (depth > DEEPEST && Object.keys(children).length > 0) throw plain(500, 'The records are nested too deeply.');
  const one = insert ? insertChild : upsertChild;
  const written = Object.entries(children).flatMap(([name, payloads]) => {
    const child = findChild(component, name);
    if (!child) return [];
    const parent = { component, id, link: child.link };
    const all = payloads.map((payload) => one({ component: child.component, parent, payload }, { ...context, depth }));
    return [{ name, component: child.component, written: all }];
  });
  return { id, children: written };
}

/** The child that is meant: by row id or user key, and below this parent unless it may be tied to many. */
function findOwn(
  { component, parent, id, values }: { component: Component; parent: Parent; id: string | undefined; values: Row },
  { store, settings }: WriteContext,
): string | undefined {
  const { link } = parent;
  const isOwn = (row: Row) => link.through !== undefined || hangsOn(row, link, { parentId: parent.id, store });
  const byId = id === undefined ? undefined : store.get(component, id);
  if (byId && isOwn(byId)) return id;
  if (id !== undefined && settings.unknownIdOnPut === 'error') throw noSuchRow(component.name);
  const { row } = findByUserKey(component, values, { store, settings, among: isOwn });
  return row && String(row['Id']);
}

function isAlready(row: Row, values: Row): boolean {
  return Object.entries(values).every(([name, value]) => (row[name] ?? null) === value);
}
