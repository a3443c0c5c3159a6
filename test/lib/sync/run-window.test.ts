import { describe, expect, it } from 'vitest';
import { businessComponent, flag, readOnly, text, utcDateTime } from '../../../lib/operations/index.ts';
import { runWindow, type SyncReport } from '../../../lib/sync/run.ts';
import { withoutTimers } from '../../support/fake-clock.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts>;

const SPAN = { fromMs: NOW_MS - 120 * MINUTE, upToMs: NOW_MS - 61 * MINUTE };

function read(
  parts: Parts,
  { secondsForIt = 900, isCancelled = async () => false, job = JOB, counted = 3_500 } = {},
): Promise<SyncReport> {
  const limits = { deadlineAtMs: parts.clock.now() + secondsForIt * SECOND };
  return runWindow('accounts', job, { window: 'backfill-a-0001', span: SPAN, counted, isCancelled }, limits, parts);
}

/** 3,500 records, a second apart, the last one at the end of the window; each page takes two seconds. */
function slowParts(options: Parameters<typeof syncParts>[0] = {}): Parts {
  const parts = syncParts(options);
  parts.siebel.put(...changes(3_500, { lastBeforeNowMs: 61 * MINUTE }));
  const { queryPage } = parts.siebel;
  parts.siebel.queryPage = async (...args) => {
    await parts.clock.advance(2 * SECOND);
    return queryPage(...args);
  };
  return parts;
}

describe('a window of a backfill', () => {
  it('is read in as many runs as it takes, each where the one before stopped, and counts its records over all of them', async () => {
    const parts = slowParts();
    const reports = [
      await read(parts, { secondsForIt: 40 }),
      await read(parts, { secondsForIt: 40 }),
      await read(parts),
    ];

    expect(reports).toMatchObject([
      { outcome: 'stopped', records: 1_700, fence: 1, window: 'backfill-a-0001' },
      { outcome: 'stopped', records: 1_700, fence: 2 },
      { outcome: 'complete', records: 100, fence: 3, bound: '2023-11-14T21:12:20Z' },
    ]);
    expect(idsOf(parts.sink.lines)).toEqual(changes(3_500).map(({ id }) => id));
    expect(parts.state.of('backfill-a-0001')).toEqual({
      cursor: { value: '11/14/2023 21:12:20', id: '1-003499' },
      shape: { component: 'Account/Account', cursor: 'Updated' },
      done: { records: 3_500 },
    });
  });

  it('that is whole is not read again, also when its message comes twice', async () => {
    const parts = slowParts();
    await read(parts);
    const { length } = parts.siebel.searches;

    expect(await read(parts)).toMatchObject({ outcome: 'complete', pages: 0, records: 0 });
    expect(parts.siebel.searches).toHaveLength(length);
  });

  it('is not whole while Siebel shows no record at all, and goes on there afterwards (R44)', async () => {
    const parts = slowParts();
    const { queryPage } = parts.siebel;
    let pages = 0;
    let isBlind = true;
    parts.siebel.queryPage = async (...args) => {
      pages += 1;
      const page = await queryPage(...args);
      return isBlind && pages > 12 ? { records: [], lastPage: true } : page;
    };

    expect(await read(parts)).toMatchObject({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN', records: 1_200 });
    expect(parts.log.lines).toMatchObject([{ event: 'SYNC_NOTHING_SEEN', job: 'accounts', window: 'backfill-a-0001' }]);
    expect(parts.metrics.counts.get('sync.drift')).toBe(1);
    isBlind = false;
    expect(await read(parts)).toMatchObject({ outcome: 'complete', records: 2_300 });
    expect(idsOf(parts.sink.lines)).toEqual(changes(3_500).map(({ id }) => id));
  });

  it('is whole without a record of the component at all where none were counted, and not where some were (R44)', async () => {
    const parts = syncParts();

    expect(await read(parts, { counted: 1 })).toMatchObject({ outcome: 'stopped', code: 'SYNC_NOTHING_SEEN' });
    const report = await read(parts, { counted: 0 });

    expect(report).toMatchObject({ outcome: 'complete', records: 0 });
    expect(report).not.toHaveProperty('code');
    expect(parts.state.of('backfill-a-0001')?.done).toEqual({ records: 0 });
  });

  it('reads nothing outside of its range, and leaves the live job alone', async () => {
    const parts = syncParts();
    parts.siebel.put(
      { id: '1-before', name: 'x', updatedAtMs: SPAN.fromMs - SECOND },
      { id: '1-first', name: 'x', updatedAtMs: SPAN.fromMs },
      { id: '1-last', name: 'x', updatedAtMs: SPAN.upToMs },
      { id: '1-behind', name: 'x', updatedAtMs: SPAN.upToMs + SECOND },
    );
    await parts.state.acquire('accounts', 'live', MINUTE);

    await read(parts);

    expect(idsOf(parts.sink.lines)).toEqual(['1-first', '1-last']);
    expect(parts.sink.objects[0]?.name).toBe('crm/accounts/backfill-a-0001/1-1');
    expect(parts.state.checkpoint).toEqual({ cursor: undefined });
    expect(parts.control.runs).toEqual([]);
  });

  it('with several pages at a time hands over the same', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3_500, { lastBeforeNowMs: 61 * MINUTE }));

    await read(parts, { job: { ...JOB, window: 4 } });

    expect(idsOf(parts.sink.lines).sort()).toEqual(changes(3_500).map(({ id }) => id));
  });

  it('ends behind its chunk when its backfill is cancelled, and does not begin', async () => {
    const parts = slowParts();
    let asked = 0;
    const isCancelled = async () => {
      asked += 1;
      return asked > 2;
    };

    const report = await read(parts, { isCancelled });

    expect(report).toMatchObject({ outcome: 'cancelled', records: 2_000 });
    expect(parts.state.of('backfill-a-0001')).toMatchObject({
      pass: { records: 2_000, open: [{ afterId: '1-001999' }] },
    });
    expect(await read(parts, { isCancelled })).toMatchObject({ outcome: 'cancelled', pages: 0 });
  });

  it('that another container works on is left to it', async () => {
    const parts = slowParts();
    await parts.state.acquire('accounts', 'backfill-a-0001', MINUTE);

    expect(await read(parts)).toMatchObject({ outcome: 'already-running', pages: 0 });
    expect(parts.metrics.counts.get('lease.held')).toBe(1);
  });

  it('whose lease was lost writes nothing more (R67)', async () => {
    const parts = slowParts();
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      if (parts.siebel.searches.length === 5) {
        await parts.clock.advance(2 * MINUTE);
        await parts.state.acquire('accounts', 'backfill-a-0001', MINUTE);
      }
      return queryPage(...args);
    };

    const frozen = { ...parts, clock: withoutTimers(parts.clock) };
    expect(await read(frozen)).toMatchObject({ outcome: 'lease-lost', records: 0 });
    expect(parts.sink.lines).toEqual([]);
    expect(parts.state.saved).toEqual([]);
  });

  it('counts records that differ from their declaration as drift', async () => {
    const { source } = businessComponent('Account/Account', {
      viewMode: 'All',
      fields: { Name: text(100), Active: flag(), Updated: readOnly(utcDateTime()) },
    });
    const parts = syncParts({ transform: (record) => ({ ...record, Active: 'maybe' }) });
    parts.siebel.put(...changes(10, { lastBeforeNowMs: 62 * MINUTE }));

    await expect(read(parts, { job: { ...JOB, read: source } })).rejects.toMatchObject({ code: 'SYNC_DRIFT' });
    expect(parts.metrics.counts.get('sync.drift')).toBe(1);
  });
});
