import type { SyncTarget } from '../../lib/operations/index.ts';
import type { RunRecord } from '../../lib/sync/checkpoint.ts';
import type { SweepContent } from '../../lib/sync/sweep/content.ts';
import { sweepStatus } from '../../lib/sync/sweep/status.ts';
import { type Report, type Run, SYNC } from '../command.ts';
import { counted, instant, printable, table } from '../printable.ts';
import { progressLine } from './backfill-running.ts';
import { pauseJson, pauseWords } from './control.ts';
import { type JobState, stateOf } from './job-state.ts';
import { jobNamed } from './jobs.ts';
import { lagChart } from './lag-chart.ts';
import type { NextTick } from './next-tick.ts';
import { guardOf, isConfirmed, sweepWords } from './sweep-words.ts';
import { duration, minutes, recordsPerSecond, thousands } from './words.ts';

/** One line for each job. */
export async function statusOfAll(run: Run): Promise<Report> {
  const states: JobState[] = [];
  for (const [name, job] of run.runtime.integration.sync) states.push(await stateOf(run, name, job));
  const nowMs = run.clock.now();
  const rows = states.map((state) => {
    const last = state.runs.at(-1);
    return [
      state.name,
      last ? instant(last.atMs) : '-',
      last ? outcomeWords(last) : 'has not run yet',
      state.readUpToMs === undefined ? '-' : String(minutes(nowMs - state.readUpToMs)),
      last ? thousands(last.records) : '-',
      tickWords(state.next),
      remarksOf(state).join(', '),
    ];
  });
  return {
    exitCode: 0,
    json: { jobs: states.map((state) => stateJson(state, nowMs)) },
    lines:
      rows.length === 0
        ? ['siebel.config.ts has no sync job.']
        : [
            ...table(['JOB', 'LAST RUN', 'OUTCOME', 'LAG MIN', 'RECORDS', 'NEXT TICK', 'NOTE'], rows),
            '',
            `One job in full:  ${SYNC} status ${states[0]?.name}${run.repeat}`,
          ],
  };
}

/** All that a person wants to know of one job. */
export async function statusOfOne(run: Run, name: string): Promise<Report> {
  const state = await stateOf(run, name, jobNamed(run, name));
  const nowMs = run.clock.now();
  const points = state.runs.flatMap(({ atMs, lagMs }) => (lagMs === undefined ? [] : [{ atMs, lagMs }]));
  const chart = lagChart(points, run.terminal.columns);
  return {
    exitCode: 0,
    json: stateJson(state, nowMs),
    lines: [...factsOf(state, nowMs, run).flatMap(labelled), ...(chart.length > 0 ? ['', ...chart] : [])],
  };
}

type Fact = readonly [label: string, words: string | undefined];
const LABEL_WIDTH = 15;

function labelled([label, words]: Fact): string[] {
  return words === undefined ? [] : [`${label.padEnd(LABEL_WIDTH)}${printable(words)}`];
}

function factsOf(state: JobState, nowMs: number, run: Run): Fact[] {
  const { name, job, paused, checkpoint, readUpToMs, cursor, backfill, damage, leaseUntilMs, fence } = state;
  const { sweep, nextSweep, confirmedSweep, leaseRanOutMs } = state;
  const held = sweep && guardOf(sweep);
  const last = state.runs.at(-1);
  const failed = state.runs.findLast(({ outcome }) => outcome === 'failed');
  return [
    ['job', `${name}: ${job.read.name} by ${job.cursor}, to ${targetWords(job.to)}`],
    ['paused', paused && `${pauseWords(paused)} (${SYNC} resume ${name}${run.repeat})`],
    [
      'at work',
      leaseUntilMs === undefined ? undefined : `run ${fence}, its lease lasts until ${instant(leaseUntilMs)}`,
    ],
    [
      'not ended',
      leaseRanOutMs === undefined
        ? undefined
        : `run ${fence}, which was killed, or hangs: its lease ran out at ${instant(leaseRanOutMs)}`,
    ],
    ['last run', last ? runWords(last) : 'none yet'],
    ['failed last', failed && failed !== last ? runWords(failed) : undefined],
    ['', failed?.code && `its log line SYNC_RUN_FAILED says why; docs/errors.md says what ${failed.code} means`],
    ['checkpoint', damage],
    [
      'read up to',
      readUpToMs === undefined
        ? damage === undefined
          ? 'nothing yet'
          : undefined
        : `${instant(readUpToMs)}, ${minutes(nowMs - readUpToMs)} minutes behind now`,
    ],
    ['newest record', cursor && `${cursor.at}, ${cursor.id}`],
    ['under way', leaseUntilMs === undefined ? undefined : checkpoint?.pass && passWords(checkpoint.pass)],
    ['next run', nextRunWords(state)],
    [
      'next tick',
      `${tickWords(state.next)}, ${scheduleWords(job)}${paused ? '; does nothing while it is paused' : ''}`,
    ],
    ['sweep', sweep && sweepWords(sweep, confirmedSweep)],
    [
      '',
      held && !isConfirmed(held, confirmedSweep)
        ? `see what it would do, and let it pass:  ${SYNC} confirm ${name}${run.repeat}`
        : undefined,
    ],
    ['next sweep', nextSweep && job.sweep && `${tickWords(nextSweep)}, ${scheduleWords(job.sweep)}`],
    ['backfill', backfill && `${backfill.id} ${backfill.state}: ${progressLine(backfill)}`],
  ];
}

