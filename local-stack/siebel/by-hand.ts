import { COMPONENTS, type Component, findComponent } from './components.ts';
import { SiebelError } from './siebel-error.ts';
import type { Row } from './store.ts';
import type { Writer } from './writer.ts';

/** What of the stand-in records are shown and changed with. */
export interface Records {
  records(component: string, filter: Readonly<Record<string, string>>): readonly Readonly<Record<string, string>>[];
  writer(component: string, user?: string): Writer;
}

/** What somebody asked for in another way than it can be. */
export class ByHandError extends Error {}

/** Members of the query that are no filter. */
const OPTIONS = ['component', 'user', 'updated'];
/** What Siebel itself puts into a row. */
const STAMPED = ['Id', 'Created', 'Created By Name', 'Updated', 'Updated By Name'];

/** `?component=Account&Location=Bremen`: the records that have these values, or all. */
export function shownRecords({ searchParams }: URL, from: Records) {
  const { component, filter } = asked(searchParams);
  const records = from.records(component.name, filter);
  return { component: component.name, count: records.length, records };
}

/**
 * Inserts, changes or deletes records as another user, as if somebody had done it in Siebel's own screens: no request comes, no
 * fault strikes. `&user=JHANSEN` says who, `&updated=2026-03-14T09:26:53Z` when its transaction began.
 *
 * @param method `POST` inserts one record with the values; `PATCH` changes, `DELETE` deletes all that the other members of the
 *   query select, at least one of them.
 * @throws ByHandError that says what is wrong.
 */
export function changeByHand(method: 'POST' | 'PATCH' | 'DELETE', { searchParams }: URL, values: unknown, of: Records) {
  const { component, filter, user, updatedMs } = asked(searchParams);
  const writer = of.writer(component.name, user);
  const row = method === 'DELETE' ? {} : rowOf(component, values);
  const isWhole = Object.keys(filter).length === 0;
  if (method === 'POST' && !isWhole) throw new ByHandError('POST inserts one record: its values stand in the body');
  if (method !== 'POST' && isWhole)
    throw new ByHandError('say which records, for instance &Id=1-3WBJ or &Location=Bremen');

  const ids = method === 'POST' ? [] : of.records(component.name, filter).map(({ Id = '' }) => Id);
  const inserted: string[] = [];
  try {
    writer.together(() => {
      if (method === 'POST') inserted.push(writer.insert(row, updatedMs));
      for (const id of ids) if (method === 'DELETE') writer.delete(id);
      for (const id of ids) if (method === 'PATCH') writer.update(id, row, updatedMs);
    });
  } catch (error) {
    if (error instanceof SiebelError) throw new ByHandError(error.message);
    throw error;
  }
  const changed = [...ids, ...inserted];
  return { component: component.name, count: changed.length, ids: changed };
}

function asked(searchParams: URLSearchParams) {
  const given = Object.fromEntries(searchParams);
  const component = findComponent(given['component'] ?? '');
  if (!component) throw new ByHandError(`"component" must be ${COMPONENTS.map(({ name }) => name).join(', ')}`);
  const filter = Object.fromEntries(Object.entries(given).filter(([name]) => !OPTIONS.includes(name)));
  for (const name of Object.keys(filter)) fieldOf(component, name);
  const { user, updated } = given;
  const updatedMs = updated === undefined ? undefined : Date.parse(updated);
  if (Number.isNaN(updatedMs)) throw new ByHandError('"updated" must be an instant like 2026-03-14T09:26:53Z');
  return { component, filter, user, updatedMs };
}

function rowOf(component: Component, values: unknown): Row {
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ByHandError('The body must be an object of values by the names of fields.');
  }
  const named = Object.entries(values).map(([name, value]) => {
    const field = fieldOf(component, name);
    if (STAMPED.includes(field.name))
      throw new ByHandError(`"${name}" is Siebel's own: &user= and &updated= say who and when`);
    if (typeof value !== 'string' && value !== null) throw new ByHandError(`"${name}" must be a text or null`);
    return [field.name, value];
  });
  if (named.length === 0) throw new ByHandError('The body has no value.');
  return Object.fromEntries(named);
}

function fieldOf(component: Component, name: string) {
  const field = component.fields.find(({ wireName }) => wireName === name);
  if (field) return field;
  const names = component.fields.map(({ wireName }) => wireName).join(', ');
  throw new ByHandError(`"${name}" is no field of ${component.name}; it has ${names}`);
}
