import type { Context } from 'aws-lambda';
import { describe, expect, it } from 'vitest';
import { scheduleHandler } from '../../functions/schedule.ts';
import { ConfigurationError, NoResponseError } from '../../lib/errors.ts';
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
  const handler = scheduleHandler({ ...parts, metrics, tokens, jobs: new Map([['accounts', JOB]]) });
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
      objects: ['crm/accounts/live/1-1'],
      cursor: { at: '2023-11-14T21:13:20Z', id: '1-000119' },
      bound: '2023-11-14T22:12:20Z',
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

    expect(report).toMatchObject({ outcome: 'stopped', pages: 4 });
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

    await expect(handler({ job: 'accounts' }, contextOf(15 * MINUTE))).rejects.toMatchObject({ code: 'TIMED_OUT' });

    expect(state.saved).toEqual([]);
    expect(log.lines).toMatchObject([
      { event: 'SYNC_RUN_FAILED', class: 'environment', code: 'TIMED_OUT', job: 'accounts', requestId: 'tick-1' },
    ]);
    expect(metrics.counts).toEqual(new Map([['sync.failed', 1]]));
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

      await expect(handler(event, contextOf(15 * MINUTE))).rejects.toMatchObject({ failureClass: 'message' });

      expect(state.fence).toBe(0);
      expect(siebel.searches).toEqual([]);
    },
  );
});
