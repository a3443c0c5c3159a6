import { expect, it } from 'vitest';
import { runSync } from '../../../lib/sync/run.ts';
import { runWindow } from '../../../lib/sync/run-window.ts';
import { changes, idsOf, JOB, MINUTE, NOW_MS, SECOND, syncParts } from './sync-parts.ts';

/** A Siebel that answers "no data" to the calls that a test names, though there is something. */
function blindAt(parts: ReturnType<typeof syncParts>, isBlind: (call: number) => boolean) {
  const { queryPage } = parts.siebel;
  let calls = 0;
  parts.siebel.queryPage = async (...asked) => {
    calls += 1;
    return isBlind(calls) ? { records: [], lastPage: true } : queryPage(...asked);
  };
}

it('is not the end of a window: what a backfill seemed to end with is asked for again (R44)', async () => {
  const parts = syncParts();
  parts.siebel.put(...changes(1_000));
  blindAt(parts, (call) => call === 4);

  const window = { window: 'backfill-1-1', span: { upToMs: NOW_MS }, counted: 1_000, isCancelled: async () => false };
  const report = await runWindow('accounts', JOB, window, { deadlineAtMs: NOW_MS + 300 * SECOND }, parts);

  expect(report).toMatchObject({ outcome: 'complete', records: 1_000 });
  expect(new Set(idsOf(parts.sink.lines)).size).toBe(1_000);
});

it.each([1, 4])(
  'is not the end of a lookback that has not come to the newest record, with %i pages at a time (R44)',
  async (window) => {
    const parts = syncParts();
    const run = () => runSync('accounts', { ...JOB, window }, { deadlineAtMs: parts.clock.now() + 15 * MINUTE }, parts);
    parts.siebel.put({ id: '1-NEW', name: 'newest', updatedAtMs: NOW_MS - 2 * MINUTE });
    parts.siebel.put({
      id: '1-LATE',
      name: 'late',
      updatedAtMs: NOW_MS - 4 * MINUTE,
      visibleAtMs: NOW_MS + 2 * MINUTE,
    });
    await run();
    await parts.clock.advance(10 * MINUTE);
    let blind = 1;
    blindAt(parts, () => blind-- > 0);

    await run();
    await parts.clock.advance(5 * MINUTE);
    await run();

    expect(idsOf(parts.sink.lines)).toContain('1-LATE');
  },
);
