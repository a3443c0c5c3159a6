import { liveStartOf, syncTimesOf } from '../../lib/sync/backfill/live-start.ts';
import type { BackfillPlan } from '../../lib/sync/backfill/plan.ts';
import { type BackfillProgress, progressOf, windowsLeft } from '../../lib/sync/backfill/progress.ts';
import { sendWindows } from '../../lib/sync/backfill/send-windows.ts';
import { upperBound } from '../../lib/sync/position.ts';
import { type Report, type Run, SYNC } from '../command.ts';
import { counted, instant } from '../printable.ts';
import { Problem, toldOf } from '../problem.ts';
import { jobNamed } from './jobs.ts';
import { duration } from './words.ts';

interface Watching {
  readonly watch: boolean;
}

const LOOK_EVERY_MS = 5_000;

/** How far the backfill of a job has come. */
export async function showBackfill(run: Run, name: string, { watch }: Watching): Promise<Report> {
  const plan = await planOf(run, name);
  return watch ? watchPlan(run, name, plan) : reportOf(run, name, plan, await look(run, name, plan));
}

/** Stops a backfill. Windows that are being read end after their chunk; their messages are acknowledged. */
export async function cancelBackfill(run: Run, name: string): Promise<Report> {
  const plan = await planOf(run, name);
  if (!(await run.runtime.backfillPlans().cancel(name, plan.id))) throw movedOn(name);
  const cancelled = { ...plan, state: 'cancelled' } as const;
  return reportOf(run, name, cancelled, await look(run, name, cancelled));
}

/**
 * Lets a backfill go on: sends a message for each window that is not done. One that lies in the queue all the same does no
 * harm.
 */
export async function resumeBackfill(run: Run, name: string, { watch }: Watching): Promise<Report> {
  const plan = await planOf(run, name);
  const plans = run.runtime.backfillPlans();
  const done = await plans.done(name, plan.id);
  const { recordsDone } = progressOf(plan, done, run.clock.now());
  const since = { atMs: run.clock.now(), records: recordsDone };
  run.interruption.hold();
  // Before the messages: a container that finds the plan cancelled acknowledges.
  if (!(await plans.resume(name, plan.id, since))) throw movedOn(name);
  return sendPlan(run, name, { ...plan, state: 'running', since }, { windows: windowsLeft(plan, done), watch });
}

/** Tells the job where it begins, asks for windows, and stays to watch them if that is wanted. */
export async function sendPlan(
  run: Run,
  name: string,
  plan: BackfillPlan,
  { windows, watch }: Watching & { readonly windows: readonly number[] },
): Promise<Report> {
  const begins = plan.beginsJob ? await beginJob(run, name, plan) : undefined;
  const { sent, notSent, error } = await sendWindows(
    { job: name, backfill: plan.id, windows },
    {
      send: run.runtime.backfillQueue(),
      signal: run.interruption.signal,
      onSent: (count) => run.terminal.progress(`${count} of ${windows.length} windows asked for …`),
    },
  );
  if (watch && notSent.length === 0) return watchPlan(run, name, plan);

  const told = error && toldOf(error);
  const interrupted = run.interruption.signal.aborted;
  return {
    exitCode: notSent.length > 0 ? 1 : 0,
    json: {
      ...planJson(name, plan),
      jobBegins: begins ?? null,
      sent: sent.length,
      notSent,
      interrupted,
      ...(told && { error: { code: told.code, message: told.message } }),
    },
    lines: [
      `Backfill ${plan.id} of ${name}: ${counted(sent.length, 'window')} asked for.`,
      ...(begins === undefined ? [] : [`The job's own runs begin at ${begins}.`]),
      ...(told ? [`${told.code}: ${told.message}`] : []),
      notSent.length > 0
        ? `${interrupted ? 'Interrupted: ' : ''}${counted(notSent.length, 'window')} not asked for: ${SYNC} backfill ${name} --resume${run.repeat} does it.`
        : `${SYNC} backfill ${name} --status${run.repeat} shows how far it has come.`,
    ],
  };
}

