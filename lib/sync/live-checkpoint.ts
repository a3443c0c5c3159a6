import type { Clock } from '../clock.ts';
import type { Checkpoint, Pass } from './checkpoint.ts';
import { type EmittedLines, emittedLines } from './emitted-lines.ts';
import type { Handover } from './handover.ts';
import { checkpointAfter, metAgainFrom, passOf } from './pass.ts';
import { upperBound } from './position.ts';

/** The checkpoint of a live job, as one run moves it. */
export interface LiveCheckpoint {
  /**
   * The pass that is under way, else a new one.
   *
   * @throws ConfigurationError for a checkpoint that cannot be right.
   */
  begin(): Pass;
  /** Stores how far the pass has come; false when the lease is lost. */
  save(handover: Pick<Handover, 'pass' | 'newest'>): Promise<boolean>;
  readonly stored: Checkpoint;
  /** Lines that were handed over, by this run or those before it. */
  readonly emitted: EmittedLines;
}

/** @param options.save Stores it under the lease; false when that is lost. */
export function liveCheckpoint(
  job: string,
  first: Checkpoint,
  {
    safetyLagMs,
    lookbackMs,
    clock,
    save,
  }: {
    readonly safetyLagMs: number;
    readonly lookbackMs: number;
    readonly clock: Clock;
    readonly save: (checkpoint: Checkpoint) => Promise<boolean>;
  },
): LiveCheckpoint {
  const emitted = emittedLines(first.emitted);
  const bound = () => upperBound(clock.now(), safetyLagMs);
  const times = () => ({ nowMs: clock.now(), lookbackMs });
  /** As the pass that is read began, in this run. */
  let began = first;
  let stored = first;

  const next = ({ pass, newest }: Pick<Handover, 'pass' | 'newest'>): Checkpoint => {
    const checkpoint = checkpointAfter(began, pass, { ...times(), newest, foundMs: bound() });
    const fromMs = metAgainFrom(job, checkpoint, times());
    const isOpen = (atMs: number) =>
      pass.open.some((span) => atMs >= (span.fromMs ?? Number.NEGATIVE_INFINITY) && atMs <= span.upToMs);
    const kept = emitted.kept((atMs) => atMs >= fromMs || isOpen(atMs));
    return kept.length > 0 ? { ...checkpoint, emitted: kept } : checkpoint;
  };

  return {
    begin() {
      began = stored;
      return passOf(job, began, { ...times(), boundMs: bound() });
    },

    async save(handover) {
      const checkpoint = next(handover);
      // A job that has never seen a record begins at the beginning again: then there is nothing to store.
      const isNothing = !checkpoint.cursor && !checkpoint.pass && checkpoint.floorMs === undefined && !stored.pass;
      if (!isNothing && !(await save(checkpoint))) return false;
      stored = checkpoint;
      return true;
    },

    get stored() {
      return stored;
    },
    emitted,
  };
}
