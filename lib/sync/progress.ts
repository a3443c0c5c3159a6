import type { Clock } from '../clock.ts';
import { advance } from './advance.ts';
import type { Checkpoint, Reach } from './checkpoint.ts';
import { emittedLines, hashOf } from './emitted-lines.ts';
import { isoOf, placeOf, startOf } from './position.ts';
import type { Row } from './rows.ts';
import type { SinkCursor, SinkLines, SinkOutput } from './sink.ts';

/** How reading ended. */
export type RunEnd = 'complete' | 'stopped' | 'lease-lost';

/** What a run has read and not yet stored, and how far it has come. */
export interface Progress {
  add(rows: readonly Row[]): void;
  /**
   * Hands what is held to the sink, then moves the checkpoint. Does nothing when neither has changed.
   *
   * @returns False when the lease is lost: the checkpoint is another's, and the sink was given nothing since that was seen.
   */
  store(when: 'going-on' | 'complete' | 'stopped'): Promise<boolean>;
  /** Pages added since the last checkpoint, and the time since. */
  readonly pagesHeld: number;
  readonly heldForMs: number;
  readonly slowestStoreMs: number;
  readonly totals: {
    readonly records: number;
    readonly repeats: number;
    readonly quarantined: number;
    readonly objects: readonly string[];
  };
  /** The cursor as it was last stored. */
  readonly cursor: SinkCursor | undefined;
}

/** Follows one run: sink first, checkpoint after it. */
export function progressOf({
  name,
  checkpoint,
  boundMs,
  nowMs,
  lookbackMs,
  output,
  renew,
  save,
  clock,
}: {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly boundMs: number;
  /** When the run began. */
  readonly nowMs: number;
  readonly lookbackMs: number;
  readonly output: SinkOutput;
  /** Extends the lease; false when it is lost. */
  readonly renew: () => Promise<boolean>;
  readonly save: (checkpoint: Checkpoint) => Promise<boolean>;
  readonly clock: Clock;
}): Progress {
  const emitted = emittedLines(checkpoint.emitted);
  let stored = checkpoint;
  let records: Row[] = [];
  let quarantine: Row[] = [];
  let last: Row | undefined;
  let pagesHeld = 0;
  let storedAtMs = clock.elapsed();
  let slowestStoreMs = 500;
  const totals = { records: 0, repeats: 0, quarantined: 0, objects: [] as string[] };

  // Whoever has lost the lease hands nothing over: another may have done so already, with newer records (R67).
  const handOver = async (): Promise<boolean> => {
    if (last && quarantine.length > 0) {
      if (!(await renew())) return false;
      await output.quarantine(linesOf(quarantine, last));
      totals.quarantined += quarantine.length;
      quarantine = [];
    }
    if (last && records.length > 0) {
      if (!(await renew())) return false;
      totals.objects.push(await output.records(linesOf(records, last)));
      totals.records += records.length;
      records = [];
    }
    return true;
  };

  const startOfNext = (reach: Reach) => startOf(name, reach, { nowMs, lookbackMs });

  /** The checkpoint that what was read up to now allows. */
  const next = (complete: boolean): Checkpoint => {
    const { reach, caughtUp } = advance(checkpoint, { last, complete, boundMs });
    const fromMs = startOfNext(reach)?.atMs ?? Number.NEGATIVE_INFINITY;
    return { ...reach, emitted: emitted.kept({ fromMs, caughtUp }) };
  };

  // A newer bound alone is no news once the next run starts exactly behind the cursor.
  const leadsElsewhere = (to: Checkpoint): boolean => {
    const [one, other] = [startOfNext(to), startOfNext(stored)];
    const moved = to.cursor?.value !== stored.cursor?.value || to.cursor?.id !== stored.cursor?.id;
    const cameBack = stored.lookedBackTo !== undefined && to.lookedBackTo === undefined;
    return moved || cameBack || one?.atMs !== other?.atMs || one?.id !== other?.id;
  };

  return {
    add(rows) {
      pagesHeld += 1;
      for (const row of rows) {
        const hash = hashOf(row.line);
        last = row;
        if (emitted.has(hash)) totals.repeats += 1;
        else if (row.issues.length > 0) quarantine.push(row);
        else records.push(row);
        emitted.add(hash, row.atMs);
      }
    },

    async store(when) {
      const startedMs = clock.elapsed();
      const changed = records.length + quarantine.length > 0;
      if (!(await handOver())) return false;
      const checkpointNow = next(when === 'complete');
      // While it goes on, storing also keeps the lease.
      if (when === 'going-on' || changed || leadsElsewhere(checkpointNow)) {
        if (!(await save(checkpointNow))) return false;
        stored = checkpointNow;
        slowestStoreMs = Math.max(slowestStoreMs, clock.elapsed() - startedMs);
      }
      pagesHeld = 0;
      storedAtMs = clock.elapsed();
      return true;
    },

    totals,
    get pagesHeld() {
      return pagesHeld;
    },
    get heldForMs() {
      return clock.elapsed() - storedAtMs;
    },
    get slowestStoreMs() {
      return slowestStoreMs;
    },
    get cursor() {
      return placeOf(stored.cursor);
    },
  };
}

function linesOf(rows: readonly Row[], last: Row): SinkLines {
  const instants = rows.map(({ atMs }) => atMs);
  return {
    lines: rows.map(({ line }) => line),
    from: isoOf(instants[0] ?? 0),
    to: isoOf(instants.at(-1) ?? 0),
    end: { at: isoOf(last.atMs), id: last.id },
  };
}
