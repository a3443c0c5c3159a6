import { describe, expect, it } from 'vitest';
import { NoResponseError, SiebelResponseError } from '../../../lib/errors.ts';
import { businessComponent, optional, readOnly, text, utcDateTime } from '../../../lib/operations/index.ts';
import { driftProbe } from '../../../lib/sync/drift.ts';
import { runSync, type SyncParts, type SyncReport } from '../../../lib/sync/run.ts';
import type { SeenPlace, SeenRecord } from '../../../lib/sync/seen-records.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts> & Pick<SyncParts, 'seen' | 'drift'>;

function tick(parts: Parts, job = JOB): Promise<SyncReport> {
  return runSync('accounts', job, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, parts);
}

describe('a job that is paused', () => {
  it('ends quietly, takes no lease and asks Siebel nothing', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3));
    await parts.control.pause('accounts', { by: 'ada' });

    expect(await tick(parts)).toMatchObject({ outcome: 'paused', pages: 0 });

    expect(parts.siebel.searches).toEqual([]);
    expect(parts.state.fence).toBe(0);
    expect(parts.metrics.counts).toEqual(new Map([['sync.paused', 1]]));
    expect(parts.log.lines).toMatchObject([{ event: 'SYNC_PAUSED', job: 'accounts' }]);
    expect(parts.control.runs).toEqual([]);
  });

  it('in mid-run stops behind the chunk that is under way, and goes on there when it is resumed', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3_000));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      if (parts.siebel.searches.length === 15) await parts.control.pause('accounts', { by: 'ada' });
      return queryPage(...args);
    };

    expect(await tick(parts)).toMatchObject({ outcome: 'paused', records: 2_000 });
    await parts.control.resume('accounts');
    expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: 1_000 });

    expect(idsOf(parts.sink.lines)).toEqual(changes(3_000).map(({ id }) => id));
    expect(parts.control.runs.map(({ outcome }) => outcome)).toEqual(['paused', 'complete']);
  });
});

describe('the history of a job', () => {
  it('has each run that had the lease, and how long it took', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.advance(SECOND);
      return queryPage(...args);
    };
    await Promise.all([tick(parts), tick(parts)]);

    expect(parts.control.runs).toEqual([
      {
        atMs: NOW_MS + 2 * SECOND,
        durationMs: 2 * SECOND,
        outcome: 'complete',
        records: 3,
        pages: 2,
        lagMs: MINUTE + 2 * SECOND,
        cursorAt: '2023-11-14T21:13:20Z',
      },
    ]);
  });

  it('that cannot be written is no reason to fail', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3));
    parts.control.addRun = async () => {
      throw new Error('throttled');
    };

    expect(await tick(parts)).toMatchObject({ outcome: 'complete' });
    expect(parts.log.lines.map(({ event }) => event)).toEqual(['SYNC_RUN_NOT_KEPT']);
  });
});

describe("the integration's own writes", () => {
  const job = {
    ...JOB,
    read: businessComponent('Account/Account', {
      viewMode: 'All',
      fields: { Name: text(100), 'Updated By Name': readOnly(text(50)), Updated: readOnly(utcDateTime()) },
    }).source,
    ownWrites: { field: 'Updated By Name', is: 'SIEBELINT' },
  };
  const partsWithOwn = (...own: string[]) =>
    syncParts({
      transform: (record) => ({ ...record, 'Updated By Name': own.includes(record['Id'] ?? '') ? 'SIEBELINT' : 'ADA' }),
    });

  it('are left out and counted, and the cursor passes them', async () => {
    const parts = partsWithOwn('1-000001', '1-000002');
    parts.siebel.put(...changes(3));

    expect(await tick(parts, job)).toMatchObject({ records: 1, own: 2, cursor: { id: '1-000002' } });

    expect(idsOf(parts.sink.lines)).toEqual(['1-000000']);
    expect(parts.metrics.counts.get('sync.own')).toBe(2);
    expect(parts.state.checkpoint.cursor?.id).toBe('1-000002');
  });

  it('leave no object when there is nothing else', async () => {
    const parts = partsWithOwn('1-000000');
    parts.siebel.put(...changes(1));

    expect(await tick(parts, job)).toMatchObject({ records: 0, own: 1, objects: [] });
  });
});

