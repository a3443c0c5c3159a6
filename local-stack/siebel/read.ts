import { flagged, hangingOn, hangsOn } from './children.ts';
import type { Component } from './components.ts';
import type { Parent } from './data-address.ts';
import type { Parameters } from './parameters.ts';
import { ALL, organizationOf, visibilityOf } from './positions.ts';
import { isForwardOnly, orderOf, readSlice } from './query-options.ts';
import { allOf, type Condition } from './search/condition.ts';
import { parseSearch } from './search/parser.ts';
import { conditionOf } from './search/sql.ts';
import type { SiebelSettings } from './settings.ts';
import { tooManyRows } from './siebel-error.ts';
import type { Row, Store } from './store.ts';

export interface ReadContext {
  readonly store: Store;
  readonly settings: SiebelSettings;
  readonly user: string;
  readonly nowMs: number;
}

export interface Page {
  readonly rows: readonly Row[];
  readonly lastPage: boolean;
  /** Only when `recordcountneeded` was asked for. */
  readonly total?: number;
}

/** Runs a query on a collection. */
export function readPage(
  component: Component,
  parameters: Parameters,
  context: ReadContext & { parent?: Parent | undefined },
): Page {
  const { store, settings, parent } = context;
  const { pageSize, offset } = readSlice(parameters, settings, { isChild: parent !== undefined });
  const visible = visibleRows(rootOf(component, parent), parameters, context);
  const where = allOf([
    searchOf(component, parameters.get('searchspec'), context),
    parent ? hangingOn(component, parent.link, parent.id) : visible,
  ]);
  const orderBy = orderOf(component, parameters.get('sortspec'));
  const isForward = isForwardOnly(parameters);
  if (parent && !isThere(parent, { store, visible }))
    return { rows: [], lastPage: true, ...totalIf(parameters, () => 0) };

  const rows = store.query(component, { ...(where && { where }), orderBy, limit: pageSize + 1, offset });
  const reached = offset + Math.min(rows.length, pageSize);
  if (!isForward) holdCeiling(component, { where, reached }, context);
  const page = rows.slice(0, pageSize);
  return {
    rows: parent ? flagged(page, parent, store) : page,
    lastPage: rows.length <= pageSize,
    ...totalIf(parameters, () => store.count(component, where)),
  };
}

/**
 * Refuses more rows than a query that can go back and forth may have.
 *
 * @param query.reached Rows up to the end of the page.
 */
export function holdCeiling(
  component: Component,
  { where, reached }: { where: Condition | undefined; reached: number },
  { store, settings }: ReadContext,
): void {
  const { rowLimit, rowCeiling } = settings;
  if (rowCeiling === 'reached') {
    if (reached > rowLimit) throw tooManyRows();
    return;
  }
  // All rows of a table are quickly counted, and mostly they are few enough.
  if (store.count(component) > rowLimit && store.count(component, where) > rowLimit) throw tooManyRows();
}

/** Reads one record by row id; a record that the view mode hides looks like one that does not exist. */
export function readRow(
  component: Component,
  id: string,
  context: ReadContext & { parameters: Parameters; parent?: Parent | undefined },
): Row | undefined {
  const { store, parent, parameters } = context;
  const visible = visibleRows(rootOf(component, parent), parameters, context);
  if (!parent) return visibleRow(component, id, { store, visible });
  if (!isThere(parent, { store, visible })) return undefined;
  const row = store.get(component, id);
  if (!row || !hangsOn(row, parent.link, { parentId: parent.id, store })) return undefined;
  return flagged([row], parent, store)[0];
}

/** The condition that a search specification states; nothing for an empty one. */
export function searchOf(
  component: Component,
  source: string | undefined,
  context: ReadContext,
): Condition | undefined {
  if (source === undefined || source.trim() === '') return undefined;
  const { settings, user, nowMs } = context;
  const expression = parseSearch(source, { doubling: settings.quoteEscape === 'doubling' });
  const locale = { timeZone: settings.timeZone, language: settings.languages };
  const organization = organizationOf(user, settings);
  return conditionOf(expression, { component, user, nowMs, organization, ...locale });
}

/** Whether all records above are there: the first one seen by the user, each other one hanging on the one above it. */
export function isThere(parent: Parent, { store, visible }: { store: Store; visible: Condition }): boolean {
  const { component, id, parent: above } = parent;
  if (!above) return visibleRow(component, id, { store, visible }) !== undefined;
  const row = store.get(component, id);
  return (
    row !== undefined && hangsOn(row, above.link, { parentId: above.id, store }) && isThere(above, { store, visible })
  );
}

/** A child is seen by whoever sees the record at the top. */
function rootOf(component: Component, parent: Parent | undefined): Component {
  return parent ? rootOf(parent.component, parent.parent) : component;
}

function visibleRows(root: Component, parameters: Parameters, { user, settings }: ReadContext): Condition {
  const visible = visibilityOf(user, parameters, settings);
  return root.hasVisibility ? visible : ALL;
}

function visibleRow(
  component: Component,
  id: string,
  { store, visible }: { store: Store; visible: Condition },
): Row | undefined {
  const own: Condition = { sql: '"Id" = ?', values: [id] };
  const where = allOf([own, visible]);
  return store.query(component, { ...(where && { where }), orderBy: 'rowid', limit: 1, offset: 0 })[0];
}

function totalIf(parameters: Parameters, count: () => number): { total?: number } {
  return parameters.isTrue('recordcountneeded') ? { total: count() } : {};
}
