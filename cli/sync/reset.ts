import { ConfigurationError } from '../../lib/errors.ts';
import { type SyncTimes, syncTimesOf } from '../../lib/sync/backfill/live-start.ts';
import type { Checkpoint, SyncLook } from '../../lib/sync/checkpoint.ts';
import { readUpTo, startOf } from '../../lib/sync/pass.ts';
import { upperBound, wholeSecond } from '../../lib/sync/position.ts';
import { type Report, type Run, SYNC, usage } from '../command.ts';
import { confirm } from '../confirm.ts';
import { instant } from '../printable.ts';
import { Problem } from '../problem.ts';
import { jobNamed } from './jobs.ts';

export interface ResetOptions {
  /** The sweeps instead of the job. */
  readonly sweep?: boolean | undefined;
  readonly to?: number | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Puts a job back: its next run reads everything again, or what has changed since an instant. The sink gets those records once
 * more, and keeps what it has; the number of the last run is kept, so that names are never used twice.
 *
 * It begins earlier than was asked for where the next run owes more: what was committed late lies before where the last one has
 * read to.
 */
export async function resetJob(run: Run, name: string, options: ResetOptions): Promise<Report> {
  if (options.sweep) return resetSweep(run, name, options);
  const times = syncTimesOf(jobNamed(run, name), run.runtime.syncTimes());
  const state = run.runtime.syncState();
  const toMs = options.to === undefined ? undefined : wholeSecond(options.to);
  const found = await lookAt(run, name);
  if (found === 'nothing') {
    throw new Problem(
      'NOTHING_READ_YET',
      `sync job "${name}" has read nothing yet: its first run begins at the beginning`,
    );
  }
  const reachedMs = found !== 'unreadable' && found.checkpoint ? readUpTo(found.checkpoint) : undefined;
  // What cannot be read may have come to any place up to now.
  if (toMs !== undefined) refuseForward(name, toMs, found === 'unreadable' ? run.clock.now() : reachedMs);
  if (found !== 'unreadable' && found.leaseUntilMs > run.clock.now()) throw atWork(name, found.leaseUntilMs, run);

  const fromMs = toMs === undefined ? undefined : Math.min(toMs, owedFrom(name, found, times, run));
  const late = fromMs === toMs ? '' : `, and what may have been committed late since ${instant(fromMs ?? 0)}`;
  const again =
    toMs === undefined
      ? 'everything again, from the beginning'
      : `again what has changed since ${instant(toMs)}${late}`;
  await confirm(
    `Let ${name} read ${again}`,
    { ...options, look: `${SYNC} status ${name}${run.repeat} shows where it is` },
    run,
  );
  // The run after it reads on from there: nothing between the two is left out.
  const to = fromMs === undefined ? undefined : { fromMs, boundMs: reachedMs ?? fromMs };
  if (!(await state.reset(name, 'live', to))) throw atWork(name, undefined, run);
  return {
    exitCode: 0,
    json: {
      job: name,
      to: toMs === undefined ? null : instant(toMs),
      from: fromMs === undefined ? null : instant(fromMs),
      was: reachedMs === undefined ? null : instant(reachedMs),
    },
    lines: [
      `${name} reads ${again}, from its next run on.`,
      ...(reachedMs === undefined ? [] : [`It had come to ${instant(reachedMs)}.`]),
      'The sink gets those records once more, as equal lines; what it holds stays. Backfill and sweep stand where they are.',
      `At once:  ${SYNC} run ${name}${run.repeat}`,
    ],
  };
}

/** Forgets what sweeps know: the next one begins anew, and only learns what there is. */
async function resetSweep(run: Run, name: string, options: ResetOptions): Promise<Report> {
  if (!jobNamed(run, name).sweep) throw usage(`sync job "${name}" declares no sweep in siebel.config.ts`);
  if (options.to !== undefined) throw usage('--to is of the job: a sweep begins anew as a whole');
  await confirm(
    `Let the sweeps of ${name} begin anew: the next one only learns what there is, and what was deleted before it is never told`,
    { ...options, look: `${SYNC} status ${name}${run.repeat} shows where they are` },
    run,
  );
  if (!(await run.runtime.sweepState().reset(name, 'sweep'))) throw atWork(name, undefined, run);
  return {
    exitCode: 0,
    json: { job: name, sweep: true },
    lines: [
      `The sweeps of ${name} begin anew; the job itself stands where it is.`,
      `At once:  ${SYNC} run ${name} --sweep${run.repeat}`,
    ],
  };
}

/** From where on the next run reads, or the one behind a pass that is under way. */
function owedFrom(name: string, found: Exclude<Found, 'nothing'>, times: SyncTimes, { clock }: Run): number {
  const nowMs = clock.now();
  const latestMs = upperBound(nowMs, times.safetyLagMs) - times.lookbackMs;
  const checkpoint = found === 'unreadable' ? undefined : found.checkpoint;
  if (!checkpoint) return latestMs;
  const { pass, floorMs = Number.NEGATIVE_INFINITY } = checkpoint;
  if (!pass) return nextStart(name, checkpoint, { nowMs, ...times }) ?? latestMs;
  const lateMs = wholeSecond(pass.boundMs - times.lookbackMs);
  return Math.max(floorMs, Math.min(latestMs, lateMs, ...pass.open.flatMap((span) => span.fromMs ?? [])));
}

/** `undefined` for what lies in the future: a reset mends that, too. */
function nextStart(
  name: string,
  checkpoint: Checkpoint,
  times: { readonly nowMs: number; readonly lookbackMs: number },
): number | undefined {
  try {
    return startOf(name, checkpoint, times).fromMs;
  } catch (error) {
    if (error instanceof ConfigurationError) return undefined;
    throw error;
  }
}

type Found = SyncLook | 'nothing' | 'unreadable';

/** A checkpoint that cannot be read is what a reset mends. */
async function lookAt(run: Run, name: string): Promise<Found> {
  try {
    const look = await run.runtime.syncState().look(name, 'live');
    return look?.checkpoint || (look && look.leaseUntilMs > run.clock.now()) ? look : 'nothing';
  } catch (error) {
    if (error instanceof ConfigurationError && error.code === 'CONFIGURATION') return 'unreadable';
    throw error;
  }
}

function refuseForward(name: string, toMs: number, reachedMs: number | undefined): void {
  if (reachedMs !== undefined && toMs <= reachedMs) return;
  throw usage(
    `--to is later than ${name} has come (${reachedMs === undefined ? 'the beginning' : instant(reachedMs)}): ` +
      'what lies between would never be read',
  );
}

function atWork(name: string, untilMs: number | undefined, { repeat }: Run): Problem {
  const until = untilMs === undefined ? '' : ` (its lease lasts until ${instant(untilMs)})`;
  return new Problem(
    'AT_WORK',
    `a run of "${name}" is at work${until}, and nothing was done: wait for its end, or ${SYNC} pause ${name}${repeat} first`,
  );
}
