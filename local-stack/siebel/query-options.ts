import { type Component, type Field, fieldNamed, fieldOnWire, IS_PRIMARY } from './components.ts';
import type { Parameters } from './parameters.ts';
import type { SiebelSettings } from './settings.ts';
import { plain, unknownPayloadField, unknownSearchField } from './siebel-error.ts';
import { columnOf } from './tables.ts';
import { isNumeric } from './values.ts';

/** The part of a query's rows that one answer holds. */
export interface Slice {
  readonly pageSize: number;
  readonly offset: number;
}

/** Largest row number that the stand-in counts to. */
const EVERYTHING = 1_000_000_000;

/** Reads PageSize (10 by default) and StartRowNum. Where child components know no page size, all children come at once. */
export function readSlice(parameters: Parameters, settings: SiebelSettings, { isChild }: { isChild: boolean }): Slice {
  const pageSize = readPageSize(parameters, settings);
  const offset = readWholeNumber(parameters, { name: 'StartRowNum', otherwise: 0 });
  return isChild && !settings.childPageSize ? { pageSize: EVERYTHING, offset: 0 } : { pageSize, offset };
}

/** Whether the query may go beyond the limit of rows: `BiDirectional`, the default, may not. */
export function isForwardOnly(parameters: Parameters): boolean {
  const mode = parameters.get('ExecutionMode') ?? 'BiDirectional';
  if (mode !== 'BiDirectional' && mode !== 'ForwardOnly') throw plain(500, `Invalid value for ExecutionMode: ${mode}`);
  return mode === 'ForwardOnly';
}

/** Fields of a component's records; rows of a multi-value group tell the primary one too. */
export function fieldsOf(component: Component, { inGroup }: { inGroup: boolean }): readonly Field[] {
  return inGroup ? [...component.fields, IS_PRIMARY] : component.fields;
}

/** The payload fields that a comma list names, always with `Id`; all of them without a list. */
export function wantedFields(
  component: Component,
  list: string | undefined,
  { inGroup = false }: { inGroup?: boolean } = {},
): readonly Field[] {
  const fields = fieldsOf(component, { inGroup });
  if (list === undefined) return fields;
  const wanted = namesIn(list).map((name) => {
    const field = inGroup && name === IS_PRIMARY.wireName ? IS_PRIMARY : fieldOnWire(component, name);
    if (!field) throw unknownPayloadField(name, component.name);
    return field;
  });
  return fields.filter((field) => field.name === 'Id' || wanted.includes(field));
}

/** `Field:asc,Other Field:desc`; blanks around the signs do not count. Without it rows come in the component's own order. */
export function orderOf(component: Component, sortspec: string | undefined): string {
  const parts = namesIn(sortspec ?? '');
  if (parts.length === 0) return `${sortKey(component, component.defaultSort)}, rowid`;
  return parts.map((part) => sortKey(component, part)).join(', ');
}

/** The names of a comma list. */
export function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
}

function sortKey(component: Component, part: string): string {
  const [name = '', direction = 'asc'] = part.split(':').map((text) => text.trim());
  const field = fieldNamed(component, name);
  if (!field) throw unknownSearchField(name, component.name);
  const descending = direction.toLowerCase() === 'desc';
  if (!descending && direction.toLowerCase() !== 'asc') throw plain(500, `Invalid value for sortspec: ${part}`);
  const column = isNumeric(field) ? `CAST(${columnOf(field)} AS REAL)` : columnOf(field);
  // Without a word about nulls, which these fields never are, the rows come from an index.
  if (isAlwaysSet(field)) return `${column} ${descending ? 'DESC' : 'ASC'}`;
  return `${column} ${descending ? 'DESC NULLS FIRST' : 'ASC NULLS LAST'}`;
}

function isAlwaysSet({ name, required }: Field): boolean {
  return required || ['Id', 'Created', 'Updated'].includes(name);
}

function readPageSize(parameters: Parameters, { pageSizeLimit, overPageSize }: SiebelSettings): number {
  const text = parameters.get('PageSize');
  // An administrator's limit below ten is what comes without asking.
  if (text === undefined) return Math.min(10, pageSizeLimit);
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
