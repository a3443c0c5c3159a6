import { describe, expect, it } from 'vitest';
import { NoResponseError, ServiceUnavailableError } from '../../../lib/errors.ts';
import { conditions } from '../../../lib/siebel/search-specification.ts';
import { runSync } from '../../../lib/sync/run.ts';
import type { SyncSink } from '../../../lib/sync/sink.ts';
import { withoutTimers } from '../../support/fake-clock.ts';
import { wire } from './siebel-in-memory.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, sinkInMemory, syncParts } from './sync-parts.ts';

const LIMITS = { deadlineAtMs: NOW_MS + 15 * MINUTE };
const run = (parts: ReturnType<typeof syncParts>, limits = LIMITS) => runSync('accounts', JOB, limits, parts);

describe('a first run', () => {
  it('reads 5,000 records in 51 pages, of which the empty one is the last, in objects of 10 pages', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(5_000));

    const report = await run(parts);

    expect(report).toMatchObject({
      outcome: 'complete',
      pages: 51,
      records: 5_000,
      repeats: 0,
      quarantined: 0,
      fence: 1,
    });
    expect(parts.sink.objects.map(({ lines }) => lines.length)).toEqual([1000, 1000, 1000, 1000, 1000]);
    expect(report.objects).toEqual(parts.sink.objects.map(({ name }) => name));
    expect(idsOf(parts.sink.lines)).toEqual(changes(5_000).map(({ id }) => id));
    expect(parts.state.checkpoint.cursor).toEqual({ value: wire(NOW_MS - 60 * MINUTE), id: '1-004999' });
    expect(parts.state.checkpoint.boundMs).toBe(NOW_MS - MINUTE);
  });

  it('writes one record a line with Id, the cursor field and the declared fields, in declared types', async () => {
    const parts = syncParts({ transform: (record) => ({ ...record, Undeclared: 'x', Name: 'Żółw "&" Söhne' }) });
    parts.siebel.put({ id: '1-2AB+7', name: 'any', updatedAtMs: Date.UTC(2023, 2, 14, 9, 26, 53) });

    await run(parts);

    expect(parts.sink.lines).toEqual(['{"Id":"1-2AB+7","Name":"Żółw \\"&\\" Söhne","Updated":"2023-03-14T09:26:53Z"}']);
  });

  it('stores neither checkpoint nor object when Siebel has no record', async () => {
    const parts = syncParts();

    const reports = [await run(parts), await run(parts)];

    expect(reports.map(({ outcome, pages, records }) => ({ outcome, pages, records }))).toEqual([
      { outcome: 'complete', pages: 1, records: 0 },
      { outcome: 'complete', pages: 1, records: 0 },
    ]);
    expect(parts.state.saved).toEqual([]);
    expect(parts.sink.objects).toEqual([]);
  });

  it('believes no short page: an administrator may have set a smaller limit', async () => {
    const parts = syncParts({ pageLimit: 7 });
    parts.siebel.put(...changes(50));

    const report = await run(parts);

    expect(report).toMatchObject({ outcome: 'complete', pages: 9, records: 50 });
  });

  it('asks up to the safety lag and not further', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 59 * SECOND }));

    const report = await run(parts);

    expect(idsOf(parts.sink.lines)).toEqual(['1-000000', '1-000001']);
    expect(report.bound).toBe('2023-11-14T22:12:20Z');
    expect(parts.siebel.searches[0]).toBe('([Updated] <= "11/14/2023 22:12:20")');
  });
});

describe('records of one second', () => {
  it('are all read when the edge of a page lies between them', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(350, { stepMs: 0 }));

    const report = await run(parts);

    expect(report).toMatchObject({ pages: 5, records: 350, repeats: 0 });
    expect(new Set(idsOf(parts.sink.lines)).size).toBe(350);
    expect(parts.siebel.searches[1]).toBe(
      '(([Updated] > "11/14/2023 21:13:20") OR (([Updated] = "11/14/2023 21:13:20") AND ([Id] > "1-000099"))) AND ([Updated] <= "11/14/2023 22:12:20")',
    );
  });

  it('are all read at every size of page', async () => {
    for (const pageLimit of [1, 2, 3, 4, 5, 6, 7]) {
      const parts = syncParts({ pageLimit });
      const versions = changes(12).map((version, index) => ({
        ...version,
        updatedAtMs: NOW_MS - 60 * MINUTE + Math.floor(index / 3) * SECOND,
      }));
      parts.siebel.put(...versions);

      await run(parts);

      expect(idsOf(parts.sink.lines)).toEqual(versions.map(({ id }) => id));
    }
  });

  it('stop the run with SORT_MISMATCH when the sort orders their Ids otherwise than the search compares them', async () => {
    const parts = syncParts({ sorts: (one, other) => (one < other ? 1 : -1) });
    parts.siebel.put(...changes(150, { stepMs: 0 }));

    await expect(run(parts)).rejects.toMatchObject({ code: 'SORT_MISMATCH', failureClass: 'configuration' });
    expect(parts.state.saved).toEqual([]);
    expect(parts.sink.lines).toEqual([]);
  });

  it('count once when a join shows a record twice in one page', async () => {
    const parts = syncParts();
    const [twice] = changes(1);
    if (!twice) throw new Error('one change was made');
    const { queryPage } = parts.siebel;
    parts.siebel.put(twice);
    parts.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      return { ...page, records: page.records.flatMap((record) => [record, record]) };
    };

    expect(await run(parts)).toMatchObject({ records: 1, repeats: 0 });
  });
});

