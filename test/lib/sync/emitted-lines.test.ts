import { describe, expect, it } from 'vitest';
import { emittedLines, MAX_EMITTED, withoutLinesOf } from '../../../lib/sync/emitted-lines.ts';

const SECOND = 1_000;
const START_MS = 1_700_000_000_000;

describe('lines that were handed over', () => {
  it('are known again from what was kept of them, in sixteen bytes each', () => {
    const lines = emittedLines();
    for (const [id, line] of [
      ['1-1', 'a'],
      ['1-2', 'a'],
      ['1-3', 'Żółw'],
    ] as const) {
      lines.add(id, line, START_MS);
    }
    const kept = lines.kept(() => true);

    const again = emittedLines(kept);

    expect(kept).toHaveLength(48);
    expect(again.has('1-1', 'a')).toBe(true);
    expect(again.has('1-2', 'a')).toBe(true);
    expect(again.has('1-3', 'Żółw')).toBe(true);
    expect(again.has('1-3', 'a')).toBe(false);
    expect(again.has('1-4', 'a')).toBe(false);
  });

  it('are of each record the last one alone', () => {
    const lines = emittedLines();
    lines.add('1-1', 'a', START_MS);
    lines.add('1-1', 'b', START_MS);

    const kept = lines.kept(() => true);

    expect(kept).toHaveLength(16);
    expect(emittedLines(kept).has('1-1', 'a')).toBe(false);
    expect(emittedLines(kept).has('1-1', 'b')).toBe(true);
  });

  it('are forgotten of those records that somebody else has handed over', () => {
    const lines = emittedLines();
    for (const id of ['1-1', '1-2', '1-3']) lines.add(id, 'a', START_MS);
    const kept = lines.kept(() => true);

    const left = withoutLinesOf(['1-2', '1-9'], kept);

    expect(left).toHaveLength(32);
    expect(['1-1', '1-2', '1-3'].map((id) => emittedLines(left).has(id, 'a'))).toEqual([true, false, true]);
    expect(withoutLinesOf(['1-9'], kept)).toBe(kept);
    expect(withoutLinesOf(['1-1', '1-2', '1-3'], kept)).toHaveLength(0);
  });

  it('are forgotten when their second is met by nothing any more, also those of runs before', () => {
    const first = emittedLines();
    for (let second = 0; second < 10; second += 1) first.add(`1-${second}`, 'a', START_MS + second * SECOND);
    const second = emittedLines(first.kept(() => true));

    const kept = emittedLines(second.kept((atMs) => atMs >= START_MS + 7 * SECOND));

    expect([6, 7, 8, 9].map((number) => kept.has(`1-${number}`, 'a'))).toEqual([false, true, true, true]);
  });

  it('are the newest 20,000 of a mass update, which are then handed over once more beyond that', () => {
    const lines = emittedLines();
    const count = 2 * MAX_EMITTED + 100;
    for (let number = 0; number < count; number += 1)
      lines.add(String(number), `line ${number}`, START_MS + number * SECOND);

    const kept = lines.kept(() => true);

    // Less than an item of the state table may hold, with the rest of it.
    expect(kept.length).toBeGreaterThan(300_000);
    expect(kept.length).toBeLessThanOrEqual(320_000);
    const again = emittedLines(kept);
    const known = Array.from({ length: count }, (_, number) => number).filter((number) =>
      again.has(String(number), `line ${number}`),
    );
    expect(Math.min(...known)).toBeGreaterThanOrEqual(count - MAX_EMITTED - 5);
    // Some of them may have the place of another with the same four bytes.
    expect(known.length).toBeGreaterThan(MAX_EMITTED - 5);
  });

  it('may be of years that the four bytes of a second do not reach', () => {
    const lines = emittedLines();
    for (const year of [1000, 1969, 2106, 9999]) lines.add(String(year), 'a', Date.UTC(year, 11, 31));

    const again = emittedLines(lines.kept(() => true));

    expect([1000, 1969, 2106, 9999].every((year) => again.has(String(year), 'a'))).toBe(true);
  });
});
