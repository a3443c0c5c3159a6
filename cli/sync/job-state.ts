import type { SyncJob } from '../../lib/operations/index.ts';
import { type BackfillProgress, progressOf } from '../../lib/sync/backfill/progress.ts';
import type { Checkpoint, JobControl, RunRecord } from '../../lib/sync/checkpoint.ts';
import { readUpTo } from '../../lib/sync/pass.ts';
import { placeOf } from '../../lib/sync/position.ts';
import type { SinkCursor } from '../../lib/sync/sink.ts';
import type { SweepContent } from '../../lib/sync/sweep/content.ts';
import type { Run } from '../command.ts';
import { toldOf } from '../problem.ts';
import { type NextTick, nextTick } from './next-tick.ts';

/** All that is known of a job. */
export interface JobState {
  readonly name: string;
  readonly job: SyncJob;
  readonly paused: JobControl['paused'];
  readonly runs: readonly RunRecord[];
  readonly checkpoint: Checkpoint | undefined;
  /** Why the checkpoint, or that of the sweep, cannot be read. */
  readonly damage: string | undefined;
  /** When the lease of a run at work ends. */
  readonly leaseUntilMs: number | undefined;
  /** When a lease ran out that was not given back: its run was killed, or hangs. */
  readonly leaseRanOutMs: number | undefined;
  readonly fence: number | undefined;
  /** Everything up to here has been read; `undefined` while that is not known of any instant. */
  readonly readUpToMs: number | undefined;
  readonly cursor: SinkCursor | undefined;
  readonly next: NextTick;
  /** `undefined` when it declares none, or it cannot be read. */
  readonly sweep: SweepContent | undefined;
  /** Number of the sweep that a person lets pass. */
  readonly confirmedSweep: number | undefined;
  readonly nextSweep: NextTick | undefined;
  readonly backfill: (BackfillProgress & { readonly id: string }) | undefined;
}

/** Looks at a job, and changes nothing. */
export async function stateOf(run: Run, name: string, job: SyncJob): Promise<JobState> {
  const { runtime, clock } = run;
  const nowMs = clock.now();
  const plans = runtime.backfillPlans();
  const [control, live, swept, plan] = await Promise.all([
    runtime.syncControl().read(name),
    readable(runtime.syncState().look(name, 'live')),
    readable(job.sweep ? runtime.sweepState().look(name, 'sweep') : Promise.resolve(undefined)),
    plans.read(name),
  ]);
  const { checkpoint, leaseUntilMs = 0, fence } = live.look ?? {};
  const last = control.runs.at(-1);
  return {
    name,
    job,
    paused: control.paused,
    runs: control.runs,
    checkpoint,
    damage: [live.damage, swept.damage].filter((words) => words !== undefined).join('; ') || undefined,
    leaseUntilMs: leaseUntilMs > nowMs ? leaseUntilMs : undefined,
    leaseRanOutMs: leaseUntilMs > 0 && leaseUntilMs <= nowMs ? leaseUntilMs : undefined,
    fence,
    readUpToMs: live.damage === undefined ? upToOf(checkpoint, control.runs) : undefined,
    cursor: placeOf(checkpoint?.cursor),
    next: nextTick(job, nowMs, last && last.atMs - last.durationMs),
    sweep: job.sweep && !swept.damage ? (swept.look?.checkpoint ?? { number: 0 }) : undefined,
    confirmedSweep: control.confirmedSweep,
    nextSweep: job.sweep && nextTick(job.sweep, nowMs),
    backfill: plan && { ...progressOf(plan, await plans.done(name, plan.id), nowMs), id: plan.id },
  };
}

/** What cannot be read must not hide everything else. */
async function readable<T>(look: Promise<T>): Promise<{ readonly look?: T; readonly damage?: string }> {
  try {
    return { look: await look };
  } catch (error) {
    const { code, message } = toldOf(error);
    if (code !== 'CONFIGURATION') throw error;
    return { damage: message };
  }
}

/**
 * Up to where everything has been read. A job that was never shown a record stores nothing: then as far as its last whole run
 * says, unless that knew of a record, and the job was reset since.
 */
export function upToOf(checkpoint: Checkpoint | undefined, runs: readonly RunRecord[]): number | undefined {
  const knownMs = checkpoint && readUpTo(checkpoint);
  if (knownMs !== undefined || checkpoint?.cursor || checkpoint?.pass) return knownMs;
  const whole = runs.findLast(({ outcome }) => outcome === 'complete');
  return whole?.lagMs === undefined || whole.cursorAt !== undefined ? undefined : whole.atMs - whole.lagMs;
}