describe('a later run', () => {
  it('starts a lookback before what was read and hands nothing over twice', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(900, { lastBeforeNowMs: 2 * MINUTE }));
    await run(parts);
    parts.siebel.put({ id: '1-new', name: 'new', updatedAtMs: NOW_MS - MINUTE });

    const report = await run(parts);

    expect(report).toMatchObject({ outcome: 'complete', records: 1, repeats: 541 });
    expect(idsOf(parts.sink.lines).slice(900)).toEqual(['1-new']);
    expect(parts.siebel.searches.at(-7)).toBe(
      '([Updated] >= "11/14/2023 22:02:20") AND ([Updated] <= "11/14/2023 22:12:20")',
    );
  });

  it('reads nothing twice when nothing has come for longer than the lookback, however many records came before', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(900, { lastBeforeNowMs: 2 * MINUTE }));
    await run(parts);
    for (const hour of [1, 2]) {
      await parts.clock.advance(60 * MINUTE);
      const report = await run(parts, { deadlineAtMs: parts.clock.now() + 15 * MINUTE });
      // The first one still looks back from what the run before it had read.
      if (hour === 2) expect(report).toMatchObject({ outcome: 'complete', pages: 1, records: 0, repeats: 0 });
    }
  });

  it('hands nothing over when another run has taken the lease meanwhile (R68)', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(30));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      const page = await queryPage(...args);
      parts.state.fence += 1;
      return page;
    };

    expect(await run(parts)).toMatchObject({ outcome: 'lease-lost', records: 0, objects: [] });
    expect(parts.sink.lines).toEqual([]);
  });

  it('finds a record whose transaction committed after the run that passed its time', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10, { lastBeforeNowMs: 2 * MINUTE }));
    const late = { id: '1-late', name: 'late', updatedAtMs: NOW_MS - 9 * MINUTE, visibleAtMs: NOW_MS + SECOND };
    parts.siebel.put(late);
    await run(parts);
    await parts.clock.advance(5 * MINUTE);

    const report = await run(parts, { deadlineAtMs: parts.clock.now() + 15 * MINUTE });

    expect(report.records).toBe(1);
    expect(idsOf(parts.sink.lines)).toContain('1-late');
    expect(report.cursor).toEqual({ at: '2023-11-14T22:11:20Z', id: '1-000009' });
  });

  it('hands a record over again when it has changed inside the lookback', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 5 * MINUTE }));
    await run(parts);
    parts.siebel.put({ id: '1-000001', name: 'renamed', updatedAtMs: NOW_MS - 4 * MINUTE });

    await run(parts);

    expect(parts.sink.lines.slice(3).map((line) => JSON.parse(line).Name)).toEqual(['renamed']);
  });

  it('writes no object when nothing has changed, and stores up to where it has looked', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 5 * MINUTE }));
    await run(parts);
    const { cursor } = parts.state.checkpoint;
    await parts.clock.advance(MINUTE);

    const report = await run(parts);

    expect(report).toMatchObject({ records: 0, repeats: 3, objects: [] });
    expect(parts.sink.objects).toHaveLength(1);
    expect(parts.state.checkpoint).toMatchObject({ cursor, boundMs: NOW_MS });
  });

  it('never moves the cursor back, though the record that it names is gone', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 5 * MINUTE }));
    await run(parts);
    const { cursor } = parts.state.checkpoint;
    parts.siebel.remove('1-000002');
    parts.siebel.put({ id: '1-late', name: 'late', updatedAtMs: NOW_MS - 9 * MINUTE });

    await run(parts);

    expect(parts.sink.lines).toHaveLength(4);
    expect(parts.state.checkpoint.cursor).toEqual(cursor);
  });

  it('stops when the stored cursor lies in the future (R77)', async () => {
    const checkpoint = {
      cursor: { value: wire(NOW_MS + 2 * 60 * MINUTE), id: '1-1' },
    };
    const parts = syncParts({ checkpoint });

    await expect(run(parts)).rejects.toMatchObject({ failureClass: 'configuration', code: 'CONFIGURATION' });
    expect(parts.siebel.searches).toEqual([]);
  });

  it('reads nothing while the cursor is nearer to now than the safety lag', async () => {
    const cursor = { value: wire(NOW_MS - 30 * SECOND), id: '1-1' };
    const parts = { ...syncParts({ checkpoint: { cursor } }), lookbackMs: 0 };

    expect(await run(parts)).toMatchObject({ outcome: 'complete', pages: 0 });
    expect(parts.state.checkpoint.cursor).toEqual(cursor);
  });
});

