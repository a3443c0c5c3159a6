import { CLOCK_MARGIN_MS } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';
import {
  all,
  any,
  type Condition,
  conditions,
  type EqualityConditions,
  type OrderConditions,
} from '../siebel/search-specification.ts';
import { instantFromWire } from '../siebel/values.ts';
import type { Reach, SyncCursor } from './checkpoint.ts';
import type { SinkCursor } from './sink.ts';

/** Where reading goes on: behind one record, or from an instant on. */
export interface Position {
  readonly atMs: number;
  /** Id of the record behind which it goes on; absent: from the instant on, with all of its records. */
  readonly id?: string;
}

/** A wire value as milliseconds since the epoch; `undefined` when it is no date and time. */
export function instantOf(wire: string): number | undefined {
  const decoded = instantFromWire(wire);
  return 'value' in decoded ? Date.parse(decoded.value) : undefined;
}

/** `2025-03-14T09:26:53Z` for an instant, to the second. */
export function isoOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

// Without its item, a job would lose the number of its last run; without this attribute, only its place.
const HOW_TO_MEND =
  "mend the attribute `checkpoint` of the job's item in the state table, or remove it to read everything again; do not delete the item";

/** A stored cursor as others read it; `undefined` when there is none. */
export function placeOf(cursor: SyncCursor | undefined): SinkCursor | undefined {
  const atMs = cursor && instantOf(cursor.value);
  return cursor && atMs !== undefined ? { at: isoOf(atMs), id: cursor.id } : undefined;
}

/** The newest instant that is read: far enough back that what commits late has been committed, to the second. */
export function upperBound(nowMs: number, safetyLagMs: number): number {
  return Math.floor((nowMs - safetyLagMs) / 1_000) * 1_000;
}

/**
 * Where a run starts (R77): from the beginning; exactly behind the last record that was read, when all that stands before it
 * had been committed by then; else a lookback before the bound of the run that read it.
 *
 * @throws ConfigurationError when the stored cursor is no instant, or lies in the future: nothing would be read for as
 *   long, and nobody would notice.
 */
export function startOf(
  job: string,
  { cursor, lookedBackTo, boundMs }: Reach,
  { nowMs, lookbackMs }: { nowMs: number; lookbackMs: number },
): Position | undefined {
  if (!cursor) return undefined;
  if (storedInstant(job, cursor) > nowMs + CLOCK_MARGIN_MS) {
    throw new ConfigurationError(
      `the checkpoint of sync job "${job}" lies in the future (${isoOf(storedInstant(job, cursor))}): ` +
        `is the integration user's time zone in Siebel UTC? Mend that, then the checkpoint: ${HOW_TO_MEND}`,
    );
  }
  const { id } = lookedBackTo ?? cursor;
  const atMs = storedInstant(job, lookedBackTo ?? cursor);
  // A bound in the future was set by a clock that cannot be trusted; what was read is no newer than its reading.
  const readAtMs = boundMs !== undefined && boundMs <= nowMs ? boundMs : atMs;
  return readAtMs - lookbackMs >= atMs ? { atMs, id } : { atMs: readAtMs - lookbackMs };
}

function storedInstant(job: string, { value }: SyncCursor): number {
  const atMs = instantOf(value);
  if (atMs !== undefined) return atMs;
  throw new ConfigurationError(`the checkpoint of sync job "${job}" holds no date and time; ${HOW_TO_MEND}`);
}

/**
 * What is still to be read: behind the position and not newer than the bound (R66). Never an offset, for records come and
 * go while they are read.
 */
export function recordsBehind(
  position: Position | undefined,
  { read, cursor, boundMs }: Pick<SyncJob, 'read' | 'cursor'> & { readonly boundMs: number },
): Condition {
  const { field } = conditions(read.fields);
  const moved = field(cursor) as OrderConditions<string> & EqualityConditions<string>;
  const upTo = moved.atMost(isoOf(boundMs));
  if (!position) return all(upTo);

  const { atMs, id } = position;
  const at = isoOf(atMs);
  if (id === undefined) return all(moved.atLeast(at), upTo);
  return all(any(moved.greaterThan(at), all(moved.is(at), field('Id').greaterThan(id))), upTo);
}
