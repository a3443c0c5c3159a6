import type { Component } from './components.ts';
import { isoSeconds } from './dates.ts';
import type { SiebelSettings } from './settings.ts';
import type { Row, Store } from './store.ts';

const pagesRead = new WeakMap<Store, number>();

/**
 * What another user does between two pages, when records are set to move: every so many pages the first row of the page
 * is copied (a row more before the next page), deleted (one less), or changed (it moves to the end of those by `Updated`).
 */
export function moveRecords(
  { component, rows, isWhole }: { component: Component; rows: readonly Row[]; isWhole: boolean },
  { store, settings, nextId, nowMs }: { store: Store; settings: SiebelSettings; nextId: () => string; nowMs: number },
): void {
  const { moving } = settings;
  const [first] = rows;
  if (!moving || !first || isWhole) return;
  const pages = (pagesRead.get(store) ?? 0) + 1;
  pagesRead.set(store, pages);
  if (pages % moving.everyPages !== 0) return;

  const id = String(first['Id']);
  const changed = { Updated: isoSeconds(nowMs), 'Updated By Name': 'SADMIN' };
  if (moving.what === 'delete') store.delete(component, id);
  else if (moving.what === 'move') store.update(component, id, changed);
  else store.insert(component, { ...first, ...copiedKey(component, first, pages), ...changed, Id: nextId() });
}

/** Another user key, which sorts right behind the one it was copied from. */
function copiedKey({ userKeys: [names = []] }: Component, row: Row, pages: number): Row {
  const name = names.find((candidate) => row[candidate]);
  return name === undefined ? {} : { [name]: `${row[name]} ${pages}` };
}
