import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { type Sweeps, scheduleHandler } from '../../functions/schedule.ts';
import { ConfigurationError, NoResponseError } from '../../lib/errors.ts';
import type { SyncJob } from '../../lib/operations/index.ts';
import type { SweepReport } from '../../lib/sync/sweep/sweep.ts';
import { changes, JOB, MINUTE, NOW_MS, SECOND, syncParts } from '../lib/sync/sync-parts.ts';

/** The function in memory, with what it did around its run. */
function scheduleFunction({ settled = async () => {} }: { settled?: () => Promise<void> } = {}) {
  const parts = syncParts();
  const did: string[] = [];
  const tokens = {
    settled: () => {
      did.push('settled');
      return settled();
    },
  };
  const metrics = { ...parts.metrics, publish: () => void did.push('published') };
  const handler = scheduleHandler({
    ...parts,
    sinkOf: () => parts.sink,
    metrics,
    tokens,
    jobs: new Map([['accounts', JOB]]),
    sweep: { run: () => Promise.reject(new Error('no job has one')) },
  });
  return { ...parts, did, handler };
}

function contextOf(remainingMs: number): Context {
  return { awsRequestId: 'tick-1', getRemainingTimeInMillis: () => remainingMs } as Context;
}

describe('scheduleHandler', () => {
  it('runs the job of the tick and answers with what it did', async () => {
    const { handler, siebel, did, log } = scheduleFunction();
    siebel.put(...changes(120));

    const report = await handler({ job: 'accounts' }, contextOf(15 * MINUTE));

    expect(report).toEqual({
      job: 'accounts',
      window: 'live',
      outcome: 'complete',
      fence: 1,
      pages: 3,
      records: 120,
      repeats: 0,
      quarantined: 0,
      own: 0,
      objects: ['crm/accounts/live/1-1'],
      cursor: { at: '2023-11-14T21:13:20Z', id: '1-000119' },
      bound: '2023-11-14T22:12:20Z',
      lagMs: MINUTE,
    });
    expect(log.lines).toMatchObject([
      { event: 'SYNC_RUN_ENDED', job: 'accounts', outcome: 'complete', pages: 3, records: 120, requestId: 'tick-1' },
    ]);
    expect(did).toEqual(['settled', 'published']);
  });

  it('ends its run before the time of the invocation', async () => {
    const { handler, siebel, clock } = scheduleFunction();
    const { queryPage } = siebel;
    siebel.put(...changes(1_000));
    siebel.queryPage = async (...args) => {
      await clock.advance(SECOND);
      return queryPage(...args);
    };

    const report = await handler({ job: 'accounts' }, contextOf(10 * SECOND));

    // A second goes for the look at the fields.
    expect(report).toMatchObject({ outcome: 'stopped', pages: 3 });
    expect(clock.now()).toBeLessThanOrEqual(NOW_MS + 5 * SECOND);
  });

  it('answers half a second before the end when a token refresh beside the pages does not end', async () => {
    const { handler, clock, did } = scheduleFunction({ settled: () => new Promise(() => undefined) });

    const report = handler({ job: 'accounts' }, contextOf(15 * MINUTE));
    await clock.advance(15 * MINUTE - SECOND / 2);

    expect(await report).toMatchObject({ outcome: 'complete' });
    expect(did).toEqual(['settled', 'published']);
  });

  it('does nothing in no time at all', async () => {
    const { handler, siebel } = scheduleFunction();
    siebel.put(...changes(1));

    expect(await handler({ job: 'accounts' }, contextOf(0))).toMatchObject({ outcome: 'stopped', pages: 0 });
  });

  it('throws what a run failed with, after one log line, with the cursor unmoved', async () => {
    const { handler, siebel, state, did, log, metrics } = scheduleFunction();
    siebel.queryPage = async () => {
      throw new NoResponseError('TIMED_OUT', 'https://siebel.example:9001 did not answer', { sent: true });
    };

    await expect(handler({ job: 'accounts' }, contextOf(15 * MINUTE))).rejects.toMatchObject({
      name: 'NoResponseError',
      code: 'TIMED_OUT',
      message: 'TIMED_OUT: https://siebel.example:9001 did not answer',
    });

    expect(state.saved).toEqual([]);
    expect(log.lines).toMatchObject([
      { event: 'SYNC_RUN_FAILED', class: 'environment', code: 'TIMED_OUT', job: 'accounts', requestId: 'tick-1' },
    ]);
    expect(metrics.counts.get('sync.failed')).toBe(1);
    expect(did).toEqual(['settled', 'published']);
  });

  it('counts a failure of our own settings, which a person must mend', async () => {
    const { handler, siebel, metrics } = scheduleFunction();
    siebel.queryPage = async () => {
      throw new ConfigurationError('the secret may not be read', { code: 'SECRET_DENIED' });
    };

    await expect(handler({ job: 'accounts' }, contextOf(15 * MINUTE))).rejects.toMatchObject({ code: 'SECRET_DENIED' });

    expect(metrics.counts.get('failure.configuration')).toBe(1);
  });

  it('tells of a defect its name and place, and not its text', async () => {
    const { handler, siebel, log, metrics } = scheduleFunction();
    siebel.queryPage = async () => {
      throw new TypeError('Harbour Supplies is not a function');
    };

    await expect(handler({ job: 'accounts' }, contextOf(15 * MINUTE))).rejects.toThrow(TypeError);

    expect(log.lines).toMatchObject([{ event: 'SYNC_RUN_FAILED', class: 'bug', errorName: 'TypeError' }]);
    expect(metrics.counts.get('failure.bug')).toBe(1);
    expect(JSON.stringify(log.lines)).not.toContain('Harbour');
  });

  it.each([{}, { job: 'everything' }, { job: 'accounts', fullRefresh: true }, { Records: [] }, null, 'accounts'])(
    'refuses %j before it takes a lease, and never takes it for "all" (K16, F137)',
    async (event) => {
      const { handler, siebel, state } = scheduleFunction();

      await expect(handler(event, contextOf(15 * MINUTE))).rejects.toMatchObject({ name: 'InvalidInputError' });

      expect(state.fence).toBe(0);
      expect(siebel.searches).toEqual([]);
    },
  );
});

