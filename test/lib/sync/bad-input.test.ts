import { describe, expect, it } from 'vitest';
import type { SiebelRecord } from '../../../lib/siebel/component.ts';
import { runSync, type SyncReport } from '../../../lib/sync/run.ts';
import { wire } from './siebel-in-memory.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

function tick(parts: ReturnType<typeof syncParts>, window = 1): Promise<SyncReport> {
  const job = { ...JOB, window };
  return runSync('accounts', job, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, parts);
}

describe('a number of records', () => {
  it.each([
    [0, 1],
    [1, 2],
    [99, 2],
    [100, 2],
    [101, 3],
    [9_900, 100],
    [9_901, 101],
  ])(
    'of %i is read whole in %i pages: nothing but an empty page is the end, and no ceiling of Siebel is met',
    async (count, pages) => {
      const parts = syncParts();
      parts.siebel.put(...changes(count));

      expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: count, pages });
      expect(new Set(idsOf(parts.sink.lines)).size).toBe(count);
    },
  );

  it('of 9,901 is read whole by four lanes too', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(9_901));

    expect(await tick(parts, 4)).toMatchObject({ outcome: 'complete', records: 9_901, repeats: 0 });
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(9_901);
  });

  it.each([1, 4])('of 3,000 in one second is read whole, with %i lanes', async (window) => {
    const parts = syncParts();
    parts.siebel.put(...changes(3_000, { stepMs: 0 }));

    expect(await tick(parts, window)).toMatchObject({ records: 3_000, repeats: 0 });
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(3_000);
  });
});

describe('a page limit of an administrator', () => {
  it.each([1, 4])('of 50 ends nothing early, also when it is set in mid-run, with %i lanes', async (window) => {
    const parts = syncParts();
    parts.siebel.put(...changes(1_000));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      if (parts.siebel.searches.length === 3) parts.siebel.pageLimit = 50;
      return queryPage(...args);
    };

    expect(await tick(parts, window)).toMatchObject({ outcome: 'complete', records: 1_000 });
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(1_000);
  });
});

describe('records that cannot be right', () => {
  const stops = async (transform: (record: SiebelRecord) => SiebelRecord, code: string, window = 1) => {
    const parts = syncParts({ transform });
    parts.siebel.put(...changes(250));
    await expect(tick(parts, window)).rejects.toMatchObject({ code, failureClass: 'configuration' });
    expect(parts.state.saved).toEqual([]);
    expect(parts.sink.lines).toEqual([]);
  };

  it.each([1, 4])('without Id stop the job with nothing handed over, with %i lanes', async (window) => {
    await stops(({ Id: _, ...record }) => record, 'CONFIGURATION', window);
    await stops((record) => ({ ...record, Id: '' }), 'CONFIGURATION', window);
  });

  it.each(['', 'soon', '2023-11-14T22:13:20Z', '02/30/2023 00:00:00'])(
    'with "%s" as cursor value stop the job',
    async (Updated) => {
      await stops((record) => ({ ...record, Updated }), 'CONFIGURATION');
    },
  );

  it('whose cursor goes back within a page stop the job', async () => {
    let number = 0;
    await stops((record) => {
      number += 1;
      return { ...record, Updated: wire(NOW_MS - 60 * MINUTE - number * SECOND) };
    }, 'SORT_MISMATCH');
  });

  it('whose cursor goes back from one page to the next stop the job', async () => {
    await stops((record) => {
      const isLate = Number(record['Id']?.slice(2)) >= 150;
      return isLate ? { ...record, Updated: wire(NOW_MS - 600 * MINUTE) } : record;
    }, 'SORT_MISMATCH');
  });
});

describe('a server that gives the same page for ever', () => {
  it.each([
    ['of many seconds', SECOND, 'UNEXPECTED_SHAPE'],
    ['of one second', 0, 'SORT_MISMATCH'],
  ])('%s ends the run at the second one', async (_, stepMs, code) => {
    const parts = syncParts();
    parts.siebel.put(...changes(100, { stepMs }));
    const { queryPage } = parts.siebel;
    const [first] = [parts.siebel.searches];
    let page: Awaited<ReturnType<typeof queryPage>> | undefined;
    let asked = 0;
    parts.siebel.queryPage = async (...args) => {
      asked += 1;
      page ??= await queryPage(...args);
      return page;
    };

    await expect(tick(parts)).rejects.toMatchObject({ code });
    expect(asked).toBe(2);
    expect(first).toHaveLength(1);
  });
});

describe('a checkpoint', () => {
  it.each(['', 'soon', '13/45/2023 00:00:00'])(
    'with "%s" as its instant stops the job before a page is asked for',
    async (value) => {
      const parts = syncParts({ checkpoint: { cursor: { value, id: '1-1' } } });

      await expect(tick(parts)).rejects.toMatchObject({
        failureClass: 'configuration',
        message: expect.stringMatching(/holds no date and time/),
      });
      expect(parts.siebel.searches).toEqual([]);
      expect(parts.state.checkpoint).toEqual({ cursor: { value, id: '1-1' } });
    },
  );

  it('whose cursor is from the future stops the job also in the midst of a pass', async () => {
    const pass = { boundMs: NOW_MS - MINUTE, open: [{ upToMs: NOW_MS - MINUTE }] };
    const parts = syncParts({ checkpoint: { cursor: { value: wire(NOW_MS + 60 * MINUTE), id: '1-1' }, pass } });

    await expect(tick(parts)).rejects.toMatchObject({ message: expect.stringMatching(/lies in the future/) });
    expect(parts.siebel.searches).toEqual([]);
  });
});
