/** A range of time in whole seconds, both ends included; without a start it begins with the oldest record. */
export interface CountRange {
  readonly fromMs?: number | undefined;
  readonly toMs: number;
}

const SECOND_MS = 1_000;

/**
 * Splits a time into so many ranges of the same length, fewer when there are not so many seconds.
 *
 * @param what.fromMs Default: the oldest record, and the first range takes all that is older still.
 * @param what.firstMs The oldest record that is known.
 */
export function rangesOf({
  fromMs,
  toMs,
  firstMs,
  number,
}: {
  readonly fromMs?: number | undefined;
  readonly toMs: number;
  readonly firstMs?: number | undefined;
  readonly number: number;
}): readonly CountRange[] {
  const startMs = Math.min(fromMs ?? firstMs ?? toMs, toMs);
  const seconds = Math.floor((toMs - startMs) / SECOND_MS) + 1;
  const pieces = Math.min(number, seconds);
  const startOf = (piece: number) => startMs + Math.round((seconds * piece) / pieces) * SECOND_MS;
  return Array.from({ length: pieces }, (_, piece) => ({
    fromMs: piece === 0 ? fromMs : startOf(piece),
    toMs: startOf(piece + 1) - SECOND_MS,
  }));
}

/** The range in which an instant lies; undefined outside of all. */
export function rangeAt(ranges: readonly CountRange[], atMs: number): number | undefined {
  let low = 0;
  let high = ranges.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.toMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  const range = ranges[low];
  return range && atMs <= range.toMs && (range.fromMs === undefined || atMs >= range.fromMs) ? low : undefined;
}
