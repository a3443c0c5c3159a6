import { describe, expect, it } from 'vitest';
import { conditions, searchSpecification } from '../../../../lib/siebel/search-specification.ts';
import type { PlannedWindow } from '../../../../lib/sync/backfill/plan.ts';
import { enoughRecordsPerWindow, splitRange } from '../../../../lib/sync/backfill/split.ts';
import { fakeClock } from '../../../support/fake-clock.ts';
import { JOB } from '../sync-parts.ts';
import { type CountedSiebel, countedSiebel } from './counted-siebel.ts';

const SECOND = 1_000;
const DAY = 86_400_000;
const START = Date.parse('2024-01-01T00:00:00Z');
const END = START + 64 * DAY;

function split(
  siebel: CountedSiebel,
  options: { fromMs?: number; toMs?: number; windowRecords: number; onCount?: (at: object) => void },
) {
  return splitRange(JOB, { toMs: END, ...options }, { siebel, clock: fakeClock() });
}

/** What windows hold by the records themselves, and not by what was counted. */
function heldBy(windows: readonly PlannedWindow[], records: readonly number[]): number[] {
  return windows.map(
    ({ fromMs = Number.NEGATIVE_INFINITY, toMs }) => records.filter((atMs) => atMs >= fromMs && atMs < toMs).length,
  );
}

/** Every window begins where the one before ends. */
function expectNoGap(windows: readonly PlannedWindow[] | undefined, fromMs: number | undefined, toMs: number): void {
  expect(windows?.map((window) => window.fromMs)).toEqual([
    fromMs,
    ...(windows?.slice(0, -1) ?? []).map((w) => w.toMs),
  ]);
  expect(windows?.at(-1)?.toMs).toBe(toMs);
  expect(windows?.map(({ n }) => n)).toEqual(windows?.map((_, index) => index + 1));
  for (const window of windows ?? []) expect(window.toMs % SECOND).toBe(0);
}

/** Draws the same numbers each time. */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