describe('running out of time', () => {
  /** A Siebel whose every page takes so long. */
  function slow(pageMs: number) {
    const parts = syncParts();
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.advance(pageMs);
      return queryPage(...args);
    };
    return parts;
  }

  it('stops before the deadline with everything kept, and the next run goes on exactly there', async () => {
    const parts = slow(2 * SECOND);
    parts.siebel.put(...changes(5_000, { lastBeforeNowMs: 60 * MINUTE }));

    const first = await run(parts, { deadlineAtMs: NOW_MS + 60 * SECOND });

    expect(first).toMatchObject({ outcome: 'stopped', pages: 27, records: 2_700 });
    expect(parts.clock.now()).toBeLessThanOrEqual(NOW_MS + 55 * SECOND);
    expect(parts.state.checkpoint).toMatchObject({
      cursor: { id: '1-002699' },
      pass: { boundMs: NOW_MS - MINUTE, open: [{ afterId: '1-002699', upToMs: NOW_MS - MINUTE }] },
    });

    const second = await run(parts, { deadlineAtMs: parts.clock.now() + 15 * MINUTE });

    expect(second).toMatchObject({ outcome: 'complete', records: 2_300, repeats: 0 });
    expect(idsOf(parts.sink.lines)).toEqual(changes(5_000).map(({ id }) => id));
  });

  it('does not begin when there is no time for a page', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10));

    const report = await run(parts, { deadlineAtMs: NOW_MS + 6 * SECOND });

    expect(report).toMatchObject({ outcome: 'stopped', pages: 0 });
    expect(parts.state.saved).toEqual([]);
  });

  it('ends a pass that was stopped, and then looks back, where records may still commit, in the same run', async () => {
    const parts = slow(2 * SECOND);
    parts.siebel.put(...changes(1_000, { stepMs: 100, lastBeforeNowMs: 2 * MINUTE }));
    const late = { id: '1-late', name: 'late', updatedAtMs: NOW_MS - 195 * SECOND, visibleAtMs: NOW_MS + MINUTE };
    parts.siebel.put(late);
    const first = await run(parts, { deadlineAtMs: NOW_MS + 20 * SECOND });
    await parts.clock.advance(2 * MINUTE);

    const second = await run(parts, { deadlineAtMs: parts.clock.now() + 15 * MINUTE });

    expect(first).toMatchObject({ outcome: 'stopped', records: 700 });
    expect(second).toMatchObject({ outcome: 'complete', records: 301, repeats: 1_000 });
  });

  it('gets through a lookback that is longer than a run', async () => {
    const parts = slow(2 * SECOND);
    // A mass update: 3,000 records within ten seconds, handed over already.
    parts.siebel.put(...changes(3_000, { stepMs: 3, lastBeforeNowMs: 2 * MINUTE }));
    await run(parts);
    await parts.clock.advance(11 * MINUTE);
    parts.siebel.put({ id: '1-new', name: 'new', updatedAtMs: NOW_MS + 5 * MINUTE });

    const outcomes = [];
    for (let tick = 0; tick < 5; tick += 1) {
      outcomes.push((await run(parts, { deadlineAtMs: parts.clock.now() + 20 * SECOND })).outcome);
    }

    expect(outcomes).toEqual(['stopped', 'stopped', 'stopped', 'stopped', 'complete']);
    expect(idsOf(parts.sink.lines).slice(3_000)).toEqual(['1-new']);
  });
});

