import { describe, expect, it } from 'vitest';
import { NoResponseError } from '../../../lib/errors.ts';
import { runSync, type SyncReport } from '../../../lib/sync/run.ts';
import { wire } from './siebel-in-memory.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts>;
const HOUR = 60 * MINUTE;

function tick(parts: Parts, secondsForIt = 900, job = JOB): Promise<SyncReport> {
  return runSync('accounts', job, { deadlineAtMs: parts.clock.now() + secondsForIt * SECOND }, parts);
}

/** Every page takes two seconds. */
function slow(parts: Parts): Parts {
  const { queryPage } = parts.siebel;
  parts.siebel.queryPage = async (...args) => {
    await parts.clock.advance(2 * SECOND);
    return queryPage(...args);
  };
  return parts;
}

describe('a mass update', () => {
  it('gets through runs that are cut short, is handed over once, and then ends', async () => {
    const parts = slow(syncParts());
    parts.siebel.put(...changes(2_000, { lastBeforeNowMs: 24 * HOUR }));
    await tick(parts);
    await parts.clock.advance(HOUR);
    parts.siebel.put(
      ...changes(2_000).map(({ id }) => ({ id, name: 'updated', updatedAtMs: parts.clock.now() - 2 * MINUTE })),
    );

    const reports: SyncReport[] = [];
    for (let run = 0; run < 20; run += 1) {
      reports.push(await tick(parts, 20));
      await parts.clock.advance(5 * MINUTE);
    }

    const { length } = parts.sink.lines;
    expect(length).toBe(4_000);
    expect(reports.slice(0, 3).map(({ outcome, records }) => [outcome, records])).toEqual([
      ['stopped', 700],
      ['stopped', 700],
      // The pass is whole, and the next one looks back at once.
      ['stopped', 600],
    ]);
    expect(reports.slice(-10).map(({ pages }) => pages)).toEqual(Array.from({ length: 10 }, () => 1));
  });

  it('keeps what it has handed over in runs before, in the same pass, for the lookback after it', async () => {
    const parts = slow(syncParts());
    parts.siebel.put(...changes(1_000, { stepMs: 100, lastBeforeNowMs: 2 * MINUTE }));
    const reports = [await tick(parts, 14), await tick(parts, 14), await tick(parts, 900)];

    expect(reports.map(({ outcome }) => outcome)).toEqual(['stopped', 'stopped', 'complete']);
    expect(parts.sink.lines).toHaveLength(1_000);
  });
});

it('remembers what a lookback will meet, also when another lane is hours ahead of it', async () => {
  const parts = syncParts();
  const job = { ...JOB, window: 4 };
  parts.siebel.put(...changes(3_000, { stepMs: 150, lastBeforeNowMs: 2 * MINUTE }));
  await tick(parts, 900, job);
  await parts.clock.advance(3 * HOUR);
  parts.siebel.put(
    ...changes(3_000).map(({ id }, index) => ({
      id: `2-${id}`,
      name: 'x',
      updatedAtMs: NOW_MS + Math.floor(index * 3.5) * SECOND,
    })),
  );

  const report = await tick(parts, 900, job);

  expect(report.repeats).toBeGreaterThan(2_000);
  expect(parts.sink.lines).toHaveLength(6_000);
});

it('reads everything since the checkpoint at a tick that comes hours late, and hands it over once (F133, F136)', async () => {
  const parts = syncParts();
  parts.siebel.put(...changes(10, { lastBeforeNowMs: 2 * MINUTE }));
  await tick(parts);
  const hours = Array.from({ length: 9 }, (_, hour) => ({
    id: `2-${hour}`,
    name: 'x',
    updatedAtMs: NOW_MS + hour * HOUR,
  }));
  parts.siebel.put(...hours);
  await parts.clock.advance(9 * HOUR);

  expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: 9 });
  expect(idsOf(parts.sink.lines).slice(10)).toEqual(hours.map(({ id }) => id));
});

