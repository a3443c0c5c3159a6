import { type Association, type Child, type Component, IS_PRIMARY } from './components.ts';
import type { Parent } from './data-address.ts';
import type { Condition } from './search/condition.ts';
import type { Row, Store } from './store.ts';
import { tableOf } from './tables.ts';

/** One record of an association. */
interface Side {
  readonly component: Component;
  readonly id: string;
}

/** The rows of a child component that hang on one parent. */
export function hangingOn(component: Component, link: Child, parentId: string): Condition {
  const { by, through } = link;
  if (!through) return { sql: `(${tableOf(component)}."${by}" = ?)`, values: [parentId] };
  const { table, parent, child } = through;
  return { sql: `("Id" IN (SELECT "${child}" FROM "${table}" WHERE "${parent}" = ?))`, values: [parentId] };
}

export function hangsOn(row: Row, link: Child, { parentId, store }: { parentId: string; store: Store }): boolean {
  if (link.through) return store.isLinked(link.through, parentId, String(row['Id']));
  return link.by !== undefined && row[link.by] === parentId;
}

/** Rows of a multi-value group, each flagged as the primary one or not. */
export function flagged(
  rows: readonly Row[],
  parent: Pick<Parent, 'component' | 'id' | 'link'>,
  store: Store,
): readonly Row[] {
  const { through } = parent.link;
  if (!through) return rows;
  const primary = store.get(parent.component, parent.id)?.[through.primary];
  return rows.map((row) => ({ ...row, [IS_PRIMARY.name]: row['Id'] === primary ? 'Y' : 'N' }));
}

/** Ties a child to its parent, many to many. The first one of a side is its primary one, and so is one that is asked to be. */
export function associate(
  child: Side & { isPrimary?: boolean | undefined },
  { parent, store }: { parent: Pick<Parent, 'component' | 'id' | 'link'>; store: Store },
): void {
  const { through } = parent.link;
  if (!through) return;
  store.link(through, parent.id, child.id);
  if (child.isPrimary || primaryOf(parent, through, store) === null)
    setPrimary(parent, through, { other: child, store });
  const back = wayBack(child, through);
  if (back && primaryOf(child, back, store) === null) setPrimary(child, back, { other: parent, store });
}

/** Unties them; a primary that was this one is then unset. */
export function dissociate(
  child: Side,
  { parent, store }: { parent: Pick<Parent, 'component' | 'id' | 'link'>; store: Store },
): boolean {
  const { through } = parent.link;
  if (!through || !store.unlink(through, parent.id, child.id)) return false;
  const back = wayBack(child, through);
  if (primaryOf(parent, through, store) === child.id) setPrimary(parent, through, { other: undefined, store });
  if (back && primaryOf(child, back, store) === parent.id) setPrimary(child, back, { other: undefined, store });
  return true;
}

/** The association as the child sees it. */
function wayBack({ component }: Side, { table }: Association): Association | undefined {
  return Object.values(component.children).find(({ through }) => through?.table === table)?.through;
}

function primaryOf({ component, id }: Side, { primary }: Association, store: Store): string | null {
  return store.get(component, id)?.[primary] ?? null;
}

/** Sets the row id of the primary one, and its name where the record shows that too. */
function setPrimary(
  { component, id }: Side,
  { primary }: Association,
  { other, store }: { other: Side | undefined; store: Store },
): void {
  const shown = component.fields.find(({ name }) => `${name} Id` === primary)?.name;
  const name = other && store.get(other.component, other.id)?.['Name'];
  store.update(component, id, { [primary]: other?.id ?? null, ...(shown && { [shown]: name ?? null }) });
}
