import type { Clock } from '../../clock.ts';
import type { Span } from '../checkpoint.ts';
import type { JobShape } from '../job-shape.ts';

/** A range of a backfill that one container reads at a time, by a lease and a checkpoint of its own. */
export interface PlannedWindow {
  /** From 1, in the order of time. */
  readonly n: number;
  /** First instant; absent: from the beginning. */
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs: number;
  /** Counted when it was planned. */
  readonly records: number;
}

/** A backfill of one job, cut into windows that follow each other without a gap. All instants of ranges are whole seconds. */
export interface BackfillPlan {
  /** Part of the names of its windows, and of no other plan's. */
  readonly id: string;
  readonly fromMs?: number | undefined;
  /** Exclusive. */
  readonly toMs: number;
  /** When it was planned, and by whom. */
  readonly atMs: number;
  readonly by: string;
  readonly state: 'running' | 'cancelled';
  /** What the job was when it was planned. */
  readonly shape: JobShape;
  /** The job had no checkpoint: its first run begins at `toMs`, and has to be told so. */
  readonly beginsJob: boolean;
  /** Since when it runs without a pause, and how many records had been read by then: what a rate is reckoned from. */
  readonly since: { readonly atMs: number; readonly records: number };
  readonly windows: readonly PlannedWindow[];
}

/** What a plan was when it was looked at: it is replaced only while it still is that. */
export type SeenPlan = Pick<BackfillPlan, 'id' | 'state'>;

/**
 * Where plans are kept, one a job (implemented by `lib/state`). Every read sees what was written before it.
 *
 * @throws ServiceUnavailableError `STATE_UNAVAILABLE`, ConfigurationError `STATE_DENIED` or for a plan that cannot be read.
 */
export interface BackfillPlans {
  read(job: string): Promise<BackfillPlan | undefined>;
  /**
   * Stores a plan in the place of the one that was seen, or of none. What was noted of that one goes in 90 days.
   *
   * @returns False when another has come in between: then nothing was written.
   */
  store(job: string, plan: BackfillPlan, seen: SeenPlan | undefined): Promise<boolean>;
  /** @returns False when it is another plan's turn: then nothing was written. */
  cancel(job: string, id: string): Promise<boolean>;
  /** Lets a plan go on. Returns as `cancel` does. */
  resume(job: string, id: string, since: BackfillPlan['since']): Promise<boolean>;
  /** Whether this plan is the job's, and not cancelled. */
  isRunning(job: string, id: string): Promise<boolean>;
  /** Notes that a window was read to its end; once more does no harm. */
  noteDone(job: string, id: string, n: number): Promise<void>;
  /**
   * Lets go, in 90 days, what is kept of how far a window has come: it is done, or nobody asks for it any more. Should its backfill
   * be resumed later than that, it is read from its beginning.
   *
   * @param window See `windowName`.
   */
  expire(job: string, window: string): Promise<void>;
  /** Numbers of the windows that were noted. */
  done(job: string, id: string): Promise<ReadonlySet<number>>;
}

/** The plan is one item of the state table, which has a limit of 400 KB. */
export const MAX_WINDOWS = 4_000;

/** The name under which a window keeps its lease and checkpoint, and its objects lie: `backfill-20260301-k3f9x-0007`. */
export function windowName(id: string, n: number): string {
  return `backfill-${id}-${String(n).padStart(4, '0')}`;
}

/** What is to be read of a range whose end is exclusive. */
export function spanOf({ fromMs, toMs }: Pick<PlannedWindow, 'fromMs' | 'toMs'>): Span {
  return { ...(fromMs !== undefined && { fromMs }), upToMs: toMs - 1_000 };
}

/** A name that no other plan has: two windows of one name would share their checkpoints. */
export function newPlanId({ now, random }: Pick<Clock, 'now' | 'random'>): string {
  const day = new Date(now()).toISOString().slice(0, 10).replaceAll('-', '');
  const drawn = Array.from({ length: 5 }, () => Math.floor(random() * 36).toString(36)).join('');
  return `${day}-${drawn}`;
}