describe('a pass', () => {
  it('keeps its bound in all of its runs, so that what commits late meanwhile is looked back for, however long it takes', async () => {
    const parts = slow(syncParts());
    parts.siebel.put(...changes(1_500, { stepMs: 100, lastBeforeNowMs: 2 * MINUTE }));
    await tick(parts, 12);
    const bound = parts.state.checkpoint.pass?.boundMs;
    // Its transaction began where the pass has been, and takes eight minutes; the pass takes an hour.
    parts.siebel.put({
      id: '1-late',
      name: 'late',
      updatedAtMs: NOW_MS - 265 * SECOND,
      visibleAtMs: NOW_MS + 5 * MINUTE,
    });
    for (let run = 0; run < 4; run += 1) {
      await parts.clock.advance(20 * MINUTE);
      if (run < 3) await tick(parts, 10);
      expect(parts.state.checkpoint.pass?.boundMs).toBe(bound);
    }

    await tick(parts);

    expect(idsOf(parts.sink.lines)).toContain('1-late');
    expect(parts.state.checkpoint.boundMs).toBeGreaterThan(bound ?? 0);
  });

  it('begins at the floor of a job that began beside a backfill, and never looks back behind it', async () => {
    const parts = syncParts();
    const fromMs = NOW_MS - 8 * MINUTE;
    parts.siebel.put(...changes(40, { stepMs: MINUTE, lastBeforeNowMs: 2 * MINUTE }));
    expect(await parts.state.begin('accounts', { fromMs, boundMs: NOW_MS - 4 * MINUTE })).toBe(true);

    await tick(parts);
    await parts.clock.advance(MINUTE);
    await tick(parts);

    // From eight minutes before on: 8, 7, … 2.
    expect(parts.sink.lines).toHaveLength(7);
    expect(parts.siebel.searches.some((search) => search.includes('>= "11/14/2023 22:05:20"'))).toBe(true);
    expect(parts.state.checkpoint).toMatchObject({ floorMs: fromMs });
  });

  it('begins at the floor again as long as nothing has been found', async () => {
    const parts = syncParts();
    const fromMs = NOW_MS - 20 * MINUTE;
    await parts.state.begin('accounts', { fromMs, boundMs: NOW_MS - MINUTE });
    await tick(parts);
    await parts.clock.advance(12 * HOUR);
    await tick(parts);
    parts.siebel.put({ id: '1-import', name: 'with an old instant', updatedAtMs: NOW_MS - 10 * MINUTE });

    expect(await tick(parts)).toMatchObject({ records: 1 });
    expect(parts.state.checkpoint.boundMs).toBe(parts.clock.now() - MINUTE);
  });

  it('begins at the beginning again as long as nobody has seen a record, as after a permission that was missing', async () => {
    const parts = syncParts();
    await tick(parts);
    expect(parts.state.checkpoint).toEqual({ cursor: undefined });
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 24 * 365 * HOUR }));

    expect(await tick(parts)).toMatchObject({ records: 3 });
  });
});

describe('a clock that is wrong', () => {
  it('at Siebel, five hours behind, loses nothing that commits late, nor in the second of the newest record', async () => {
    const behindMs = 5 * HOUR;
    const parts = syncParts();
    let number = 0;
    const commit = (tookMs: number) => {
      number += 1;
      const updatedAtMs = Math.floor((parts.clock.now() - behindMs - tookMs) / SECOND) * SECOND;
      // Later Ids come first in the order of Siebel.
      const id = `1-${String(9_999 - number)}`;
      parts.siebel.put({ id, name: 'behind', updatedAtMs, visibleAtMs: parts.clock.now() });
    };
    for (let run = 0; run < 12; run += 1) {
      commit(0);
      if (run > 2) commit(5 * MINUTE);
      if (run > 2) commit(9 * MINUTE);
      await tick(parts);
      // In the same second as the newest record, after the run has passed it.
      if (run > 2) commit(0);
      await parts.clock.advance(5 * MINUTE);
    }
    await tick(parts);

    expect(new Set(idsOf(parts.sink.lines)).size).toBe(number);
    expect(parts.sink.lines).toHaveLength(number);
    // And the looking back ends.
    await parts.clock.advance(30 * MINUTE);
    await tick(parts);
    await tick(parts);
    expect(await tick(parts)).toMatchObject({ pages: 1, repeats: 0 });
  });

  it('at Siebel, set back by half an hour within a lookback of two, loses nothing', async () => {
    const parts = syncParts();
    const job = { ...JOB, lookbackSeconds: 7_200 };
    const write = (id: string, setBackMs: number) =>
      parts.siebel.put({ id, name: 'x', updatedAtMs: parts.clock.now() - 70 * SECOND - setBackMs });
    for (let run = 0; run < 8; run += 1) {
      write(`1-${run}`, run < 4 ? 0 : 30 * MINUTE);
      await tick(parts, 900, job);
      await parts.clock.advance(5 * MINUTE);
    }

    expect(idsOf(parts.sink.lines).sort()).toEqual(['1-0', '1-1', '1-2', '1-3', '1-4', '1-5', '1-6', '1-7']);
  });

  it('here, ahead by an hour for one run, moves no bound: the next run believes its own', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 2 * MINUTE }));
    parts.clock.setWall(NOW_MS + HOUR);
    await tick(parts);
    parts.clock.setWall(NOW_MS + 5 * MINUTE);

    await tick(parts);

    expect(parts.state.checkpoint.boundMs).toBe(NOW_MS + 4 * MINUTE);
  });

  it('here, back by two seconds from one container to the next, moves no bound back', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3, { lastBeforeNowMs: 2 * MINUTE }));
    await tick(parts);
    parts.clock.setWall(NOW_MS - 2 * SECOND);

    await tick(parts);

    expect(parts.state.checkpoint.boundMs).toBe(NOW_MS - MINUTE);
  });

  it('that wrote a floor or a bound in the future stops a job that has read nothing: it would wait unnoticed (R77)', async () => {
    for (const checkpoint of [
      { cursor: undefined, floorMs: NOW_MS + HOUR },
      { cursor: undefined, boundMs: NOW_MS + HOUR },
    ]) {
      const parts = syncParts({ checkpoint });
      await expect(tick(parts)).rejects.toMatchObject({ failureClass: 'configuration' });
      expect(parts.siebel.searches).toEqual([]);
    }
  });

  it('that set the bound of a pass does not set how far it reads: what commits late is not passed (R77)', async () => {
    const parts = syncParts();
    const aheadMs = 64 * SECOND;
    await parts.state.begin('accounts', { fromMs: NOW_MS - 15 * MINUTE, boundMs: NOW_MS + aheadMs - MINUTE });
    parts.siebel.put(
      { id: '1-early', name: 'early', updatedAtMs: NOW_MS - 14 * MINUTE },
      { id: '1-young', name: 'young', updatedAtMs: NOW_MS - SECOND },
      { id: '1-late', name: 'late', updatedAtMs: NOW_MS - 630 * SECOND, visibleAtMs: NOW_MS + 20 * SECOND },
    );

    expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: 1, bound: '2023-11-14T22:12:20Z' });
    await parts.clock.advance(5 * MINUTE);
    await tick(parts);

    expect(idsOf(parts.sink.lines).sort()).toEqual(['1-early', '1-late', '1-young']);
  });

  it('is no reason to stop for five seconds, by which containers may differ', async () => {
    const parts = syncParts({ checkpoint: { cursor: { value: wire(NOW_MS + 5 * SECOND), id: '1-1' } } });
    parts.siebel.put({ id: '1-1', name: 'one', updatedAtMs: NOW_MS + 5 * SECOND, visibleAtMs: NOW_MS });

    expect(await tick(parts)).toMatchObject({ outcome: 'complete' });
  });
});