function targetWords(to: SyncTarget): string {
  switch (to.kind) {
    case 's3':
      return `the sync bucket below ${to.prefix}/`;
    case 'sqs':
      return `queue ${to.queueName}`;
    case 'eventbridge':
      return `event bus ${to.bus}, source ${to.source}`;
    case 'own':
      return `${to.name}, a sink of its own`;
  }
}

function outcomeWords({ outcome, code }: RunRecord): string {
  return outcome === 'failed' ? `failed: ${code ?? 'unknown'}` : `${outcome}${code === undefined ? '' : `: ${code}`}`;
}

function runWords(run: RunRecord): string {
  const perSecond = recordsPerSecond(run);
  const rate = perSecond === undefined ? '' : `, ${thousands(perSecond)} a second`;
  const counts = `${counted(run.records, 'record')} from ${counted(run.pages, 'page')} in ${duration(run.durationMs)}`;
  return `${instant(run.atMs)}, ${outcomeWords(run)}: ${counts}${rate}`;
}

type Pass = NonNullable<NonNullable<JobState['checkpoint']>['pass']>;

function passWords({ boundMs, open }: Pass): string {
  return `a read up to ${instant(boundMs)}, with ${counted(open.length, 'range')} left from ${startWords(open)} on`;
}

function startWords([first]: Pass['open']): string {
  return first?.fromMs === undefined ? 'the beginning' : instant(first.fromMs);
}

/** What the next run reads, where that is not what has changed since the last one. */
function nextRunWords({ checkpoint, leaseUntilMs, damage }: JobState): string | undefined {
  if (leaseUntilMs !== undefined || damage !== undefined) return undefined;
  const { pass, cursor, boundMs, floorMs } = checkpoint ?? {};
  if (pass) {
    const left = pass.open.length === 1 ? '' : `, ${counted(pass.open.length, 'range')} that are left`;
    return `reads from ${startWords(pass.open)} up to ${instant(pass.boundMs)}${left}; then what is newer`;
  }
  const knowsNothing = cursor === undefined && boundMs === undefined && floorMs === undefined;
  return knowsNothing ? 'reads everything, from the beginning' : undefined;
}

function tickWords(next: NextTick): string {
  if (next === 'never') return 'never again';
  const words = 'atMs' in next ? instant(next.atMs) : `within ${duration(next.withinMs)}`;
  // Where a rate begins to count, only AWS knows; the last run may have been ticked by hand.
  const about = 'atMs' in next && next.isAbout ? 'about ' : '';
  return `${about}${words}`;
}

function scheduleWords({ every, timezone }: { readonly every: string; readonly timezone: string }): string {
  return every.startsWith('cron') ? `${every} ${timezone}` : every;
}

function remarksOf({ paused, leaseUntilMs, backfill, damage, sweep, confirmedSweep }: JobState): string[] {
  const held = sweep && guardOf(sweep);
  return [
    ...(paused ? [`paused by ${paused.by}`] : []),
    ...(leaseUntilMs === undefined ? [] : ['at work']),
    ...(damage === undefined ? [] : ['checkpoint damaged']),
    ...(held ? [isConfirmed(held, confirmedSweep) ? 'sweep confirmed' : 'sweep held back'] : []),
    ...(backfill && backfill.state !== 'complete' ? [`backfill ${backfill.state}`] : []),
  ];
}

function stateJson(state: JobState, nowMs: number) {
  const { name, job, paused, checkpoint, readUpToMs, cursor, leaseUntilMs, fence, next, backfill, damage, sweep } =
    state;
  const last = state.runs.at(-1);
  return {
    job: name,
    component: job.read.name,
    target: job.to.kind,
    paused: paused ? pauseJson(paused) : null,
    lastRun: last ? runJson(last) : null,
    lagMinutes: readUpToMs === undefined ? null : minutes(nowMs - readUpToMs),
    readUpTo: orNull(readUpToMs),
    cursor: cursor ?? null,
    underWay: checkpoint?.pass
      ? {
          bound: instant(checkpoint.pass.boundMs),
          ranges: checkpoint.pass.open.length,
          records: checkpoint.pass.records ?? null,
        }
      : null,
    lease: leaseUntilMs === undefined ? null : { until: instant(leaseUntilMs), fence: fence ?? null },
    checkpointDamage: damage ?? null,
    schedule: { expression: job.every, timezone: job.timezone },
    nextTick: next !== 'never' && 'atMs' in next ? instant(next.atMs) : null,
    sweep: sweep ? sweepJson(sweep, state.confirmedSweep) : null,
    backfill: backfill ?? null,
    runs: state.runs.map(runJson),
  };
}

function sweepJson(sweep: SweepContent, confirmedSweep: number | undefined) {
  const { number, phase, last } = sweepStatus(sweep);
  const held = guardOf(sweep);
  return {
    number,
    phase,
    read: sweep.underway?.records ?? null,
    heldBack: held ? { ...held, confirmed: isConfirmed(held, confirmedSweep) } : null,
    last: last
      ? {
          ...{ number: last.number, begun: instant(last.startedAtMs), ended: instant(last.endedAtMs) },
          ...{ records: last.records, told: last.told ?? null },
        }
      : null,
  };
}

function runJson({ atMs, ...run }: RunRecord) {
  return { at: instant(atMs), ...run, recordsPerSecond: recordsPerSecond(run) ?? null };
}

function orNull(atMs: number | undefined): string | null {
  return atMs === undefined ? null : instant(atMs);
}
