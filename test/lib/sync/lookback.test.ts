import { describe, expect, it } from 'vitest';
import { NoResponseError } from '../../../lib/errors.ts';
import { runSync, type SyncReport } from '../../../lib/sync/run.ts';
import { wire } from './siebel-in-memory.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

type Parts = ReturnType<typeof syncParts>;

function tick(parts: Parts, secondsForIt = 900): Promise<SyncReport> {
  return runSync('accounts', JOB, { deadlineAtMs: parts.clock.now() + secondsForIt * SECOND }, parts);
}

/** Ticks every five minutes. */
async function ticks(parts: Parts, count: number): Promise<SyncReport[]> {
  const reports = [];
  for (let number = 0; number < count; number += 1) {
    await parts.clock.advance(5 * MINUTE);
    reports.push(await tick(parts));
  }
  return reports;
}

/** As many seconds apart as fit into five minutes. */
function massUpdate(count: number) {
  return changes(count, { lastBeforeNowMs: 2 * MINUTE, stepMs: 0 }).map((version, index) => ({
    ...version,
    updatedAtMs: version.updatedAtMs - (299 - Math.floor((index * 300) / count)) * SECOND,
  }));
}

describe('the lookback after a mass update', () => {
  it('ends: a job that is idle reads one empty page a tick, and writes no record', async () => {
    const parts = syncParts();
    parts.siebel.put(...massUpdate(3_000));
    await tick(parts);

    const reports = await ticks(parts, 5);

    expect(reports.map(({ pages, records }) => [pages, records])).toEqual([
      [31, 0],
      // Five minutes later, the lookback begins behind a fifth of them.
      [26, 0],
      [1, 0],
      [1, 0],
      [1, 0],
    ]);
    // Of what was emitted, only the ten records of the cursor's own second are remembered, sixteen bytes each.
    expect(parts.state.checkpoint.cursor).toMatchObject({ id: '1-002999' });
    expect(parts.state.checkpoint.emitted).toHaveLength(10 * 16);
    expect(parts.sink.lines).toHaveLength(3_000);
  });

  it('does not begin when the newest record is older than the lookback', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(1_000, { lastBeforeNowMs: 60 * MINUTE }));
    await tick(parts);

    expect(await ticks(parts, 2)).toMatchObject([
      { pages: 1, repeats: 0 },
      { pages: 1, repeats: 0 },
    ]);
  });
});

describe('a record that commits late', () => {
  it('is found after any number of idle ticks, as long as its transaction was no longer than the lookback', async () => {
    for (const idleTicks of [0, 1, 2, 5]) {
      for (const tookSeconds of [0, 300, 599]) {
        const parts = syncParts();
        parts.siebel.put(...changes(10, { lastBeforeNowMs: 2 * MINUTE }));
        await tick(parts);
        await ticks(parts, idleTicks);
        // It commits a moment after a run has passed its time.
        const visibleAtMs = parts.clock.now() + SECOND;
        const updatedAtMs = visibleAtMs - tookSeconds * SECOND;
        parts.siebel.put({ id: '1-late', name: 'late', updatedAtMs, visibleAtMs });

        await ticks(parts, 2);

        expect(idsOf(parts.sink.lines).filter((id) => id === '1-late')).toEqual(['1-late']);
      }
    }
  });

  it('is found behind a place that a run without time had passed in the lookback', async () => {
    const parts = syncParts();
    slowPages(parts);
    parts.siebel.put(...massUpdate(1_000));
    await tick(parts);
    await parts.clock.advance(MINUTE);
    const visibleAtMs = parts.clock.now() + 20 * SECOND;
    parts.siebel.put({ id: '1-late', name: 'late', updatedAtMs: visibleAtMs - 500 * SECOND, visibleAtMs });
    expect(await tick(parts, 12)).toMatchObject({ outcome: 'stopped' });
    expect(parts.state.checkpoint.pass).toBeDefined();

    await ticks(parts, 1);

    expect(idsOf(parts.sink.lines)).toContain('1-late');
    expect(parts.state.checkpoint.pass).toBeUndefined();
  });

  it('is found when the clock of the run before was an hour ahead', async () => {
    const parts = syncParts();
    parts.siebel.put(...changes(10, { lastBeforeNowMs: 2 * MINUTE }));
    parts.clock.setWall(NOW_MS + 60 * MINUTE);
    await tick(parts);
    parts.clock.setWall(NOW_MS + MINUTE);
    parts.siebel.put({ id: '1-late', name: 'late', updatedAtMs: NOW_MS - 9 * MINUTE });

    await ticks(parts, 1);

    expect(idsOf(parts.sink.lines)).toContain('1-late');
  });

  it('is found behind a checkpoint that a person wrote, without a bound', async () => {
    const cursor = { value: wire(NOW_MS - 30 * MINUTE), id: '1-1' };
    const parts = syncParts({ checkpoint: { cursor } });
    parts.siebel.put({ id: '1-late', name: 'late', updatedAtMs: NOW_MS - 39 * MINUTE });

    expect(await tick(parts)).toMatchObject({ records: 1 });
  });
});

