import { describe, expect, it } from 'vitest';
import { lagChart } from '../../../cli/sync/lag-chart.ts';

const START = Date.parse('2026-03-01T12:00:00Z');
const runs = (...lagMinutes: number[]) =>
  lagMinutes.map((lag, index) => ({ atMs: START + index * 300_000, lagMs: lag * 60_000 }));

describe('lagChart', () => {
  it('draws nothing of a single run', () => {
    expect(lagChart([])).toEqual([]);
    expect(lagChart(runs(3))).toEqual([]);
  });

  it('draws in plain text how the lag went, with the time of the first and the last run', () => {
    const lines = lagChart(runs(1, 1, 5, 20, 40, 2, 1));

    expect(lines[0]).toBe('lag in minutes after each of the last 7 runs');
    expect(lines.join('\n')).not.toMatch(/\u001b/);
    expect(lines.find((line) => line.includes('┤'))).toMatch(/^40┤/);
    expect(lines.at(-1)?.trim()).toMatch(/^2026-03-01T12:00:00Z +2026-03-01T12:30:00Z$/);
  });

  it('fits into a narrow terminal', () => {
    const longest = Math.max(...lagChart(runs(1, 2, 3, 4, 5), 60).map((line) => line.length));
    expect(longest).toBeLessThanOrEqual(60);
  });

  it('shows tenths of a small lag, and a lag of nothing', () => {
    expect(lagChart(runs(0.5, 1.5)).join('\n')).toMatch(/^1\.5┤/m);
    expect(lagChart(runs(0, 0)).join('\n')).toMatch(/^0\.00┤/m);
  });
});
