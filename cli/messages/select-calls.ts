import type { StoredSummary } from '../../lib/state/parked-item.ts';
import type { ParkedList } from '../../lib/state/parked-list.ts';
import { type Run, usage } from '../command.ts';
import { Problem } from '../problem.ts';
import { type FilterOptions, filterOf, hasFilter, refuseReversed } from './filters.ts';
import { findParked } from './find-calls.ts';

/** What a command is to work on: names, or filters, or all. */
export interface Selection extends FilterOptions {
  readonly names: readonly string[];
  readonly all?: boolean | undefined;
}

/**
 * Refuses a selection that says nothing, or two things.
 *
 * @throws Problem `USAGE`.
 */
export function checkSelection(selection: Selection, verb: string): void {
  refuseReversed(selection);
  const { names, all = false } = selection;
  const { operation: _, ...beside } = selection;
  const filtered = hasFilter(beside) || selection.limit !== undefined;
  if (names.length > 0 && (all || filtered)) throw usage('give keys, or filters, or --all: one of the three');
  if (all && hasFilter(selection)) throw usage('--all is everything: leave out the filters');
  if (names.length === 0 && !all && !hasFilter(selection)) {
    throw usage(`say what to ${verb}: keys, filters, or --all for everything that is parked`);
  }
}

/** The calls that were chosen, the oldest refusal first. Names may be of one operation. */
export async function selectCalls(parked: ParkedList, selection: Selection, run: Run): Promise<StoredSummary[]> {
  const { names, operation, limit = Number.POSITIVE_INFINITY } = selection;
  const calls: StoredSummary[] = [];
  if (names.length > 0) {
    for (const name of new Set(names)) {
      const call = await findParked(parked, { name, operation }, run).catch((error) => {
        throw error instanceof Problem && names.length > 1
          ? error.adding('; nothing was done with the others either')
          : error;
      });
      calls.push(call);
    }
    return calls;
  }
  for await (const call of parked.list(filterOf(selection), 'oldest first')) {
    if (calls.length >= limit) break;
    calls.push(call);
  }
  return calls;
}