describe('what a sweep has to know', () => {
  const sweep = { every: 'rate(1 day)', timezone: 'UTC', maxMissing: 0.1 };
  const withSeen = (parts: ReturnType<typeof syncParts>, order: string[] = []) => {
    const seen: { place: SeenPlace; rows: readonly SeenRecord[] }[] = [];
    const record = async (_job: string, place: SeenPlace, rows: readonly SeenRecord[]) => {
      order.push('seen');
      seen.push({ place, rows });
    };
    return { ...parts, seen: { record }, told: seen };
  };

  it('is told before the records are valid, once a checkpoint, with numbers of its own', async () => {
    const order: string[] = [];
    const parts = withSeen(syncParts(), order);
    parts.siebel.put(...changes(1_500));
    const { save } = parts.state;
    parts.state.save = async (...args) => {
      order.push(`saved behind ${parts.sink.lines.length}`);
      return save(...args);
    };

    await tick(parts, { ...JOB, sweep });

    expect(order).toEqual(['seen', 'saved behind 1000', 'seen', 'saved behind 1500']);
    expect(parts.told.map(({ place, rows }) => [place, rows.length])).toEqual([
      [{ window: 'live', fence: 1, sequence: 1 }, 1_000],
      [{ window: 'live', fence: 1, sequence: 2 }, 500],
    ]);
    expect(parts.told[0]?.rows[0]).toEqual({ id: '1-000000', atMs: changes(1_500)[0]?.updatedAtMs });
  });

  it('is nothing of a job without a sweep, and no repeat', async () => {
    const parts = withSeen(syncParts());
    parts.siebel.put(...changes(10, { lastBeforeNowMs: 2 * MINUTE }));
    await tick(parts);
    expect(parts.told).toEqual([]);

    await tick(parts, { ...JOB, sweep });
    expect(parts.told).toEqual([]);
  });

  it('leaves the checkpoint where it was when it cannot be told', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10));
    const record = async () => {
      throw new Error('no');
    };

    await expect(tick({ ...parts, seen: { record } }, { ...JOB, sweep })).rejects.toThrow('no');
    expect(parts.state.saved).toEqual([]);
    expect(parts.sink.lines).toEqual([]);
    expect(parts.sink.aborted).toBe(1);
  });
});