/** A job that never ran begins where its backfill ends, exactly; one that has begun already is left alone. */
async function beginJob(run: Run, name: string, { toMs, atMs }: BackfillPlan): Promise<string | undefined> {
  const { safetyLagMs, lookbackMs } = syncTimesOf(jobNamed(run, name), run.runtime.syncTimes());
  const state = run.runtime.syncState();
  const boundMs = Math.max(toMs, upperBound(atMs, safetyLagMs));
  if (await state.begin(name, { fromMs: toMs, boundMs })) return instant(toMs);

  const live = liveStartOf(await state.look(name, 'live'), { nowMs: run.clock.now(), lookbackMs });
  if (live === 'everything') {
    run.terminal.note(`${name} has begun by itself meanwhile, and reads everything too: consumers get records twice`);
  }
  return undefined;
}

async function planOf(run: Run, name: string): Promise<BackfillPlan> {
  jobNamed(run, name);
  const plan = await run.runtime.backfillPlans().read(name);
  if (plan) return plan;
  throw new Problem(
    'NO_BACKFILL',
    `${name} has no backfill: ${SYNC} backfill ${name}${run.repeat} --dry-run shows one`,
  );
}

async function look(run: Run, name: string, plan: BackfillPlan): Promise<BackfillProgress> {
  return progressOf(plan, await run.runtime.backfillPlans().done(name, plan.id), run.clock.now());
}

/** Stays until the backfill is whole, was cancelled or replaced, or somebody has seen enough. */
async function watchPlan(run: Run, name: string, first: BackfillPlan): Promise<Report> {
  const { interruption, clock, terminal, runtime } = run;
  interruption.hold();
  for (;;) {
    const plan = (await runtime.backfillPlans().read(name)) ?? first;
    if (plan.id !== first.id) throw movedOn(name);
    const progress = await look(run, name, plan);
    if (progress.state !== 'running' || interruption.signal.aborted) return reportOf(run, name, plan, progress);
    terminal.progress(`${progressLine(progress)} …`);
    await clock.sleep(LOOK_EVERY_MS, interruption.signal).catch(() => undefined);
  }
}

function reportOf(run: Run, name: string, plan: BackfillPlan, progress: BackfillProgress): Report {
  const left = progress.windows - progress.windowsDone;
  const advice =
    progress.state === 'cancelled'
      ? [`${SYNC} backfill ${name} --resume${run.repeat} lets the ${counted(left, 'window')} that are left go on.`]
      : [];
  return {
    exitCode: 0,
    json: { ...planJson(name, plan), ...progress },
    lines: [
      `Backfill ${plan.id} of ${name}: ${progress.state}; planned by ${plan.by} at ${instant(plan.atMs)}.`,
      `From ${plan.fromMs === undefined ? 'the beginning' : instant(plan.fromMs)} to ${instant(plan.toMs)}.`,
      `${progressLine(progress)}.`,
      ...advice,
    ],
  };
}

function planJson(name: string, { id, fromMs, toMs, atMs, by, windows }: BackfillPlan) {
  return {
    job: name,
    backfill: id,
    from: fromMs === undefined ? null : instant(fromMs),
    to: instant(toMs),
    plannedAt: instant(atMs),
    by,
    windows: windows.length,
    records: windows.reduce((sum, { records }) => sum + records, 0),
  };
}

/** `12 of 50 windows, 24 % of 1,234,567 records; 510 records a second, 31 minutes left` */
export function progressLine({
  windows,
  windowsDone,
  records,
  recordsDone,
  recordsPerSecond,
  leftSeconds,
}: BackfillProgress): string {
  const share = Math.floor((records === 0 ? windowsDone / windows : recordsDone / records) * 100);
  const rate =
    recordsPerSecond === undefined || leftSeconds === undefined
      ? ''
      : `; ${perSecond(recordsPerSecond)} records a second, ${duration(leftSeconds * 1_000)} left`;
  return `${windowsDone} of ${counted(windows, 'window')}, ${share} % of ${counted(records, 'record')}${rate}`;
}

function perSecond(value: number): string {
  return value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en-US');
}

/** Somebody else was faster. */
export function movedOn(name: string): Problem {
  return new Problem('MOVED_ON', `somebody else has changed the backfill of ${name} meanwhile: look at --status`);
}