describe('the lag', () => {
  const lags = (parts: Parts) => parts.metrics.times.filter(({ name }) => name === 'sync.lag');

  it('is the safety lag after a whole pass, and is told by job', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3));
    expect(await tick(parts)).toMatchObject({ lagMs: MINUTE });
    expect(lags(parts)).toEqual([{ name: 'sync.lag', value: MINUTE, by: { job: 'accounts' } }]);
  });

  it('is what is left of a pass that was cut short', async () => {
    const parts = slow(syncParts());
    parts.siebel.put(...changes(1_000));
    const { cursor, lagMs } = await tick(parts, 12);
    expect(lagMs).toBe(parts.clock.now() - Date.parse(cursor?.at ?? ''));
  });

  it('grows with every run that fails', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(3));
    await tick(parts);
    await parts.clock.advance(HOUR);
    parts.siebel.queryPage = async () => {
      throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
    };

    await expect(tick(parts)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });

    expect(lags(parts).at(-1)).toMatchObject({ value: HOUR + MINUTE });
    expect(parts.control.runs).toMatchObject([
      { outcome: 'complete', records: 3, lagMs: MINUTE, cursorAt: '2023-11-14T21:13:20Z' },
      { outcome: 'failed', code: 'CONNECT_FAILED', records: 0, lagMs: HOUR + MINUTE },
    ]);
  });

  it('is told of a job that has no record yet, and kept in its history, though nothing is stored', async () => {
    const parts = syncParts();

    expect(await tick(parts)).toMatchObject({ outcome: 'complete', lagMs: MINUTE });

    expect(lags(parts)).toEqual([{ name: 'sync.lag', value: MINUTE, by: { job: 'accounts' } }]);
    expect(parts.control.runs).toMatchObject([{ outcome: 'complete', lagMs: MINUTE }]);
    expect(parts.state.saved).toEqual([]);
  });

  it('is not known before anything was read to its end', async () => {
    const parts = syncParts();
    parts.siebel.queryPage = async () => {
      throw new NoResponseError('CONNECT_FAILED', 'refused', { sent: false });
    };

    await expect(tick(parts)).rejects.toMatchObject({ code: 'CONNECT_FAILED' });
    expect(lags(parts)).toEqual([]);
  });
});
