import { setTimeout as sleep } from 'node:timers/promises';
import type { LambdaFunction } from '../../../local-stack/lambda/host.ts';
import type { LocalStack } from '../../../local-stack/stack.ts';
import { type Audit, audit, type Evidence } from './auditor.ts';
import { type ChangesOptions, startChanges } from './changes.ts';
import { readOutput } from './output.ts';
import { CLOCK_MARGIN_MS, type Profile, startSyncStack } from './stack.ts';
import { type Struck, strike } from './strikes.ts';
import { JOB, startTicks, tickOnce } from './ticks.ts';

export interface SyncRunOptions {
  readonly records: number;
  /** Changes a second. */
  readonly changes: number;
  /** Containers to be killed. */
  readonly kills: number;
  readonly seed: number;
  readonly profile: Profile;
  /** Changes and kills go on for at least so long. */
  readonly leastMs: number;
  /** Longest time until all containers are killed, and then until the end. */
  readonly patienceMs: number;
  readonly tickEveryMs: number;
  readonly sweepEveryMs: number;
  /** Shortest and longest pause between two kills. */
  readonly pauseMs: readonly [least: number, most: number];
  /** Whether kills and faults begin only when a first run has read everything. */
  readonly sparesFirstRun: boolean;
  /** Shares of the requests to Siebel, the state table and the bucket that meet a fault. */
  readonly faultRate: number;
  readonly bulk: ChangesOptions['bulk'];
  /** Of the lines at most this share may be repeats. */
  readonly repeatsShare: number;
  readonly workFolder: string;
  readonly distFolder?: string;
  readonly onProgress?: (progress: Progress) => void;
  readonly onLog?: (line: string) => void;
}

export interface Progress {
  readonly seconds: number;
  readonly changes: number;
  readonly killed: number;
  readonly faults: number;
  readonly endings: Readonly<Record<string, number>>;
}

/** What a run came to. */
export interface SyncResult extends Audit {
  readonly seconds: number;
  readonly changes: ReturnType<ReturnType<typeof startChanges>['soFar']>;
  readonly struck: Struck;
  readonly endings: Readonly<Record<string, number>>;
  /** Sweeps that came to their end. */
  readonly sweeps: number;
  readonly coldStarts: number;
  readonly calls: number;
}

const PROGRESS_MS = 5_000;
/** Whole sweeps after the last change: the first one may have begun before it, and what is gone is believed when two do not find it. */
const SWEEPS_AT_END = 3;

/** One run from an empty bucket to an audited end. */
export async function syncRun(options: SyncRunOptions): Promise<SyncResult> {
  const { faultRate, patienceMs } = options;
  let sweeps = 0;
  const onLog = (line: string) => {
    if (line.includes('"SWEEP_ENDED"') || line.includes('"SWEEP_BASELINE"')) sweeps += 1;
    options.onLog?.(line);
  };
  const around = await startSyncStack({ ...options, onLog });
  const { stack } = around;
  const { siebel, functions } = stack;
  const { safetyLagMs, lookbackMs, leaseMs } = options.profile;
  const beganAtMs = performance.now();
  const before = siebel.records('Account');
  const writer = siebel.writer('Account');
  const ids = before.map(({ Id = '' }) => Id);
  const changes = startChanges(writer, { ...options, perSecond: options.changes, safetyLagMs, lookbackMs, ids });
  const rates = { siebel: faultRate / 2, table: faultRate, bucket: faultRate };
  if (options.sparesFirstRun) {
    await readToEnd(functions.schedule, 0, patienceMs);
    await sweepWhole(functions.schedule, () => sweeps, patienceMs);
  }
  const strikes = strike(stack, around, {
    ...options,
    beyondLeaseMs: leaseMs + CLOCK_MARGIN_MS + 1_500,
    rates,
  });
  const ticks = startTicks(functions.schedule, { ...options, everyMs: options.tickEveryMs });
  const tell = () =>
    options.onProgress?.({
      seconds: Math.round((performance.now() - beganAtMs) / 1_000),
      changes: changes.soFar().changes,
      killed: strikes.soFar().killed,
      faults: strikes.soFar().siebel + strikes.soFar().table + strikes.soFar().bucket,
      endings: ticks.endings,
    });
  const telling = setInterval(tell, PROGRESS_MS);
  try {
    await until(() => strikes.soFar().killed >= options.kills, patienceMs);
    await sleep(Math.max(0, options.leastMs - (performance.now() - beganAtMs)));
    changes.stop();
    strikes.stop();
    await ticks.stop();
    await readToEnd(functions.schedule, Date.now(), patienceMs);
    for (let count = 0; count < SWEEPS_AT_END; count += 1)
      await sweepWhole(functions.schedule, () => sweeps, patienceMs);
    tell();

    const evidence: Evidence = {
      before,
      written: writer.written(),
      standing: siebel.records('Account'),
      output: await readOutput(stack.ready, `${JOB}/${JOB}/`),
      stored: around.bucket.stored(),
      safetyLagMs,
      lookbackMs,
      interruptions: strikes.soFar().freezes + interruptedIn(ticks.endings),
      repeatsShare: options.repeatsShare,
    };
    return {
      ...audit(evidence),
      seconds: Math.round((performance.now() - beganAtMs) / 1_000),
      changes: changes.soFar(),
      struck: strikes.soFar(),
      endings: ticks.endings,
      sweeps,
      coldStarts: functions.schedule.stats().coldStarts,
      calls: callsOf(stack),
    };
  } finally {
    clearInterval(telling);
    changes.stop();
    strikes.stop();
    await ticks.stop();
    await around.close();
  }
}

/** Runs that failed, were killed, or were overtaken. */
function interruptedIn(endings: Readonly<Record<string, number>>): number {
  return ['failed', 'lease-lost'].reduce((sum, ending) => sum + (endings[ending] ?? 0), 0);
}

function callsOf({ siebel }: LocalStack): number {
  return siebel.stats().requests;
}

/** Ticks until a run has read everything up to an instant. */
async function readToEnd(schedule: LambdaFunction, atMs: number, patienceMs: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  for (;;) {
    const { outcome, bound } = await tickOnce(schedule, { job: JOB });
    if (outcome === 'complete' && Date.parse(String(bound)) >= atMs) return;
    if (performance.now() > endsAt) throw new Error(`the job has not read to its end; the last run: ${outcome}`);
    await sleep(300);
  }
}

/** Begins a sweep and ticks until it is whole: it goes on with every tick of the job. */
async function sweepWhole(schedule: LambdaFunction, wholeSweeps: () => number, patienceMs: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  const before = wholeSweeps();
  let { outcome } = await tickOnce(schedule, { job: JOB, sweep: true });
  while (wholeSweeps() === before) {
    if (performance.now() > endsAt) throw new Error(`the sweep is not whole; the last run: ${outcome}`);
    await sleep(300);
    ({ outcome } = await tickOnce(schedule, { job: JOB }));
  }
}

async function until(isSo: () => boolean, patienceMs: number): Promise<void> {
  const endsAt = performance.now() + patienceMs;
  while (!isSo()) {
    if (performance.now() > endsAt) throw new Error('the containers that should be killed did not come to it in time');
    await sleep(50);
  }
}