describe('the cursor', () => {
  it('does not go back when Siebel fails inside the lookback, and the next run goes on there (R77)', async () => {
    const parts = syncParts();
    parts.siebel.put(...massUpdate(1_000));
    await tick(parts);
    const { cursor } = parts.state.checkpoint;
    await parts.clock.advance(11 * MINUTE);
    const { queryPage } = parts.siebel;
    let pages = 0;
    parts.siebel.queryPage = async (...args) => {
      pages += 1;
      if (pages === 3) throw new NoResponseError('CONNECTION_LOST', 'lost', { sent: true });
      return queryPage(...args);
    };

    await expect(tick(parts)).rejects.toMatchObject({ code: 'CONNECTION_LOST' });

    expect(parts.state.checkpoint).toMatchObject({ cursor, pass: { open: [{ afterId: '1-000199' }] } });
    expect(await tick(parts)).toMatchObject({ outcome: 'complete', records: 0, cursor: { id: cursor?.id } });
    expect(parts.state.checkpoint.pass).toBeUndefined();
  });

  it('does not go back when there is no time for the lookback, which is got through nevertheless (R77)', async () => {
    const parts = syncParts();
    slowPages(parts);
    parts.siebel.put(...massUpdate(3_000));
    await tick(parts);
    const { cursor } = parts.state.checkpoint;
    await parts.clock.advance(11 * MINUTE);
    parts.siebel.put({ id: '1-new', name: 'new', updatedAtMs: NOW_MS + 5 * MINUTE });

    const cursors = [];
    const outcomes = [];
    for (let run = 0; run < 5; run += 1) {
      outcomes.push((await tick(parts, 20)).outcome);
      cursors.push(parts.state.checkpoint.cursor);
    }

    expect(outcomes).toEqual(['stopped', 'stopped', 'stopped', 'stopped', 'complete']);
    expect(cursors.slice(0, 4)).toEqual([cursor, cursor, cursor, cursor]);
    expect(idsOf(parts.sink.lines).slice(3_000)).toEqual(['1-new']);
    expect(parts.state.checkpoint).toMatchObject({ cursor: { id: '1-new' } });
  });
});

describe('a record that is again as it was', () => {
  it('within the lookback, with the cursor field unmoved, is handed over each time, and then no more', async () => {
    const parts = syncParts();
    const updatedAtMs = NOW_MS - 3 * MINUTE;
    for (const name of ['a', 'b', 'a', 'a']) {
      parts.siebel.put({ id: '1-A', name, updatedAtMs });
      await tick(parts);
      await parts.clock.advance(2 * MINUTE);
    }

    expect(parts.sink.lines.map((line) => JSON.parse(line).Name)).toEqual(['a', 'b', 'a']);
    expect(parts.metrics.counts.get('sync.repeats')).toBe(1);
  });
});

function slowPages(parts: Parts): void {
  const { queryPage } = parts.siebel;
  parts.siebel.queryPage = async (...args) => {
    await parts.clock.advance(2 * SECOND);
    return queryPage(...args);
  };
}
