import type { Reach, SyncCursor } from './checkpoint.ts';
import { instantOf } from './position.ts';
import type { Row } from './rows.ts';

/**
 * How far a job has come with what a run has read (R77). All that stands at or before the place where the next run goes on
 * has been handed over, but for records newer than a lookback before the stored bound, which may commit later.
 *
 * A lookback leaves the cursor where it is, and keeps a place of its own until it has come back there.
 *
 * @param from How far it had come when the run began.
 * @param options.last The last record read, `undefined` while there is none.
 * @param options.complete Everything up to the bound has been read.
 * @returns `caughtUp`: the run has read past the cursor that it began with.
 */
export function advance(
  from: Reach,
  { last, complete, boundMs }: { readonly last: Row | undefined; readonly complete: boolean; readonly boundMs: number },
): { readonly reach: Reach; readonly caughtUp: boolean } {
  const cursorMs = from.cursor ? instantOf(from.cursor.value) : undefined;
  const read: SyncCursor | undefined = last && { value: last.wire, id: last.id };
  const caughtUp =
    cursorMs === undefined || (complete && boundMs >= cursorMs) || (last !== undefined && last.atMs > cursorMs);

  const boundNowMs = boundOf(from, { anythingRead: last !== undefined, complete, boundMs });
  if (!caughtUp) {
    const reach = { cursor: from.cursor, lookedBackTo: read ?? from.lookedBackTo, boundMs: boundNowMs };
    return { reach, caughtUp };
  }
  // The record that the cursor names may be gone; the cursor stays for all that.
  const isNewer = last !== undefined && (cursorMs === undefined || last.atMs >= cursorMs);
  return { reach: { cursor: isNewer ? read : from.cursor, boundMs: boundNowMs }, caughtUp };
}

function boundOf(
  from: Reach,
  { anythingRead, complete, boundMs }: { anythingRead: boolean; complete: boolean; boundMs: number },
): number | undefined {
  if (anythingRead) return boundMs;
  // The clock of the run before may have been ahead of this one's.
  return complete ? Math.max(boundMs, from.boundMs ?? boundMs) : from.boundMs;
}