describe('the look at the fields', () => {
  const job = {
    ...JOB,
    read: businessComponent('Account/Account', {
      viewMode: 'All',
      fields: { Name: text(100), Status: optional(text(30)), Updated: readOnly(utcDateTime()) },
    }).source,
  };
  const partsOf = (extra: Readonly<Record<string, string>>) => {
    const more = { ...extra };
    const parts = syncParts({ transform: (record) => ({ ...record, ...more }) });
    parts.siebel.put(...changes(3));
    return { ...parts, drift: driftProbe(parts), more };
  };

  it('stops no job for a member that a record lacks: what is not set may be left out', async () => {
    const parts = partsOf({});

    expect(await tick(parts, job)).toMatchObject({ outcome: 'complete', records: 3 });
    expect(parts.metrics.counts.get('sync.drift')).toBeUndefined();
  });

  it('tells of a member once, though the records that it looks at differ in theirs', async () => {
    const parts = partsOf({ Old: 'x' });
    for (let hour = 0; hour < 6; hour += 1) {
      const odd = hour % 2 === 1;
      for (const name of ['Old', 'Status']) delete (parts.more as Record<string, string>)[name];
      Object.assign(parts.more, odd ? { Status: 'Active', New: 'y' } : { Old: 'x' });
      if (!odd) delete (parts.more as Record<string, string>)['New'];
      await tick(parts, job);
      await parts.clock.advance(61 * MINUTE);
    }

    expect(parts.log.lines).toMatchObject([{ event: 'SYNC_FIELDS_NEW', fields: ['New'] }]);
  });

  it('tells of fields that were added since it last looked, once, and lets them pass', async () => {
    const parts = partsOf({ Status: 'Active', Old: 'x' });
    expect(await tick(parts, job)).toMatchObject({ outcome: 'complete', records: 3 });
    expect(parts.log.lines).toEqual([]);

    Object.assign(parts.more, { New: 'y' });
    for (let hour = 0; hour < 2; hour += 1) {
      await parts.clock.advance(61 * MINUTE);
      expect(await tick(parts, job)).toMatchObject({ outcome: 'complete' });
    }

    expect(parts.log.lines).toMatchObject([{ event: 'SYNC_FIELDS_NEW', job: 'accounts', fields: ['New'] }]);
    expect(parts.metrics.counts.get('sync.fields.new')).toBe(1);
  });

  it('is taken once an hour, and again after it has failed', async () => {
    const parts = partsOf({ Status: 'Active' });
    let looks = 0;
    let isSilent = true;
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (at, query, options) => {
      if (!query.where && !query.fields) looks += 1;
      if (isSilent) throw new NoResponseError('TIMED_OUT', 'silence', { sent: true });
      return queryPage(at, query, options);
    };
    await expect(tick(parts, job)).rejects.toMatchObject({ code: 'TIMED_OUT' });
    isSilent = false;
    await tick(parts, job);
    await tick(parts, job);
    await parts.clock.advance(61 * MINUTE);
    await tick(parts, job);

    expect(looks).toBe(3);
  });

  it('passes when there is no record at all', async () => {
    const parts = syncParts();

    expect(await tick({ ...parts, drift: driftProbe(parts) }, job)).toMatchObject({ outcome: 'complete', records: 0 });
  });

  it('names the fields that Siebel refuses by themselves when it has refused a page; any other refusal stays as it is', async () => {
    const refusal = new SiebelResponseError('SIEBEL_CONFIGURATION', 'refused', {
      failureClass: 'configuration',
      status: 400,
    });
    for (const [refused, code, message] of [
      [['Status'], 'SYNC_DRIFT', /Account\/Account has no Status any more/],
      [[], 'SIEBEL_CONFIGURATION', /refused/],
    ] as const) {
      const parts = partsOf({});
      const { queryPage } = parts.siebel;
      parts.siebel.queryPage = async (at, query, options) => {
        if (query.where || query.fields?.some((field) => (refused as readonly string[]).includes(field))) throw refusal;
        return queryPage(at, query, options);
      };

      await expect(tick(parts, job)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
      expect(parts.metrics.counts.get('sync.drift')).toBe(code === 'SYNC_DRIFT' ? 1 : undefined);
      expect(parts.control.runs).toMatchObject([{ outcome: 'failed', code }]);
    }
  });
});

describe('a job that has seen records, when Siebel shows none at all', () => {
  it('says so at every run, falls behind, and goes on from where it was when they are back', async () => {
    const parts = syncParts();
    const recent = changes(3, { lastBeforeNowMs: 2 * MINUTE });
    parts.siebel.put(...recent);
    await tick(parts);
    const before = parts.state.checkpoint;
    for (const { id } of recent) parts.siebel.remove(id);
    await parts.clock.advance(11 * MINUTE);

    for (let run = 1; run <= 3; run += 1) {
      await parts.clock.advance(5 * MINUTE);
      const report = await tick(parts);
      expect(report).toMatchObject({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN', lagMs: (12 + run * 5) * MINUTE });
      expect(parts.metrics.counts.get('sync.drift')).toBe(run);
    }
    expect(parts.log.lines).toMatchObject([1, 2, 3].map(() => ({ event: 'SYNC_NOTHING_SEEN', job: 'accounts' })));
    expect(parts.control.runs.at(-1)).toMatchObject({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN' });
    expect(parts.state.checkpoint).toEqual(before);

    // Begun before the outage, and committed in it: the bound has not passed it.
    parts.siebel.put(...recent, { id: '1-late', name: 'late', updatedAtMs: NOW_MS - 3 * MINUTE });
    expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: 1 });
  });

  it('is no news of one that has never seen any', async () => {
    const parts = syncParts();

    expect(await tick(parts)).toMatchObject({ outcome: 'complete' });
    expect(parts.log.lines).toEqual([]);
  });
});
