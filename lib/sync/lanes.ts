import type { Span } from './checkpoint.ts';
import { wholeSecond } from './position.ts';

/** One span as it is being read. */
export interface Lane {
  /** Where it ends now: others may have taken over its end. */
  upToMs: number;
  /** What is left of it once the pages that were taken are done with; `upToMs` aside. */
  taken: Omit<Span, 'upToMs'>;
  /** Where the page that is read now begins: ahead of `taken` while pages wait to be taken. */
  reading: Omit<Span, 'upToMs'>;
  /** Time from record to record in its last page; `undefined`: nothing may be taken of it. */
  recordMs: number | undefined;
  /** From here on nothing was found by a lane that had taken it over, and gave it back. */
  emptyFromMs: number;
  /** How often that was so: what its pages promise is worth less each time. */
  givenBack: number;
  /** It has seen its end. */
  ends: boolean;
}

/** What holds fewer pages is not worth the two that a lane of its own costs at least. */
const PAGES_WORTH_TAKING = 2;

export function laneOf({ upToMs, ...place }: Span, recordMs?: number): Lane {
  return {
    upToMs,
    taken: place,
    reading: place,
    recordMs,
    emptyFromMs: Number.POSITIVE_INFINITY,
    givenBack: 0,
    ends: false,
  };
}

/** What is left of a lane. */
export function restOf({ taken, upToMs }: Lane): Span {
  return { ...taken, upToMs };
}

/** A span without any second in it. */
export function isEmpty({ fromMs, upToMs }: Span): boolean {
  return fromMs !== undefined && fromMs > upToMs;
}

/** By where they begin. */
export function byTime(one: Span, other: Span): number {
  return (one.fromMs ?? Number.NEGATIVE_INFINITY) - (other.fromMs ?? Number.NEGATIVE_INFINITY);
}

/** Notes that a page was read, and where the next one begins. */
export function moveOn(lane: Lane, rows: readonly { readonly id: string; readonly atMs: number }[]): void {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return;
  const spannedMs = last.atMs - (lane.reading.fromMs ?? first.atMs);
  lane.recordMs = Math.max(spannedMs, 1_000) / rows.length;
  lane.reading = { fromMs: last.atMs, afterId: last.id };
}

/**
 * Takes the later half of the lane that has most left, by time, as a lane of its own; `undefined` when none has enough.
 *
 * How much a range holds is judged by the page before it: what really lies there shows when it is read.
 */
export function takeHalf(lanes: Iterable<Lane>, pageSize: number): Lane | undefined {
  let most: { readonly lane: Lane; readonly fromMs: number; readonly leftMs: number } | undefined;
  for (const lane of lanes) {
    const { recordMs, upToMs, reading } = lane;
    if (recordMs === undefined || reading.fromMs === undefined) continue;
    const leftMs = Math.min(upToMs, lane.emptyFromMs) - reading.fromMs;
    const leastPages = PAGES_WORTH_TAKING * 2 ** lane.givenBack;
    if (leftMs < leastPages * pageSize * recordMs || leftMs < 2_000) continue;
    if (!most || leftMs > most.leftMs) most = { lane, fromMs: reading.fromMs, leftMs };
  }
  if (!most) return undefined;

  const { lane, fromMs, leftMs } = most;
  const middleMs = wholeSecond(fromMs + leftMs / 2);
  const half = laneOf({ fromMs: middleMs + 1_000, upToMs: lane.upToMs }, lane.recordMs);
  half.emptyFromMs = lane.emptyFromMs;
  lane.upToMs = middleMs;
  return half;
}

/**
 * Gives what a lane has taken over, and found empty, back to the lane below, which reads on through it: nothing has to be
 * believed then. How much that one holds is judged anew, by its next page and by what lies before.
 *
 * @returns False when the lane has read records, or the one below has ended: that one has seen a record beyond its end.
 */
export function giveBack(lane: Lane, lanes: Set<Lane>): boolean {
  const { fromMs, afterId } = lane.reading;
  if (fromMs === undefined || afterId !== undefined) return false;
  const below = [...lanes].find(({ upToMs, ends }) => !ends && upToMs === fromMs - 1_000);
  if (!below) return false;
  below.upToMs = lane.upToMs;
  below.emptyFromMs = fromMs;
  below.givenBack += 1;
  below.recordMs = undefined;
  return lanes.delete(lane);
}
