import {
  type LiveStart,
  liveStartOf,
  type SyncTimes,
  settledUntil,
  syncTimesOf,
} from '../../lib/sync/backfill/live-start.ts';
import { type BackfillPlan, MAX_WINDOWS, newPlanId, type PlannedWindow } from '../../lib/sync/backfill/plan.ts';
import { windowsLeft } from '../../lib/sync/backfill/progress.ts';
import { enoughRecordsPerWindow, splitRange } from '../../lib/sync/backfill/split.ts';
import { shapeOf } from '../../lib/sync/job-shape.ts';
import { wholeSecond } from '../../lib/sync/position.ts';
import { type Report, type Run, SYNC, usage } from '../command.ts';
import { confirm } from '../confirm.ts';
import { counted, instant } from '../printable.ts';
import { Problem } from '../problem.ts';
import { movedOn, sendPlan } from './backfill-running.ts';
import { jobNamed } from './jobs.ts';

/** What is to be read, and how. */
export interface BackfillRange {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly windowRecords: number;
  readonly dryRun?: boolean | undefined;
  readonly replace?: boolean | undefined;
  readonly watch?: boolean | undefined;
  readonly yes?: boolean | undefined;
}

/**
 * Counts a range, cuts it into windows, and stores the plan; then the job is told where it begins, if it never ran, and at
 * last the windows are asked for. Killed in between, `--resume` does what is left.
 */
export async function planBackfill(run: Run, name: string, command: BackfillRange): Promise<Report> {
  const job = jobNamed(run, name);
  const plans = run.runtime.backfillPlans();
  const seen = await plans.read(name);
  const unfinished = seen && (await isUnfinished(run, name, seen)) ? seen : undefined;
  if (unfinished?.state === 'running' && !command.replace && !command.dryRun) throw underWay(name, unfinished);

  const times = syncTimesOf(job, run.runtime.syncTimes());
  const live = await liveStart(run, name, times);
  // What was to be read up to where the job began, and was not.
  const left = unfinished?.beginsJob ? unfinished.toMs : undefined;
  const range = rangeOf(name, command, { live, left, settledMs: settledUntil(run.clock.now(), times) }, run);
  const { windows, records, counts } = await splitRange(
    job,
    { ...range, windowRecords: command.windowRecords, onCount: (at) => run.terminal.progress(planningLine(at)) },
    { siebel: run.runtime.siebel(), clock: run.clock },
  );
  if (!windows) throw tooManyWindows(records);
  const shown = { name, range, windows, records, counts, live };
  if (command.dryRun) return dryRun(shown, run);

  await confirm(questionFor(shown), command, run);
  run.interruption.hold();
  const atMs = run.clock.now();
  const plan: BackfillPlan = {
    id: newPlanId(run.clock),
    ...range,
    atMs,
    by: run.operator,
    state: 'running',
    shape: shapeOf(job),
    beginsJob: live === 'nothing-known' || range.toMs === left,
    since: { atMs, records: 0 },
    windows,
  };
  if (!(await plans.store(name, plan, seen && { id: seen.id, state: seen.state }))) throw movedOn(name);
  return sendPlan(run, name, plan, { windows: windows.map(({ n }) => n), watch: command.watch === true });
}

async function isUnfinished(run: Run, name: string, plan: BackfillPlan): Promise<boolean> {
  return windowsLeft(plan, await run.runtime.backfillPlans().done(name, plan.id)).length > 0;
}

/** One plan at a time, unless the one before is whole or was given up. */
function underWay(name: string, { id }: BackfillPlan): Problem {
  return new Problem(
    'BACKFILL_RUNNING',
    `the backfill ${id} of ${name} is under way: wait (--status --watch), stop it (--cancel), or give it up for this one (--replace)`,
  );
}

function tooManyWindows(records: number): Problem {
  return new Problem(
    'TOO_MANY_WINDOWS',
    `${counted(records, 'record')} would need more than ${MAX_WINDOWS} windows: ` +
      `--window-records ${enoughRecordsPerWindow(records)} is enough, as is a shorter range`,
  );
}

