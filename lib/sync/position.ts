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
import type { Span, SyncCursor } from './checkpoint.ts';
import type { SinkCursor } from './sink.ts';

/** A wire value as milliseconds since the epoch; `undefined` when it is no date and time. */
export function instantOf(wire: string): number | undefined {
  const decoded = instantFromWire(wire);
  return 'value' in decoded ? Date.parse(decoded.value) : undefined;
}

/** `2025-03-14T09:26:53Z` for an instant, to the second. */
export function isoOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** A stored cursor as others read it; `undefined` when there is none. */
export function placeOf(cursor: SyncCursor | undefined): SinkCursor | undefined {
  const atMs = cursor && instantOf(cursor.value);
  return cursor && atMs !== undefined ? { at: isoOf(atMs), id: cursor.id } : undefined;
}

/** The newest instant that is read: far enough back that what commits late has been committed, to the second. */
export function upperBound(nowMs: number, safetyLagMs: number): number {
  return wholeSecond(nowMs - safetyLagMs);
}

/** The second that an instant lies in. */
export function wholeSecond(atMs: number): number {
  return Math.floor(atMs / 1_000) * 1_000;
}

/**
 * The records of a span, and of the job's own condition (R66). Never an offset, for records come and go while they are
 * read.
 */
export function recordsIn(
  { fromMs, afterId, upToMs }: Span,
  { read, cursor, where }: Pick<SyncJob, 'read' | 'cursor' | 'where'>,
): Condition {
  const { field } = conditions(read.fields);
  const moved = field(cursor) as OrderConditions<string> & EqualityConditions<string>;
  const upTo = [moved.atMost(isoOf(upToMs)), ...(where ? [where] : [])] as const;
  if (fromMs === undefined) return all(...upTo);

  const at = isoOf(fromMs);
  if (afterId === undefined) return all(moved.atLeast(at), ...upTo);
  return all(any(moved.greaterThan(at), all(moved.is(at), field('Id').greaterThan(afterId))), ...upTo);
}
