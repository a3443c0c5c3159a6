import type { Clock } from '../../clock.ts';
import { ConfigurationError } from '../../errors.ts';
import type { SyncJob } from '../../operations/index.ts';
import type { SiebelClient } from '../../siebel/component.ts';
import { searchNameOf } from '../../siebel/search-specification.ts';
import { instantOf, recordsIn } from '../position.ts';
import { MAX_WINDOWS, type PlannedWindow, spanOf } from './plan.ts';

/** Instants of the cursor field, in whole seconds. */
interface TimeRange {
  /** Absent: from the beginning. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs: number;
}

/** Where planning stands. */
export interface SplitProgress {
  /** Count queries so far. */
  readonly counts: number;
  /** Records of the windows that are fixed, and of the whole range. */
  readonly planned: number;
  readonly records: number;
}

/** How a range was cut. */
export interface Split {
  /** Absent when it would be more than `MAX_WINDOWS`. */
  readonly windows?: readonly PlannedWindow[];
  readonly records: number;
  readonly counts: number;
}

interface SplitParts {
  readonly siebel: Pick<SiebelClient, 'count' | 'queryPage'>;
  readonly clock: Pick<Clock, 'now'>;
}

interface SplitOptions extends TimeRange {
  /** Most records of a window, from 1; a second that holds more stays one window. */
  readonly windowRecords: number;
  /** Longest time of one query. Default 120 000. */
  readonly queryTimeoutMs?: number;
  /** Told after every query. */
  readonly onCount?: (progress: SplitProgress) => void;
}

const SECOND = 1_000;

/**
 * Cuts a range of time into windows of at most so many records, by halving what holds more; neighbours that fit into one
 * window are joined.
 *
 * One query counts a half, and the difference is the other one. Counts decide how large a window is, and nothing else: the
 * windows cover the whole range, without a gap and each instant once, also where nothing was counted, so that a count that
 * is wrong, or old, loses nothing (R50).
 *
 * @throws ConfigurationError for a record without a value in the cursor field.
 * @throws What Siebel throws.
 */
export async function splitRange(job: SyncJob, options: SplitOptions, { siebel, clock }: SplitParts): Promise<Split> {
  const { fromMs, toMs, windowRecords, queryTimeoutMs = 120_000, onCount = () => undefined } = options;
  const limits = () => ({ deadlineAtMs: clock.now() + queryTimeoutMs });
  const windows: PlannedWindow[] = [];
  let counts = 0;
  let records = 0;
  let planned = 0;

  const count = async (range: TimeRange): Promise<number> => {
    const counted = await siebel.count(job.read.address, { where: recordsIn(spanOf(range), job) }, limits());
    counts += 1;
    return counted;
  };

  /** Puts a piece behind those before it; false when there is no place for one more. */
  const place = (piece: Piece): boolean => {
    planned += piece.records;
    const last = windows.at(-1);
    if (last && fitsBehind(last, piece, windowRecords)) {
      windows[windows.length - 1] = { ...last, toMs: piece.toMs, records: last.records + piece.records };
      return true;
    }
    windows.push({ n: windows.length + 1, ...piece });
    return windows.length <= MAX_WINDOWS;
  };

  /** @param startMs The first instant at which there may be records. */
  const cut = async (piece: Piece, startMs: number): Promise<boolean> => {
    const { fromMs, toMs, records: inPiece } = piece;
    const middleMs = startMs + Math.floor((toMs - startMs) / 2 / SECOND) * SECOND;
    if (inPiece <= windowRecords || middleMs <= startMs) return place(piece);
    // What was counted later may be more.
    const earlier = Math.min(await count({ fromMs, toMs: middleMs }), inPiece);
    onCount({ counts, planned, records });
    return (
      (await cut({ fromMs, toMs: middleMs, records: earlier }, startMs)) &&
      (await cut({ fromMs: middleMs, toMs, records: inPiece - earlier }, middleMs))
    );
  };

  records = await count({ fromMs, toMs });
  onCount({ counts, planned, records });
  const isOneWindow = records <= windowRecords;
  const startMs = fromMs ?? (isOneWindow ? toMs : await earliest(job, toMs, { siebel, limits }));
  return (await cut({ fromMs, toMs, records }, startMs)) ? { windows, records, counts } : { records, counts };
}

type Piece = TimeRange & { readonly records: number };

/** What holds nothing fits behind anything, and before it. */
function fitsBehind(last: Piece, piece: Piece, windowRecords: number): boolean {
  return last.records === 0 || piece.records === 0 || last.records + piece.records <= windowRecords;
}

/**
 * So many records a window are enough for `MAX_WINDOWS` in any case but that of many seconds which are fuller: two
 * neighbours that were not joined hold more than one window together.
 */
export function enoughRecordsPerWindow(records: number): number {
  return Math.ceil((records * 2) / MAX_WINDOWS / 1_000) * 1_000;
}

/** Instant of the first record of a job, or the end of the range when it has none. */
async function earliest(
  job: SyncJob,
  toMs: number,
  { siebel, limits }: Pick<SplitParts, 'siebel'> & { limits: () => { readonly deadlineAtMs: number } },
): Promise<number> {
  const { read, cursor } = job;
  const { records } = await siebel.queryPage(
    read.address,
    {
      fields: ['Id', cursor],
      where: recordsIn(spanOf({ toMs }), job),
      sort: [{ field: searchNameOf(cursor, read.fields[cursor]), direction: 'asc' }],
      pageSize: 1,
      startRow: 0,
    },
    limits(),
  );
  const [first] = records;
  if (!first) return toMs;
  const atMs = instantOf(first[cursor] ?? '');
  if (atMs === undefined) {
    throw new ConfigurationError(`the first record of ${read.name} has no date and time in ${cursor}`);
  }
  return atMs;
}
