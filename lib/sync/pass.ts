import { CLOCK_MARGIN_MS } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { Checkpoint, Pass, Span, SyncCursor } from './checkpoint.ts';
import { isEmpty } from './lanes.ts';
import { instantOf, isoOf, wholeSecond } from './position.ts';
import type { EndDoubt } from './read-spans.ts';
import type { Place } from './rows.ts';

/** What the instants of a checkpoint are judged by. */
export interface Times {
  readonly nowMs: number;
  /** How long a transaction at Siebel may take. */
  readonly lookbackMs: number;
}

// Without its item, a job would lose the number of its last run; without this attribute, only its place.
const HOW_TO_MEND =
  "mend the attribute `checkpoint` of the job's item in the state table, or remove it to read everything again; do not delete the item";

/**
 * Where a pass starts (R77).
 *
 * - Nothing is known: from the beginning, or from the floor on.
 * - From a lookback before the last bound on, as what is newer may have been committed after it was passed.
 * - Exactly behind the newest record when that is older still: an idle job reads one empty page.
 * - When the newest record was found later than Siebel's clock and ours together allow, Siebel's is behind, or its user is
 *   not in UTC: then from a lookback before that record on, until a pass has begun a lookback after it was found.
 *
 * @throws ConfigurationError when what is stored is no instant, or lies in the future: nothing would be read for as long,
 *   and nobody would notice.
 */
export function startOf(job: string, checkpoint: Checkpoint, times: Times): Omit<Span, 'upToMs'> {
  const { floorMs } = checkpoint;
  const start = checkpoint.cursor
    ? startBehind(job, checkpoint.cursor, checkpoint, times)
    : firstStart(job, checkpoint, times);
  if (floorMs === undefined || (start.fromMs ?? Number.NEGATIVE_INFINITY) >= floorMs) return start;
  return { fromMs: floorMs };
}

function firstStart(job: string, { floorMs, boundMs }: Checkpoint, { nowMs, lookbackMs }: Times): Omit<Span, 'upToMs'> {
  const knownMs = floorMs ?? boundMs;
  if (knownMs === undefined) return {};
  if (knownMs > nowMs + CLOCK_MARGIN_MS) throw inTheFuture(job, knownMs);
  return { fromMs: floorMs ?? wholeSecond(knownMs - lookbackMs) };
}

function startBehind(
  job: string,
  cursor: SyncCursor,
  checkpoint: Checkpoint,
  { nowMs, lookbackMs }: Times,
): Omit<Span, 'upToMs'> {
  const atMs = storedInstant(job, cursor);
  if (atMs > nowMs + CLOCK_MARGIN_MS) throw inTheFuture(job, atMs);
  const boundMs = believed(checkpoint.boundMs, nowMs);
  const foundMs = believed(checkpoint.foundMs, nowMs);
  if (boundMs === undefined) return { fromMs: wholeSecond(atMs - lookbackMs) };
  if (foundMs !== undefined && boundMs < foundMs + lookbackMs) {
    return { fromMs: wholeSecond(Math.min(atMs, boundMs) - lookbackMs) };
  }
  return boundMs - lookbackMs >= atMs
    ? { fromMs: atMs, afterId: cursor.id }
    : { fromMs: wholeSecond(boundMs - lookbackMs) };
}

/** What the next run reads: the pass that is not whole, or a new one up to the bound. */
export function passOf(job: string, checkpoint: Checkpoint, { boundMs, ...times }: Times & { boundMs: number }): Pass {
  // Looked at in any case: a cursor in the future stops the run.
  const start = startOf(job, checkpoint, times);
  if (checkpoint.pass) return upTo(boundMs, checkpoint.pass);
  const span = { ...start, upToMs: boundMs };
  return { boundMs, open: isEmpty(span) ? [] : [span] };
}

/** A pass whose bound was set by a clock ahead of this one reads no further than a new one would. */
function upTo(mostMs: number, pass: Pass): Pass {
  if (pass.boundMs <= mostMs + CLOCK_MARGIN_MS) return pass;
  const open = pass.open.map((span) => ({ ...span, upToMs: Math.min(span.upToMs, mostMs) }));
  return { ...pass, boundMs: mostMs, open: open.filter((span) => !isEmpty(span)) };
}

/**
 * The checkpoint once what a pass has read was handed over (R77).
 *
 * @param before As it was when the run began, or the pass when that was later.
 * @param read.newest The newest record that was read since; of one second, the last.
 * @param read.foundMs Now less the safety lag.
 */
