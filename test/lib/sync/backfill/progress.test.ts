import { describe, expect, it } from 'vitest';
import type { BackfillPlan } from '../../../../lib/sync/backfill/plan.ts';
import { progressOf, windowsLeft } from '../../../../lib/sync/backfill/progress.ts';

const SECOND = 1_000;
const PLANNED = 1_700_000_000_000;
const PLAN: BackfillPlan = {
  id: '20231114-aaaaa',
  toMs: PLANNED - 3_600 * SECOND,
  atMs: PLANNED,
  by: 'ines',
  state: 'running',
  shape: { component: 'Account/Account', cursor: 'Updated' },
  beginsJob: false,
  since: { atMs: PLANNED, records: 0 },
  windows: [
    { n: 1, toMs: 1_000_000 * SECOND, records: 300 },
    { n: 2, fromMs: 1_000_000 * SECOND, toMs: 2_000_000 * SECOND, records: 500 },
    { n: 3, fromMs: 2_000_000 * SECOND, toMs: PLANNED - 3_600 * SECOND, records: 200 },
  ],
};

describe('progressOf', () => {
  it('knows no rate before the first window is done', () => {
    expect(progressOf(PLAN, new Set(), PLANNED + 60 * SECOND)).toEqual({
      state: 'running',
      windows: 3,
      windowsDone: 0,
      records: 1_000,
      recordsDone: 0,
    });
  });

  it('reckons rate and time left by the records of the windows that are done, in whatever order', () => {
    expect(progressOf(PLAN, new Set([3, 1]), PLANNED + 100 * SECOND)).toEqual({
      state: 'running',
      windows: 3,
      windowsDone: 2,
      records: 1_000,
      recordsDone: 500,
      recordsPerSecond: 5,
      leftSeconds: 100,
    });
  });

  it('reckons from the resumption on, as a pause is no work', () => {
    const resumed = { ...PLAN, since: { atMs: PLANNED + 10_000 * SECOND, records: 300 } };

    expect(progressOf(resumed, new Set([1, 2]), PLANNED + 10_050 * SECOND)).toMatchObject({
      recordsPerSecond: 10,
      leftSeconds: 20,
    });
  });

  it('gives no rate of a backfill that does not run', () => {
    expect(progressOf({ ...PLAN, state: 'cancelled' }, new Set([1]), PLANNED + 60 * SECOND)).toEqual({
      state: 'cancelled',
      windows: 3,
      windowsDone: 1,
      records: 1_000,
      recordsDone: 300,
    });
  });

  it.each(['running', 'cancelled'] as const)('is complete when all windows are done, also when it is %s', (state) => {
    expect(progressOf({ ...PLAN, state }, new Set([1, 2, 3]), PLANNED + 60 * SECOND)).toMatchObject({
      state: 'complete',
      recordsDone: 1_000,
    });
  });
});

describe('windowsLeft', () => {
  it('names those that are not done', () => {
    expect(windowsLeft(PLAN, new Set([2]))).toEqual([1, 3]);
  });
});