async function liveStart(run: Run, name: string, { lookbackMs }: SyncTimes): Promise<LiveStart> {
  const looked = await run.runtime.syncState().look(name, 'live');
  return liveStartOf(looked, { nowMs: run.clock.now(), lookbackMs });
}

interface Range {
  readonly fromMs?: number;
  readonly toMs: number;
}

/** The range that was asked for, as far as it is a backfill's to read. */
function rangeOf(
  name: string,
  { from, to }: BackfillRange,
  {
    live,
    left = Number.POSITIVE_INFINITY,
    settledMs,
  }: { readonly live: LiveStart; readonly left: number | undefined; readonly settledMs: number },
  run: Run,
): Range {
  if (live === 'everything' && to === undefined) {
    throw new Problem(
      'LIVE_READS_ALL',
      `${name} is itself at work on everything from the beginning. Let it go on, give --to, or have a backfill do it: ` +
        `${['pause', 'reset', 'backfill', 'resume'].map((verb) => `${SYNC} ${verb} ${name}${run.repeat}`).join(', then ')}`,
    );
  }
  if (to !== undefined && to > settledMs) {
    throw usage(`--to is later than ${instant(settledMs)}: what is newer may still be committed, and is the job's own`);
  }
  const liveMs = typeof live === 'object' ? live.atMs : Number.POSITIVE_INFINITY;
  const toMs = wholeSecond(to ?? Math.min(settledMs, liveMs, left));
  const fromMs = from === undefined ? undefined : wholeSecond(from);
  if (fromMs !== undefined && fromMs >= toMs) {
    throw new Problem('NOTHING_TO_BACKFILL', `nothing to read: ${instant(fromMs)} is not before ${instant(toMs)}`);
  }
  return { ...(fromMs !== undefined && { fromMs }), toMs };
}

interface Shown {
  readonly name: string;
  readonly range: Range;
  readonly windows: readonly PlannedWindow[];
  readonly records: number;
  readonly counts: number;
  readonly live: LiveStart;
}

function questionFor({ name, range, windows, records, live }: Shown): string {
  const what = `Read ${counted(records, 'record')} of ${name}, ${rangeText(range)}, in ${counted(windows.length, 'window')}`;
  return live === 'nothing-known' ? `${what}; its own runs begin at ${instant(range.toMs)}` : what;
}

function dryRun({ name, range, windows, records, counts, live }: Shown, run: Run): Report {
  const largest = Math.max(...windows.map((window) => window.records));
  const begins = live === 'nothing-known' ? instant(range.toMs) : null;
  return {
    exitCode: 0,
    json: {
      job: name,
      dryRun: true,
      from: range.fromMs === undefined ? null : instant(range.fromMs),
      to: instant(range.toMs),
      records,
      counts,
      jobBegins: begins,
      windows: windows.map(({ n, fromMs, toMs, records: some }) => ({
        window: n,
        from: fromMs === undefined ? null : instant(fromMs),
        to: instant(toMs),
        records: some,
      })),
    },
    lines: [
      `Dry run: ${counted(records, 'record')} of ${name}, ${rangeText(range)}: ${counted(windows.length, 'window')}, ` +
        `the largest of ${counted(largest, 'record')}; found with ${counts} count quer${counts === 1 ? 'y' : 'ies'}.`,
      ...(begins === null ? [] : [`${name} has never run: its own runs would begin at ${begins}.`]),
      `Without --dry-run they are read, ${run.runtime.integration.capacity.backfill} at a time.`,
    ],
  };
}

function rangeText({ fromMs, toMs }: Range): string {
  return `${fromMs === undefined ? 'from the beginning' : `from ${instant(fromMs)}`} to ${instant(toMs)}`;
}

function planningLine({ counts, planned, records }: { counts: number; planned: number; records: number }): string {
  const share = records === 0 ? 100 : Math.floor((planned / records) * 100);
  return `${counts} counts, ${share} % of ${counted(records, 'record')} are in windows …`;
}
