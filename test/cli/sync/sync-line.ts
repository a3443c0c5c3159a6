import { runSiebel } from '../../../cli/program.ts';
import type { Runtime } from '../../../cli/runtime.ts';
import {
  businessComponent,
  defineIntegration,
  eventBridge,
  type Integration,
  readOnly,
  s3,
  text,
  utcDateTime,
} from '../../../lib/operations/index.ts';
import type { BackfillPlan } from '../../../lib/sync/backfill/plan.ts';
import type { Checkpoint, JobControl, RunRecord, SyncLook } from '../../../lib/sync/checkpoint.ts';
import type { SweepContent } from '../../../lib/sync/sweep/content.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import type { Conditions, Ended } from '../cli-parts.ts';

export const NOON = Date.parse('2026-03-01T12:00:00Z');
export const MINUTE = 60_000;

const account = businessComponent('Account/Account', {
  viewMode: 'All',
  fields: { Name: text(100), Updated: readOnly(utcDateTime()) },
});

export const THREE_JOBS = defineIntegration({
  operations: {},
  sync: {
    accounts: {
      read: account,
      cursor: 'Updated',
      every: 'rate(5 minutes)',
      to: s3('crm'),
      sweep: { every: 'cron(0 3 ? * SUN *)', timezone: 'Europe/Vienna' },
    },
    contacts: {
      read: account,
      cursor: 'Updated',
      every: 'cron(30 2 * * ? *)',
      timezone: 'Europe/Vienna',
      to: eventBridge({ source: 'crm' }),
    },
    requests: { read: account, cursor: 'Updated', every: 'rate(1 hour)', to: s3('crm') },
  },
});

export function ran(given: Partial<RunRecord> = {}): RunRecord {
  return {
    atMs: NOON - 2 * MINUTE,
    durationMs: 12_000,
    outcome: 'complete',
    records: 1_234,
    pages: 13,
    lagMs: 60_000,
    cursorAt: '2026-03-01T11:56:40Z',
    ...given,
  };
}

/** A cursor as it is stored. */
export const CURSOR = { value: '03/01/2026 11:56:40', id: '1-2AB' };

const SETTINGS = {
  STAGE: 'local',
  STATE_TABLE: 'state',
  SYNC_BUCKET: 'sync',
  SCHEDULE_FUNCTION: 'schedule',
  SIEBEL_BASE_URL: 'https://siebel.example.com:9001/siebel/v1.0',
  TOKEN_URL: 'https://idcs-1.identity.example.com/oauth2/v1/token',
  TOKEN_SCOPE: 'data',
  CLIENT_SECRET_ID: 'siebel',
};

/** The command line over jobs whose state a test has set, in memory. */
export function syncLine() {
  const clock = fakeClock({ nowMs: NOON });
  const looks = new Map<string, SyncLook | Error>();
  const sweeps = new Map<string, SweepContent | Error>();
  const controls = new Map<string, JobControl>();
  const plans = new Map<string, { plan: BackfillPlan; done: readonly number[] }>();
  /** What was done to the state, in order. */
  const acts: unknown[][] = [];
  const sweepLease = { isHeld: false };
  const controlOf = (job: string): JobControl => controls.get(job) ?? { runs: [] };
  const parts = {
    integration: THREE_JOBS as Integration,
    syncTimes: () => ({ safetyLagMs: MINUTE, lookbackMs: 10 * MINUTE }),
    siebelCallMs: () => 285_000,
    syncState: () => ({
      async look(job: string) {
        const look = looks.get(job);
        if (look instanceof Error) throw look;
        return look;
      },
      async reset(...what: unknown[]) {
        acts.push(['reset', ...what]);
        const look = looks.get(String(what[0]));
        return look instanceof Error || look?.leaseUntilMs === 0;
      },
    }),
    sweepState: () => ({
      look: async (job: string) => {
        const checkpoint = sweeps.get(job);
        if (checkpoint instanceof Error) throw checkpoint;
        return checkpoint && { checkpoint, leaseUntilMs: 0, fence: 3 };
      },
      async reset(...what: unknown[]) {
        acts.push(['resetSweep', ...what]);
        return !sweepLease.isHeld;
      },
    }),
    syncControl: () => ({
      read: async (job: string) => controlOf(job),
      async pause(job: string, paused: { by: string; reason?: string }) {
        acts.push(['pause', job, paused]);
        controls.set(job, { ...controlOf(job), paused: { ...paused, atMs: clock.now() } });
      },
      async resume(job: string) {
        const { paused, ...others } = controlOf(job);
        controls.set(job, others);
      },
      confirmSweep: async (...what: unknown[]) => void acts.push(['confirmSweep', ...what]),
    }),
    backfillPlans: () => ({
      read: async (job: string) => plans.get(job)?.plan,
      done: async (job: string) => new Set(plans.get(job)?.done ?? []),
    }),
  };
  const run = async (argv: readonly string[], conditions: Conditions = {}): Promise<Ended> => {
    const { answers = [], env = SETTINGS, signal = new AbortController().signal, wrap = (same) => same } = conditions;
    const out: string[] = [];
    const err: string[] = [];
    const left = [...answers];
    const code = await runSiebel(['sync', ...argv], {
      terminal: {
        write: (text) => void out.push(text),
        note: (text) => void err.push(text),
        progress: (text) => conditions.onProgress?.(text),
        columns: 80,
        asks: answers.length > 0,
        ask: async (question) => {
          err.push(question);
          return left.shift();
        },
        readInput: async () => Buffer.alloc(0),
      },
      clock,
      env,
      root: '/nowhere',
      folder: '/nowhere',
      interruption: { signal, hold: () => undefined },
      operator: 'ines',
      open: () => wrap(parts as unknown as Runtime),
    });
    return { code, out: out.join('\n'), err: err.join('\n') };
  };

  return {
    clock,
    looks,
    sweeps,
    controls,
    plans,
    acts,
    sweepLease,
    /** What a job has stored, with no run at work. */
    stored(job: string, checkpoint: Checkpoint, leaseUntilMs = 0) {
      looks.set(job, { checkpoint, leaseUntilMs, fence: 1_772_366_000 });
    },
    run,
    async json(argv: readonly string[], conditions: Conditions = {}) {
      const { out, code } = await run([...argv, '--json'], conditions);
      return { code, ...JSON.parse(out) };
    },
  };
}