export function checkpointAfter(
  before: Checkpoint,
  pass: Pass,
  { newest, nowMs, lookbackMs, foundMs }: Times & { readonly newest: Place | undefined; readonly foundMs: number },
): Checkpoint {
  const isWhole = pass.open.length === 0;
  const { floorMs } = before;
  const { cursor, moved } = newestOf(before, newest, isWhole);
  // Nothing was ever found, and nobody said where to begin: that stays so, for what may be seen later is older.
  if (!cursor && floorMs === undefined) {
    return { cursor, ...(before.boundMs !== undefined && { boundMs: before.boundMs }), ...(!isWhole && { pass }) };
  }

  const knownBoundMs = believed(before.boundMs, nowMs);
  const isNews = cursor?.id !== before.cursor?.id || cursor?.value !== before.cursor?.value;
  // The pass before would have found it, had it been changed when it says.
  const isLate = newest !== undefined && knownBoundMs !== undefined && newest.atMs < knownBoundMs - lookbackMs;
  const foundAtMs = isNews ? (isLate ? foundMs : undefined) : before.foundMs;
  // Our clock, or that of the container before, may have been set back or have run ahead.
  const boundMs = isWhole ? Math.max(pass.boundMs, knownBoundMs ?? pass.boundMs) : before.boundMs;
  return {
    cursor,
    ...(boundMs !== undefined && { boundMs }),
    ...(foundAtMs !== undefined && { foundMs: foundAtMs }),
    ...(floorMs !== undefined && { floorMs }),
    ...(!isWhole && { pass: moved ? { ...pass, moved } : pass }),
  };
}

/**
 * The least instant at which a later pass can meet records again. A newest record only gets newer until a pass is whole, so
 * that the next one begins a lookback before it at the earliest.
 */
export function metAgainFrom(job: string, checkpoint: Checkpoint, times: Times): number {
  const { pass, cursor } = checkpoint;
  if (!pass) return startOf(job, checkpoint, times).fromMs ?? Number.NEGATIVE_INFINITY;
  if (!cursor) return Number.NEGATIVE_INFINITY;
  return wholeSecond(Math.min(storedInstant(job, cursor), pass.boundMs) - times.lookbackMs);
}

/**
 * When an empty page at the end of a live pass is in doubt (R44).
 *
 * A pass that starts before the newest record known has to come to it, unless that has gone or moved on: what commits late
 * below it is not looked for again. One that starts behind it loses nothing when it ends too early, as the next one starts
 * there again; but it moves the bound, and for that Siebel has to show any record.
 */
export function endDoubtOf({ cursor }: Checkpoint, { open }: Pass): (newestMs: number | undefined) => EndDoubt {
  const cursorMs = cursor && instantOf(cursor.value);
  const { fromMs, afterId } = open.at(-1) ?? {};
  return (newestMs) => {
    if (cursorMs === undefined) return 'none';
    const startsBehind = fromMs !== undefined && (fromMs > cursorMs || (fromMs === cursorMs && afterId !== undefined));
    if (startsBehind) return newestMs === undefined ? 'look' : 'none';
    return newestMs === undefined || newestMs < cursorMs ? 'ask again' : 'none';
  };
}

/** Up to where everything has been read; `undefined` when nothing is known. */
export function readUpTo({ boundMs, pass }: Checkpoint): number | undefined {
  const lowestMs = pass?.open[0]?.fromMs;
  return lowestMs === undefined ? boundMs : Math.max(lowestMs, boundMs ?? lowestMs);
}

/** Never back: of two records of one second, the one that comes later is newer, and a lookback meets the earlier ones again. */
function newestOf({ cursor, pass }: Checkpoint, newest: Place | undefined, isWhole: boolean) {
  const atMs = cursor && instantOf(cursor.value);
  const isLater = newest !== undefined && (atMs === undefined || newest.atMs > atMs);
  const moved = isLater || pass?.moved === true;
  const isNewer = isLater || (newest !== undefined && newest.atMs === atMs && (moved || isWhole));
  return { cursor: isNewer ? { value: newest.wire, id: newest.id } : cursor, moved };
}

// What was set by a clock that ran ahead says nothing.
function believed(atMs: number | undefined, nowMs: number): number | undefined {
  return atMs !== undefined && atMs <= nowMs + CLOCK_MARGIN_MS ? atMs : undefined;
}

function inTheFuture(job: string, atMs: number): ConfigurationError {
  return new ConfigurationError(
    `the checkpoint of sync job "${job}" lies in the future (${isoOf(atMs)}): ` +
      `is the integration user's time zone in Siebel UTC? Mend that, then the checkpoint: ${HOW_TO_MEND}`,
  );
}

function storedInstant(job: string, { value }: SyncCursor): number {
  const atMs = instantOf(value);
  if (atMs !== undefined) return atMs;
  throw new ConfigurationError(`the checkpoint of sync job "${job}" holds no date and time; ${HOW_TO_MEND}`);
}
