import { findComponent } from './components.ts';
import { isoSeconds } from './dates.ts';
import { deleteRow, insertRow, updateRow, type WriteContext } from './rows.ts';
import type { Row } from './store.ts';

/** What a writer has done to one record. */
export interface Written {
  readonly kind: 'insert' | 'update' | 'delete';
  readonly id: string;
  /** When others could see it. */
  readonly seenFromMs: number;
  /** What `Updated` shows since then, to the second; before `seenFromMs` by as long as its transaction took. `null`: deleted. */
  readonly updatedMs: number | null;
  /** What was written, by field name. */
  readonly values: Row;
}

/**
 * Another user of Siebel, who comes by no request: changes records of one component, with a record of its own of what it did.
 *
 * A transaction stamps `Updated` when it changes a row and shows it when it commits. So the instant that is given for
 * `Updated` may lie before now: the row then appears among those that a reader has passed.
 */
export interface Writer {
  /** Gives the row id. */
  insert(values: Row, updatedMs?: number): string;
  /** False when there is no such record. `Updated` never goes back: another transaction would have had to wait for the row. */
  update(id: string, values: Row, updatedMs?: number): boolean;
  delete(id: string): boolean;
  /** All of the work becomes visible at once. */
  together(work: () => void): void;
  /** Oldest first. */
  written(): readonly Written[];
}

/** @throws Error when there is no such component. */
export function writerOf(name: string, context: Omit<WriteContext, 'nowMs'>): Writer {
  const component = findComponent(name);
  if (!component) throw new Error(`there is no component "${name}"`);
  const { store } = context;
  const written: Written[] = [];
  const note = (kind: Written['kind'], id: string, values: Row, updatedMs: number | null) => {
    written.push({ kind, id, values, updatedMs, seenFromMs: Date.now() });
  };

  return {
    insert(values, updatedMs = Date.now()) {
      const id = insertRow(component, values, { ...context, nowMs: updatedMs });
      note('insert', id, values, wholeSecond(updatedMs));
      return id;
    },
    update(id, values, updatedMs = Date.now()) {
      const before = store.get(component, id);
      if (!before) return false;
      const nowMs = Math.max(wholeSecond(updatedMs), Date.parse(String(before['Updated'])));
      updateRow(component, { id, values }, { ...context, nowMs });
      note('update', id, values, nowMs);
      return true;
    },
    delete(id) {
      const isGone = deleteRow(component, id, store);
      if (isGone) note('delete', id, {}, null);
      return isGone;
    },
    together: (work) => store.transaction(work),
    written: () => written,
  };
}

function wholeSecond(ms: number): number {
  return Date.parse(isoSeconds(ms));
}
