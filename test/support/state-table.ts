import { callItems } from '../../lib/state/call-items.ts';
import { syncState } from '../../lib/state/sync-state.ts';
import type { StateTable } from '../../lib/state/table.ts';

/** Everything that is kept in one table. */
export type WholeState = ReturnType<typeof wholeState>;

export function wholeState(table: StateTable) {
  return { ...callItems(table), ...syncState(table) };
}
