import type { Known, Phase, SweepContent, SweepIn } from './content.ts';

/** What a person wants to know of the sweeps of a job. */
export interface SweepStatus {
  /** Number of the sweep under way, or of the last one; 0 before the first. */
  readonly number: number;
  readonly phase: Phase | 'idle';
  /** Of the sweep under way. */
  readonly startedAtMs?: number;
  /** The last one that was whole. */
  readonly last?: {
    readonly number: number;
    readonly startedAtMs: number;
    readonly endedAtMs: number;
    /** What the sink holds since then. */
    readonly records: number;
    /** What it has handed over, and how much it had not met for the first time. */
    readonly told?: NonNullable<Known['told']>;
  };
  /**
   * While the guard holds it back: what it knows, and how much of that it does not find. `nothingShows`: it was comparing
   * well, and then Siebel showed no record at all.
   */
  readonly guard?: { readonly known: number; readonly missing: number; readonly nothingShows?: true };
}

/** How a job's sweeps stand. */
export function sweepStatus({ number, known, underway }: SweepContent): SweepStatus {
  const last = known && {
    number: known.number,
    startedAtMs: known.atMs,
    endedAtMs: known.endedAtMs,
    records: known.records,
    ...(known.told && { told: known.told }),
  };
  return {
    number,
    phase: underway?.phase ?? 'idle',
    ...(underway && { startedAtMs: underway.atMs }),
    ...(last && { last }),
    ...(underway?.phase === 'guarded' && { guard: guardOf(underway) }),
  };
}

function guardOf({ counts: { known, missing }, held }: SweepIn<'guarded'>): NonNullable<SweepStatus['guard']> {
  return { known, missing, ...(held && { nothingShows: true }) };
}