describe('a job with a sweep', () => {
  const job: SyncJob = { ...JOB, sweep: { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 } };

  const SWEPT: SweepReport = {
    job: 'accounts',
    outcome: 'stopped',
    sweep: 3,
    phase: 'reading',
    begun: true,
    fence: 9,
    pages: 2,
    read: 100,
    lookedUp: 0,
    found: 0,
    tombstones: 0,
    quarantined: 0,
    own: 0,
    objects: [],
  };

  function withSweep(fails?: Error, outcome: SweepReport['outcome'] = 'stopped') {
    const parts = syncParts();
    const swept: { begin: boolean; deadlineAtMs: number; sink: unknown }[] = [];
    const sweep: Sweeps = {
      async run(_name, _job, { begin }, { deadlineAtMs }, { sink }) {
        swept.push({ begin, deadlineAtMs, sink });
        if (fails) throw fails;
        return { ...SWEPT, outcome };
      },
    };
    const tokens = { settled: async () => undefined };
    const jobs = new Map([
      ['accounts', job],
      ['contacts', JOB],
    ]);
    const handler = scheduleHandler({ ...parts, sinkOf: () => parts.sink, tokens, jobs, sweep });
    return { ...parts, swept, handler };
  }

  it('begins one at the tick of its sweep, and nothing else', async () => {
    const { handler, swept, siebel, sink, state } = withSweep();

    expect(await handler({ job: 'accounts', sweep: true }, contextOf(15 * MINUTE))).toEqual(SWEPT);

    expect(swept).toEqual([{ begin: true, deadlineAtMs: NOW_MS + 4 * MINUTE, sink }]);
    expect(state.fence).toBe(0);
    expect(siebel.searches).toEqual([]);
  });

  it('goes on with it when a run has come to its bound, and answers with both', async () => {
    const { handler, swept, siebel } = withSweep();
    siebel.put(...changes(3));

    expect(await handler({ job: 'accounts' }, contextOf(15 * MINUTE))).toMatchObject({
      outcome: 'complete',
      records: 3,
      sweep: SWEPT,
    });

    expect(swept).toMatchObject([{ begin: false, deadlineAtMs: NOW_MS + 4 * MINUTE }]);
  });

  it('says nothing of a sweep when none is under way', async () => {
    const { handler } = withSweep(undefined, 'idle');

    expect(await handler({ job: 'accounts' }, contextOf(15 * MINUTE))).not.toHaveProperty('sweep');
  });

  it('leaves a fifth of its period to live runs and other jobs, counted from the beginning of the tick', async () => {
    const { handler, siebel, swept, clock } = withSweep();
    const { queryPage } = siebel;
    siebel.queryPage = async (...args) => {
      await clock.advance(MINUTE);
      return queryPage(...args);
    };

    await handler({ job: 'accounts' }, contextOf(15 * MINUTE));
    expect(clock.now()).toBeGreaterThan(NOW_MS);
    expect(swept).toMatchObject([{ deadlineAtMs: NOW_MS + 4 * MINUTE }]);
  });

  it('does not go on with it after a run that was cut short, and no other job has one', async () => {
    const { handler, swept } = withSweep();

    expect(await handler({ job: 'accounts' }, contextOf(0))).toMatchObject({ outcome: 'stopped' });
    expect(await handler({ job: 'contacts' }, contextOf(15 * MINUTE))).toMatchObject({ outcome: 'complete' });

    expect(swept).toEqual([]);
  });

  it('keeps what was synced when its sweep fails, and says so; a tick of the sweep itself fails', async () => {
    const { handler, log, metrics } = withSweep(new ConfigurationError('too many', { code: 'SWEEP_GUARD' }));

    expect(await handler({ job: 'accounts' }, contextOf(15 * MINUTE))).toMatchObject({
      outcome: 'complete',
      sweep: { outcome: 'failed', code: 'SWEEP_GUARD' },
    });
    expect(log.lines).toMatchObject([
      { event: 'SYNC_RUN_ENDED' },
      { event: 'SWEEP_FAILED', code: 'SWEEP_GUARD', job: 'accounts' },
    ]);
    expect(metrics.counts.get('failure.configuration')).toBe(1);
    expect(metrics.counts.has('sync.failed')).toBe(false);

    const swept = handler({ job: 'accounts', sweep: true }, contextOf(15 * MINUTE));
    await expect(swept).rejects.toMatchObject({ code: 'SWEEP_GUARD', message: 'SWEEP_GUARD: too many' });
  });

  it.each([
    [{ job: 'contacts', sweep: true }, 'NO_SWEEP'],
    [{ job: 'accounts', sweep: false }, 'BAD_TYPE'],
    [{ job: 'accounts', sweep: 'yes' }, 'BAD_TYPE'],
  ])('refuses %j with %s (K16)', async (event, code) => {
    const { handler, swept } = withSweep();

    await expect(handler(event, contextOf(15 * MINUTE))).rejects.toMatchObject({ code });

    expect(swept).toEqual([]);
  });
});
