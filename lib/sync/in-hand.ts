import type { EmittedLines } from './emitted-lines.ts';
import { isoOf } from './position.ts';
import type { Place, Row } from './rows.ts';
import type { SeenOfJob, SeenPlace, SeenRecord } from './seen-records.ts';
import type { SinkChunk, SinkLines, SinkOutput, SinkRange } from './sink.ts';

/** What a run has done so far. */
export interface Totals {
  /** Pages, the empty ones at the ends included. */
  pages: number;
  /** Records handed to the sink. */
  records: number;
  /** Records that an earlier run had handed over already. */
  repeats: number;
  quarantined: number;
  /** Records that the integration wrote itself, and that were left out. */
  own: number;
  /** Names of what holds the records, for sinks that have names. */
  objects: string[];
}

/** What was read since the last checkpoint. */
export interface InHand {
  /** Sorts the rows of a page, and writes those that are new to the chunk under way. */
  take(rows: readonly Row[]): Promise<void>;
  /** Rows that were taken since everything was handed over last, the repeats among them. */
  readonly rows: number;
  /**
   * What is to be done in this order, each under the lease, before the checkpoint may move; nothing when nothing is new.
   *
   * @param end The newest record that was read.
   */
  steps(end: Place): readonly (() => Promise<void>)[];
  /** Forgets what the steps have handed over. */
  settle(): void;
  /** Gives up the chunk under way. Never throws. */
  abort(): Promise<void>;
}

/** What rows are handed over with. */
export interface InHandParts {
  readonly job: string;
  readonly place: Omit<SeenPlace, 'sequence'>;
  readonly output: SinkOutput;
  /** Absent: every record is handed over. */
  readonly emitted?: EmittedLines | undefined;
  readonly seen?: SeenOfJob | undefined;
  readonly totals: Totals;
  /** Told of records that are valid now. */
  readonly onClosed: (records: number) => void;
}

export function inHand({ job, place, output, emitted, seen, totals, onClosed }: InHandParts): InHand {
  let chunk: SinkChunk | undefined;
  let held = nothingHeld();
  let sequence = 0;

  /** Whether the sink gets the row; where it goes else. */
  const isForSink = (row: Row): boolean => {
    if (!row.own && emitted?.has(row.id, row.line)) {
      totals.repeats += 1;
      return false;
    }
    if (!row.own) emitted?.add(row.id, row.line, row.atMs);
    held.seen.push({ id: row.id, atMs: row.atMs, version: seen?.versionOf?.(row.line) });
    if (row.own) totals.own += 1;
    else if (row.issues.length > 0) held.quarantine.push(row);
    else held.written.push({ id: row.id, atMs: row.atMs });
    return !row.own && row.issues.length === 0;
  };

  const quarantine = async (end: Place) => {
    await output.quarantine(linesOf(held.quarantine, end));
    totals.quarantined += held.quarantine.length;
  };
  const tellSeen = async () => {
    sequence += 1;
    await seen?.record(job, { ...place, sequence }, held.seen);
  };
  const close = async (end: Place) => {
    const names = await chunk?.close(rangeOf(held.written, end));
    chunk = undefined;
    totals.objects.push(...(names ?? []));
    totals.records += held.written.length;
    onClosed(held.written.length);
  };

  return {
    async take(rows) {
      held.rows += rows.length;
      const records = rows.filter(isForSink);
      if (records.length === 0) return;
      chunk ??= output.chunk();
      await chunk.write(records.map(({ id, line }) => ({ id, line })));
    },

    get rows() {
      return held.rows;
    },

    steps: (end) => [
      ...(held.quarantine.length > 0 ? [() => quarantine(end)] : []),
      // Before the records: what a sweep takes for handed over and was not, the next run hands over.
      ...(seen && held.seen.length > 0 ? [tellSeen] : []),
      ...(chunk ? [() => close(end)] : []),
    ],

    settle() {
      held = nothingHeld();
    },

    async abort() {
      await chunk?.abort();
      chunk = undefined;
    },
  };
}

function nothingHeld() {
  return { rows: 0, written: [] as SeenRecord[], quarantine: [] as Row[], seen: [] as SeenRecord[] };
}

function rangeOf(records: readonly SeenRecord[], end: Place): SinkRange {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { atMs } of records) {
    from = Math.min(from, atMs);
    to = Math.max(to, atMs);
  }
  return { from: isoOf(from), to: isoOf(to), end: { at: isoOf(end.atMs), id: end.id } };
}

function linesOf(rows: readonly Row[], end: Place): SinkLines {
  return { ...rangeOf(rows, end), lines: rows.map(({ line }) => line) };
}
