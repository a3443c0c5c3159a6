import { type Component, type Field, fieldNamed, fieldOnWire } from './components.ts';
import type { Parameters } from './parameters.ts';
import { parseSearch } from './search/parser.ts';
import { type Condition, columnOf, conditionOf } from './search/sql.ts';
import type { SiebelSettings } from './settings.ts';
import { plain, tooManyRows, unknownPayloadField, unknownSearchField } from './siebel-error.ts';
import type { Row, Store } from './store.ts';

/** Who sees the rows of others: with any other mode a technical user, who is in no team, sees nothing. */
const SEEING_MODES = ['Organization', 'Sub-Organization', 'All'];
const BLIND_MODES = ['Sales Rep', 'Personal', 'Manager', 'Group', 'Catalog'];

export interface ReadContext {
  readonly store: Store;
  readonly settings: SiebelSettings;
  readonly user: string;
  readonly nowMs: number;
}

/** Where a child collection hangs. */
export interface Parent {
  readonly component: Component;
  readonly id: string;
  /** Field of the child that holds the parent's row id. */
  readonly by: string;
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
  context: ReadContext & { parent?: Parent },
): Page {
  const { store, settings } = context;
  const pageSize = readPageSize(parameters, settings);
  const offset = readWholeNumber(parameters, { name: 'StartRowNum', otherwise: 0 });
  const where = and(searchOf(component, parameters, context), parentCondition(context.parent));
  const orderBy = orderOf(component, parameters.get('sortspec'));
  if (!maySee(parameters)) return { rows: [], lastPage: true, ...totalIf(parameters, () => 0) };

  const rows = store.query(component, { ...(where && { where }), orderBy, limit: pageSize + 1, offset });
  const reached = offset + Math.min(rows.length, pageSize);
  if (reached > settings.rowLimit && parameters.get('ExecutionMode') !== 'ForwardOnly') throw tooManyRows();
  return {
    rows: rows.slice(0, pageSize),
    lastPage: rows.length <= pageSize,
    ...totalIf(parameters, () => store.count(component, where)),
  };
}

/** Reads one record by row id; a record that the view mode hides looks like one that does not exist. */
export function readRow(
  component: Component,
  id: string,
  context: ReadContext & { parameters: Parameters; parent?: Parent },
) {
  if (!maySee(context.parameters)) return undefined;
  const row = context.store.get(component, id);
  return context.parent && row?.[context.parent.by] !== context.parent.id ? undefined : row;
}

/** The payload fields that were asked for, always with `Id`. */
export function wantedFields(component: Component, parameters: Parameters): readonly Field[] {
  const list = parameters.get('fields');
  if (list === undefined) return component.fields;
  const names = list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const wanted = names.map((name) => {
    const field = fieldOnWire(component, name);
    if (!field) throw unknownPayloadField(name, component.name);
    return field;
  });
  return component.fields.filter((field) => field.name === 'Id' || wanted.includes(field));
}

function maySee(parameters: Parameters): boolean {
  // Some of Oracle's own samples put the value between quotes.
  const mode = (parameters.get('ViewMode') ?? 'Sales Rep').replace(/^(["'])(.*)\1$/, '$2');
  if (SEEING_MODES.includes(mode)) return true;
  if (BLIND_MODES.includes(mode)) return false;
  throw plain(500, `Invalid value for ViewMode: ${mode}`);
}

function searchOf(component: Component, parameters: Parameters, context: ReadContext): Condition | undefined {
  const source = parameters.get('searchspec');
  if (source === undefined || source.trim() === '') return undefined;
  const expression = parseSearch(source, { doubling: context.settings.quoteEscape === 'doubling' });
  return conditionOf(expression, { component, user: context.user, nowMs: context.nowMs });
}

function parentCondition(parent: Parent | undefined): Condition | undefined {
  return parent && { sql: `("${parent.by}" = ?)`, values: [parent.id] };
}

function and(left: Condition | undefined, right: Condition | undefined): Condition | undefined {
  if (!left || !right) return left ?? right;
  return { sql: `(${left.sql} AND ${right.sql})`, values: [...left.values, ...right.values] };
}

/** `Field:asc,Other Field:desc`; blanks around the signs do not count. Without it rows come in the component's own order. */
function orderOf(component: Component, sortspec: string | undefined): string {
  const parts = (sortspec ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  if (parts.length === 0) return `"${component.defaultSort}" ASC NULLS LAST, rowid`;
  return parts.map((part) => sortKey(component, part)).join(', ');
}

function sortKey(component: Component, part: string): string {
  const [name = '', direction = 'asc'] = part.split(':').map((text) => text.trim());
  const field = fieldNamed(component, name);
  if (!field) throw unknownSearchField(name, component.name);
  const descending = direction.toLowerCase() === 'desc';
  if (!descending && direction.toLowerCase() !== 'asc') throw plain(500, `Invalid value for sortspec: ${part}`);
  return `${columnOf(field)} ${descending ? 'DESC NULLS FIRST' : 'ASC NULLS LAST'}`;
}

function readPageSize(parameters: Parameters, { pageSizeLimit, overPageSize }: SiebelSettings): number {
  const asked = readWholeNumber(parameters, { name: 'PageSize', otherwise: 10 });
  if (asked >= 1 && asked <= pageSizeLimit) return asked;
  if (asked > pageSizeLimit && overPageSize === 'cap') return pageSizeLimit;
  throw plain(500, `Invalid value for PageSize: ${asked}. It must be from 1 to ${pageSizeLimit}`);
}

function readWholeNumber(parameters: Parameters, { name, otherwise }: { name: string; otherwise: number }): number {
  const text = parameters.get(name);
  if (text === undefined) return otherwise;
  if (!/^\d{1,9}$/.test(text)) throw plain(500, `Invalid value for ${name}: ${text}`);
  return Number(text);
}

function totalIf(parameters: Parameters, count: () => number): { total?: number } {
  return parameters.isTrue('recordcountneeded') ? { total: count() } : {};
}
