import { beforeEach, describe, expect, it } from 'vitest';
import type { Runtime } from '../../../cli/runtime.ts';
import { ConfigurationError } from '../../../lib/errors.ts';
import type { SyncJob } from '../../../lib/operations/index.ts';
import type { BackfillPlan } from '../../../lib/sync/backfill/plan.ts';
import type { Underway } from '../../../lib/sync/sweep/content.ts';
import { CURSOR, MINUTE, NOON, ran, syncLine, THREE_JOBS } from './sync-line.ts';

let line: ReturnType<typeof syncLine>;
beforeEach(() => {
  line = syncLine();
});

const facts = (out: string) =>
  Object.fromEntries(
    (out.split('\n\n')[0] ?? '').split('\n').map((each) => [each.slice(0, 15).trim(), each.slice(15)]),
  );

describe('siebel sync status', () => {
  it('shows all jobs in a table, those that have never run too', async () => {
    line.controls.set('accounts', { runs: [ran({ atMs: NOON - 7 * MINUTE }), ran()] });
    line.stored('accounts', { cursor: CURSOR, boundMs: NOON - 3 * MINUTE });
    line.controls.set('contacts', {
      runs: [ran({ outcome: 'failed', code: 'SIEBEL_TIMEOUT', records: 0, pages: 0 })],
      paused: { by: 'ines', atMs: NOON - MINUTE },
    });

    const { code, out, err } = await line.run(['status']);

    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n').map((each) => each.split(/ {2,}/))).toEqual([
      ['JOB', 'LAST RUN', 'OUTCOME', 'LAG MIN', 'RECORDS', 'NEXT TICK', 'NOTE'],
      ['accounts', '2026-03-01T11:58:00Z', 'complete', '3', '1,234', 'about 2026-03-01T12:02:48Z'],
      [
        ...['contacts', '2026-03-01T11:58:00Z', 'failed: SIEBEL_TIMEOUT', '-', '0'],
        ...['2026-03-02T01:30:00Z', 'paused by ines'],
      ],
      ['requests', '-', 'has not run yet', '-', '-', 'within 60 minutes'],
      [''],
      ['One job in full:', 'npm run --silent siebel -- sync status accounts'],
    ]);
  });

  it('shows all about one job: last run and failure, cursor, lag, rate, next tick', async () => {
    const failed = ran({ atMs: NOON - 12 * MINUTE, outcome: 'failed', code: 'SYNC_DRIFT', records: 0, pages: 1 });
    line.controls.set('accounts', { runs: [failed, ran()] });
    line.stored('accounts', { cursor: CURSOR, boundMs: NOON - 2.5 * MINUTE });

    const shown = facts((await line.run(['status', 'accounts'])).out);

    expect(shown).toEqual({
      job: 'accounts: Account/Account by Updated, to the sync bucket below crm/',
      'last run': '2026-03-01T11:58:00Z, complete: 1,234 records from 13 pages in 12 seconds, 102.8 a second',
      'failed last': '2026-03-01T11:48:00Z, failed: SYNC_DRIFT: 0 records from 1 page in 12 seconds',
      '': 'its log line SYNC_RUN_FAILED says why; docs/errors.md says what SYNC_DRIFT means',
      'read up to': '2026-03-01T11:57:30Z, 2.5 minutes behind now',
      'newest record': '2026-03-01T11:56:40Z, 1-2AB',
      'next tick': 'about 2026-03-01T12:02:48Z, rate(5 minutes)',
      sweep: 'none is whole yet: the first only learns what there is',
      'next sweep': '2026-03-08T02:00:00Z, cron(0 3 ? * SUN *) Europe/Vienna',
    });
  });

  it('shows who has paused it, a run at work, and what is left of a read under way', async () => {
    const paused = { by: 'ines', atMs: NOON - MINUTE, reason: 'upgrade of Siebel' };
    line.controls.set('accounts', { runs: [ran({ outcome: 'stopped' })], paused });
    const open = [
      { fromMs: NOON - 60 * MINUTE, afterId: '1-2AB', upToMs: NOON - 30 * MINUTE },
      { fromMs: NOON - 20 * MINUTE, upToMs: NOON - 5 * MINUTE },
    ];
    line.stored('accounts', { cursor: CURSOR, pass: { boundMs: NOON - 5 * MINUTE, open } }, NOON + 30_000);

    const shown = facts((await line.run(['status', 'accounts'])).out);
    const { underWay, lease, lagMinutes } = await line.json(['status', 'accounts']);

    expect(shown).toMatchObject({
      paused: 'by ines since 2026-03-01T11:59:00Z: upgrade of Siebel (npm run --silent siebel -- sync resume accounts)',
      'next tick': expect.stringMatching(/, rate\(5 minutes\); does nothing while it is paused$/),
      'at work': 'run 1772366000, its lease lasts until 2026-03-01T12:00:30Z',
      'read up to': '2026-03-01T11:00:00Z, 60 minutes behind now',
      'under way': 'a read up to 2026-03-01T11:55:00Z, with 2 ranges left from 2026-03-01T11:00:00Z on',
    });
    expect(shown).not.toHaveProperty('next run');
    expect([underWay, lease, lagMinutes]).toEqual([
      { bound: '2026-03-01T11:55:00Z', ranges: 2, records: null },
      { until: '2026-03-01T12:00:30Z', fence: 1_772_366_000 },
      60,
    ]);
  });

  it('knows how far a job has read that was never shown a record, and takes no history of before a reset for that', async () => {
    const { cursorAt, ...nothing } = ran({ records: 0, pages: 1 });
    line.controls.set('accounts', { runs: [nothing] });
    line.looks.set('accounts', { leaseUntilMs: 0, fence: 7 });
    const found = facts((await line.run(['status', 'accounts'])).out);
    expect([found['read up to'], found['next run']]).toEqual([
      '2026-03-01T11:57:00Z, 3 minutes behind now',
      'reads everything, from the beginning',
    ]);
    expect((await line.run(['status'])).out).toMatch(/^accounts .* complete +3 +0 /m);

    line.controls.set('accounts', { runs: [{ ...nothing, cursorAt: cursorAt ?? '' }] });
    expect(await line.json(['status', 'accounts'])).toMatchObject({ lagMinutes: null });
    line.controls.set('accounts', { runs: [nothing] });
    line.stored('accounts', { cursor: undefined, pass: { boundMs: NOON, open: [{ upToMs: NOON }] } });
    expect(await line.json(['status', 'accounts'])).toMatchObject({ lagMinutes: null });
  });

  it('shows why a run has stopped before its time', async () => {
    line.controls.set('accounts', { runs: [ran({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN' })] });
    expect((await line.run(['status'])).out).toMatch(/^accounts .* stopped: SYNC_NOTHING_SEEN /m);
  });

  it('shows a run that has not given its lease back, and no longer has it', async () => {
    line.stored('accounts', { cursor: CURSOR, boundMs: NOON - MINUTE }, NOON - 9 * MINUTE);
    expect(facts((await line.run(['status', 'accounts'])).out)['not ended']).toBe(
      'run 1772366000, which was killed, or hangs: its lease ran out at 2026-03-01T11:51:00Z',
    );
    expect(await line.json(['status', 'accounts'])).toMatchObject({ lease: null });
  });

  it('does not take a lookback for a lag', async () => {
    const open = [{ fromMs: NOON - 14 * MINUTE, upToMs: NOON - MINUTE }];
    line.stored('accounts', { cursor: CURSOR, boundMs: NOON - 4 * MINUTE, pass: { boundMs: NOON - MINUTE, open } });
    expect(await line.json(['status', 'accounts'])).toMatchObject({ lagMinutes: 4 });
  });

  it('says that nothing is read yet of a job that begins at the beginning', async () => {
    line.stored('accounts', { cursor: undefined, pass: { boundMs: NOON, open: [{ upToMs: NOON }] } });
    const { lagMinutes, readUpTo, lastRun, cursor } = await line.json(['status', 'accounts']);
    expect([lagMinutes, readUpTo, lastRun, cursor]).toEqual([null, null, null, null]);
    expect(facts((await line.run(['status', 'accounts'])).out)).toMatchObject({
      'read up to': 'nothing yet',
      'next run': 'reads from the beginning up to 2026-03-01T12:00:00Z; then what is newer',
    });
  });

  it('says what the next run reads of a job that never ran, or was reset', async () => {
    const nextRun = async () => facts((await line.run(['status', 'accounts'])).out)['next run'];
    expect(await nextRun()).toBe('reads everything, from the beginning');

    line.controls.set('accounts', { runs: [ran()] });
    line.looks.set('accounts', { leaseUntilMs: 0, fence: 7 });
    expect(await nextRun()).toBe('reads everything, from the beginning');

    const open = [
      { fromMs: NOON - 120 * MINUTE, upToMs: NOON - 60 * MINUTE },
      { fromMs: NOON - 50 * MINUTE, upToMs: NOON },
    ];
    const reset = { cursor: undefined, floorMs: NOON - 120 * MINUTE };
    line.stored('accounts', { ...reset, pass: { boundMs: NOON, open: open.slice(0, 1) } });
    expect(await nextRun()).toBe('reads from 2026-03-01T10:00:00Z up to 2026-03-01T12:00:00Z; then what is newer');
    line.stored('accounts', { ...reset, pass: { boundMs: NOON, open } });
    expect(await nextRun()).toContain('up to 2026-03-01T12:00:00Z, 2 ranges that are left; then');

    line.stored('accounts', { cursor: CURSOR, boundMs: NOON });
    expect(await nextRun()).toBeUndefined();
    line.looks.set('accounts', new ConfigurationError('the checkpoint of sync job "accounts" cannot be read'));
    expect(await nextRun()).toBeUndefined();
  });

  it('names no rate of a run that was too short to say', async () => {
    line.controls.set('accounts', { runs: [ran({ records: 9, pages: 2, durationMs: 33 })] });
    expect(facts((await line.run(['status', 'accounts'])).out)['last run']).toBe(
      '2026-03-01T11:58:00Z, complete: 9 records from 2 pages in 0.1 seconds',
    );
  });

  it('draws the lag over the last runs, from two runs on, in plain text', async () => {
    const runs = Array.from({ length: 5 }, (_, index) =>
      ran({ atMs: NOON - (5 - index) * 5 * MINUTE, lagMs: index * MINUTE }),
    );
    line.controls.set('accounts', { runs: runs.slice(0, 1) });
    expect((await line.run(['status', 'accounts'])).out).not.toContain('lag in minutes');

    line.controls.set('accounts', { runs });
    const { out } = await line.run(['status', 'accounts']);

    expect(out).toContain('lag in minutes after each of the last 5 runs');
    expect(out).toMatch(/^4\.0┤/m);
    expect(out).not.toContain('\u001b');
  });

  it('shows how far backfill and sweep are', async () => {
    const plan: BackfillPlan = {
      ...{ id: '20260301-k3f9x', toMs: NOON, atMs: NOON - 10 * MINUTE, by: 'ines', beginsJob: true },
      state: 'running',
      shape: { component: 'Account/Account', cursor: 'Updated' },
      since: { atMs: NOON - 10 * MINUTE, records: 0 },
      windows: [1, 2, 3, 4].map((n) => ({ n, toMs: NOON - (4 - n) * MINUTE, records: 15_000 })),
    };
    line.plans.set('accounts', { plan, done: [1, 3] });
    const reading: Underway = {
      phase: 'reading',
      atMs: NOON - 5 * MINUTE,
      boundMs: NOON,
      read: [],
      records: 40_000,
      open: [],
    };
    const known = {
      number: 2,
      atMs: NOON - 8_000 * MINUTE,
      endedAtMs: NOON - 7_990 * MINUTE,
      parts: [],
      records: 60_000,
      list: { fence: 1, atMs: 1 },
    };
    line.sweeps.set('accounts', { number: 3, known, underway: reading });

    const shown = facts((await line.run(['status', 'accounts'])).out);

    expect(shown['backfill']).toBe(
      '20260301-k3f9x running: 2 of 4 windows, 50 % of 60,000 records; 50 records a second, 10 minutes left',
    );
    expect(shown['sweep']).toBe(
      'sweep 3 of 2026-03-01T11:55:00Z reads Id and time of all records, 40,000 read; before it, sweep 2, whole since 2026-02-23T22:50:00Z, knows 60,000 records',
    );
    expect((await line.run(['status'])).out).toMatch(/accounts .* backfill running$/m);

    const told = { found: 6, tombstones: 700, quarantined: 0, own: 0, missing: 0 };
    line.sweeps.set('accounts', { number: 2, known: { ...known, told } });
    expect(facts((await line.run(['status', 'accounts'])).out)['sweep']).toBe(
      'sweep 2, whole since 2026-02-23T22:50:00Z, knows 60,000 records; it handed over 6 records and 700 deletions',
    );
    expect(await line.json(['status', 'accounts'])).toMatchObject({ sweep: { last: { told } } });
  });

  it('shows a checkpoint that cannot be read, and everything else all the same', async () => {
    line.looks.set('accounts', new ConfigurationError('the checkpoint of sync job "accounts" cannot be read'));
    line.controls.set('accounts', { runs: [ran()] });

    const { code, out } = await line.run(['status']);

    expect(code).toBe(0);
    expect(out).toMatch(/accounts .* complete .* checkpoint damaged/);
    expect((await line.run(['status', 'accounts'])).out).toContain('cannot be read');
  });

  it('shows a sweep that cannot be read, and everything else all the same', async () => {
    line.sweeps.set('accounts', new ConfigurationError('the checkpoint of window "sweep" cannot be read'));
    line.controls.set('accounts', { runs: [ran()] });
    const { code, checkpointDamage, sweep, lastRun } = await line.json(['status', 'accounts']);
    expect([code, checkpointDamage, sweep, lastRun.records]).toEqual([
      ...[0, 'the checkpoint of window "sweep" cannot be read'],
      ...[null, 1_234],
    ]);
  });

  it('fails when the table refuses us, for one job and for all', async () => {
    const denied = new ConfigurationError('state table "state" refuses this function', { code: 'STATE_DENIED' });
    line.looks.set('accounts', denied);
    for (const argv of [['status'], ['status', 'accounts']]) {
      expect(await line.json(argv)).toMatchObject({ code: 1, error: { code: 'STATE_DENIED' } });
    }
  });

  it.each([['status'], ['pause', 'accounts'], ['backfill', 'accounts', '--status']])(
    'tells in the words of the build what is wrong with siebel.config.ts: %s',
    async (...argv) => {
      const [[, accounts]] = [...THREE_JOBS.sync] as [[string, SyncJob]];
      const sync = new Map([['accounts', { ...accounts, every: 'rate(0 minutes)', pageSize: 101 }]]);
      const wrap = (runtime: Runtime): Runtime => ({ ...runtime, integration: { ...THREE_JOBS, sync } });
      const { code, error } = await line.json(argv, { wrap });
      expect([code, error.code]).toEqual([1, 'CONFIGURATION']);
      expect(error.message).toMatch(
        /^siebel\.config\.ts: .*sync\.accounts\..*rate\(0 minutes\).*sync\.accounts\.pageSize: is not/,
      );
      expect(line.acts).toEqual([]);
    },
  );

  it.each([['status'], ['run'], ['pause'], ['resume'], ['reset'], ['verify'], ['confirm']])(
    'names the jobs that there are when %s is given another one',
    async (command) => {
      const { code, err } = await line.run([command, 'acounts']);
      expect([code, err]).toEqual([
        1,
        'UNKNOWN_JOB: there is no sync job "acounts"; there are: accounts, contacts, requests',
      ]);
    },
  );

  it('has help with examples for every command', async () => {
    for (const command of ['status', 'run', 'pause', 'resume', 'reset', 'verify', 'confirm', 'backfill']) {
      const { code, out } = await line.run([command, '--help']);
      expect(code).toBe(0);
      expect(out).toContain(`Examples:\n  npm run --silent siebel -- sync ${command}`);
      expect(out).toContain('--local');
      expect(out).toContain('--json');
    }
  });
});