describe('splitRange', () => {
  it('halves a range until no half holds more than a window may', async () => {
    const records = Array.from({ length: 64 }, (_, day) => START + day * DAY);

    const { windows, records: total } = await split(countedSiebel(records), { fromMs: START, windowRecords: 16 });

    expectNoGap(windows, START, END);
    expect(windows?.map(({ records: some }) => some)).toEqual([16, 16, 16, 16]);
    expect(total).toBe(64);
  });

  it('counts one half, and takes the difference for the other one', async () => {
    const records = Array.from({ length: 64 }, (_, day) => START + day * DAY);
    const siebel = countedSiebel(records);

    const { counts } = await split(siebel, { fromMs: START, windowRecords: 16 });

    expect(siebel.counted).toEqual([
      { from: '01/01/2024 00:00:00', to: '03/04/2024 23:59:59' },
      { from: '01/01/2024 00:00:00', to: '02/01/2024 23:59:59' },
      { from: '01/01/2024 00:00:00', to: '01/16/2024 23:59:59' },
      { from: '02/02/2024 00:00:00', to: '02/17/2024 23:59:59' },
    ]);
    expect(counts).toBe(4);
  });

  it('makes one window of a range without records, which is read all the same (R50)', async () => {
    const { windows, records, counts } = await split(countedSiebel([]), { windowRecords: 100 });

    expect(windows).toEqual([{ n: 1, toMs: END, records: 0 }]);
    expect({ records, counts }).toEqual({ records: 0, counts: 1 });
  });

  it('keeps a fuller second in one window, with what is empty around it', async () => {
    const full = START + 9 * DAY + 7 * SECOND;

    const { windows } = await split(countedSiebel(new Map([[full, 1_000_000]])), { windowRecords: 25_000 });

    expect(windows).toEqual([{ n: 1, toMs: END, records: 1_000_000 }]);
  });

  it('parts a fuller second from its neighbours', async () => {
    const full = START + 9 * DAY;
    const siebel = countedSiebel(
      new Map([
        [full - SECOND, 20],
        [full, 5_000],
        [full + SECOND, 20],
      ]),
    );

    const { windows } = await split(siebel, { fromMs: START, windowRecords: 30 });

    expectNoGap(windows, START, END);
    expect(windows).toEqual([
      { n: 1, fromMs: START, toMs: full, records: 20 },
      { n: 2, fromMs: full, toMs: full + SECOND, records: 5_000 },
      { n: 3, fromMs: full + SECOND, toMs: END, records: 20 },
    ]);
  });

  it('begins to halve at the first record when no beginning is given, and reads from the beginning all the same', async () => {
    const records = Array.from({ length: 64 }, (_, index) => END - 64 * SECOND + index * SECOND);
    const siebel = countedSiebel(records);

    const { windows } = await split(siebel, { windowRecords: 16 });

    expectNoGap(windows, undefined, END);
    expect(windows?.map(({ records: some }) => some)).toEqual([16, 16, 16, 16]);
    expect(siebel.counted).toHaveLength(4);
  });

  it.each([1, 2, 3, 4, 5, 6])('covers each record once, however they lie: draw %i', async (seed) => {
    const draw = drawing(seed);
    const skew = 1 + Math.floor(draw() * 6);
    const records = Array.from(
      { length: 3_000 },
      () => START + Math.floor((draw() ** skew * (END - START)) / SECOND) * SECOND,
    );
    const windowRecords = 40 + Math.floor(draw() * 200);

    const { windows = [] } = await split(countedSiebel(records), { windowRecords });

    expectNoGap(windows, undefined, END);
    const held = heldBy(windows, records);
    expect(windows.map(({ records: some }) => some)).toEqual(held);
    expect(held.reduce((sum, some) => sum + some, 0)).toBe(3_000);
    for (const [index, window] of windows.entries()) {
      const isOneSecond = window.toMs - (window.fromMs ?? START) <= SECOND;
      expect(isOneSecond || (held[index] ?? 0) <= windowRecords).toBe(true);
    }
    expect(windows.length).toBeLessThanOrEqual((2 * 3_000) / windowRecords + 2);
  });

  it('leaves no gap when counts are wrong, as they only say how large a window is (R50)', async () => {
    const draw = drawing(7);
    const siebel = countedSiebel([START], { onCount: () => Math.floor(draw() * 1_000) });

    const { windows } = await split(siebel, { fromMs: START, windowRecords: 100 });

    expectNoGap(windows, START, END);
    expect(windows?.every(({ records }) => records >= 0)).toBe(true);
  });

  it('counts only records that the job reads', async () => {
    const searches: string[] = [];
    const where = conditions(JOB.read.fields).field('Name').is('Harbour');
    const siebel: CountedSiebel = {
      ...countedSiebel([START]),
      count: async (_at, query) => searches.push(query.where ? searchSpecification(query.where) : ''),
    };

    await splitRange(
      { ...JOB, where },
      { fromMs: START, toMs: END, windowRecords: 10 },
      { siebel, clock: fakeClock() },
    );

    expect(searches).toEqual([
      '([Updated] >= "01/01/2024 00:00:00") AND ([Updated] <= "03/04/2024 23:59:59") AND ([Name] = "Harbour")',
    ]);
  });

  it('tells after each count how much of the whole is in windows', async () => {
    const records = Array.from({ length: 64 }, (_, day) => START + day * DAY);
    const told: object[] = [];

    await split(countedSiebel(records), { fromMs: START, windowRecords: 16, onCount: (at) => told.push(at) });

    expect(told).toEqual([
      { counts: 1, planned: 0, records: 64 },
      { counts: 2, planned: 0, records: 64 },
      { counts: 3, planned: 0, records: 64 },
      { counts: 4, planned: 32, records: 64 },
    ]);
  });

  it('makes 4,000 windows, which is the most that a plan holds', async () => {
    const records = new Map(Array.from({ length: 4_000 }, (_, index) => [END - (4_000 - index) * SECOND, 10]));

    const { windows } = await split(countedSiebel(records), { windowRecords: 10 });

    expectNoGap(windows, undefined, END);
    expect(windows).toHaveLength(4_000);
  });

  it('gives up at one more, and says how many records a window would have to hold', async () => {
    const records = new Map(Array.from({ length: 4_001 }, (_, index) => [END - (4_001 - index) * SECOND, 10]));

    const { windows, records: total } = await split(countedSiebel(records), { windowRecords: 10 });

    expect(windows).toBeUndefined();
    expect(total).toBe(40_010);
    const enough = enoughRecordsPerWindow(total);
    expect((await split(countedSiebel(records), { windowRecords: enough })).windows?.length).toBeLessThan(4_000);
  });
});