describe('a lease', () => {
  it('lets a second run of the same job end quietly (R67)', async () => {
    const parts = syncParts();
    await parts.state.acquire('accounts', 'live', MINUTE);

    const report = await run(parts);

    expect(report).toMatchObject({ outcome: 'already-running', pages: 0 });
    expect(parts.metrics.counts).toEqual(new Map([['lease.held', 1]]));
    expect(parts.siebel.searches).toEqual([]);
  });

  it('is given back at the end, and after a failure', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(1));
    const queryPage = parts.siebel.queryPage;
    parts.siebel.queryPage = async () => {
      throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
    };
    await expect(run(parts)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    parts.siebel.queryPage = queryPage;

    expect(await run(parts)).toMatchObject({ outcome: 'complete' });
    expect(await run(parts)).toMatchObject({ outcome: 'complete' });
  });

  it('that is lost moves no cursor and ends the run quietly', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(2_500));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      // Frozen for an hour after the fifth page; another run has taken over meanwhile.
      if (parts.siebel.searches.length === 5) {
        await parts.clock.advance(60 * MINUTE);
        await parts.state.acquire('accounts', 'live', MINUTE);
      }
      return queryPage(...args);
    };

    const report = await run({ ...parts, clock: withoutTimers(parts.clock) }, { deadlineAtMs: NOW_MS + 120 * MINUTE });

    expect(report.outcome).toBe('lease-lost');
    expect(parts.state.saved).toEqual([]);
    expect(parts.log.lines.map(({ event }) => event)).toEqual(['SYNC_LEASE_LOST']);
  });

  it('is extended in good time when pages are slow, by handing over sooner', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(500));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      await parts.clock.advance(20 * SECOND);
      return queryPage(...args);
    };

    await run(parts);

    expect(parts.sink.objects.map(({ lines }) => lines.length)).toEqual([200, 200, 100]);
    // The last page is not stored twice.
    expect(parts.state.saved).toHaveLength(3);
  });
});

describe('failures', () => {
  const failing = (parts: ReturnType<typeof syncParts>, page: number, error: Error) => {
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = async (...args) => {
      if (parts.siebel.searches.length === page) throw error;
      return queryPage(...args);
    };
  };

  it('of Siebel keep what came whole before them', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(500));
    failing(parts, 3, new NoResponseError('TIMED_OUT', 'silence', { sent: true }));

    await expect(run(parts)).rejects.toMatchObject({ code: 'TIMED_OUT' });

    expect(parts.sink.lines).toHaveLength(300);
    expect(parts.state.checkpoint.cursor?.id).toBe('1-000299');
  });

  it('of the sink leave the cursor where it was', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(500));
    const sink = sinkInMemory();
    const refusing: SyncSink = {
      ...sink,
      open: (...args) => ({
        ...sink.open(...args),
        chunk: () => ({
          ...sink.open(...args).chunk(),
          close: async () => {
            throw new Error('no');
          },
        }),
      }),
    };

    await expect(runSync('accounts', JOB, LIMITS, { ...parts, sink: refusing })).rejects.toThrow('no');

    expect(parts.state.saved).toEqual([]);
  });

  it('of the sink that may pass store nothing either, and are not tried again in the same run', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(50));
    let closes = 0;
    const { open } = parts.sink;
    const failing: SyncSink = {
      ...parts.sink,
      open: (...args) => ({
        ...open(...args),
        chunk: () => ({
          ...open(...args).chunk(),
          close: async () => {
            closes += 1;
            throw new ServiceUnavailableError('SINK_UNAVAILABLE', 'throttled');
          },
        }),
      }),
    };

    await expect(runSync('accounts', JOB, LIMITS, { ...parts, sink: failing })).rejects.toMatchObject({
      code: 'SINK_UNAVAILABLE',
    });

    expect([closes, parts.sink.aborted]).toEqual([1, 1]);
    expect(parts.state.saved).toEqual([]);
  });

  it('of the checkpoint after the sink has its object repeat equal lines, and lose none', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(50));
    const { save } = parts.state;
    parts.state.save = async () => {
      throw new Error('throttled');
    };
    await expect(run(parts)).rejects.toThrow('throttled');
    parts.state.save = save;

    await run(parts);

    expect(parts.sink.lines.slice(50)).toEqual(parts.sink.lines.slice(0, 50));
  });

  it('by a server that gives the same page whatever is searched for end the run as a failure of its surroundings', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10));
    const { queryPage } = parts.siebel;
    parts.siebel.queryPage = (component, query, options) =>
      queryPage(component, { ...query, where: conditions({}).field('Id').greaterThan('0') }, options);

    await expect(run(parts)).rejects.toMatchObject({ code: 'UNEXPECTED_SHAPE', failureClass: 'environment' });
  });

  it('by records outside the range that was asked for end in SORT_MISMATCH', async () => {
    const parts = syncParts({ transform: (record) => ({ ...record, Updated: wire(NOW_MS + MINUTE) }) });
    parts.siebel.put(...changes(1));

    await expect(run(parts)).rejects.toMatchObject({ code: 'SORT_MISMATCH' });
  });

  it('by a record without cursor value stop the run', async () => {
    const parts = syncParts({ transform: ({ Id = '', Name = '' }) => ({ Id, Name }) });
    parts.siebel.put(...changes(1));

    await expect(run(parts)).rejects.toMatchObject({ failureClass: 'configuration' });
    expect(parts.sink.objects).toEqual([]);
  });
});
