import { describe, expect, it } from 'vitest';
import { nextTick } from '../../../cli/sync/next-tick.ts';

/** When a cron expression in Vienna, or in another zone, ticks next. */
function tickAfter(now: string, every: string, timezone = 'Europe/Vienna'): string {
  const next = nextTick({ every, timezone }, Date.parse(now));
  return next !== 'never' && 'atMs' in next ? new Date(next.atMs).toISOString().slice(0, 16) : JSON.stringify(next);
}

describe('the next tick of a cron expression', () => {
  it('is at its time of day in its zone, in winter and in summer', () => {
    expect(tickAfter('2026-01-10T12:00:00Z', 'cron(0 2 * * ? *)')).toBe('2026-01-11T01:00');
    expect(tickAfter('2026-07-10T12:00:00Z', 'cron(0 2 * * ? *)')).toBe('2026-07-11T00:00');
    expect(tickAfter('2026-07-10T12:00:00Z', 'cron(0 2 * * ? *)', 'UTC')).toBe('2026-07-11T02:00');
  });

  it('leaves out a time that the clocks leap over, as AWS does', () => {
    expect(tickAfter('2026-03-28T12:00:00Z', 'cron(30 2 * * ? *)')).toBe('2026-03-30T00:30');
    expect(tickAfter('2026-03-28T12:00:00Z', 'cron(0 3 * * ? *)')).toBe('2026-03-29T01:00');
  });

  it('is the first of two when the clocks are set back, and does not come again an hour later', () => {
    expect(tickAfter('2026-10-24T12:00:00Z', 'cron(30 2 * * ? *)')).toBe('2026-10-25T00:30');
    expect(tickAfter('2026-10-25T00:45:00Z', 'cron(30 2 * * ? *)')).toBe('2026-10-26T01:30');
    expect(tickAfter('2026-10-25T00:50:00Z', 'cron(0/15 * * * ? *)')).toBe('2026-10-25T02:00');
  });

  it.each([
    ['cron(0 8 ? * MON-FRI *)', '2026-11-30T08:00'],
    ['cron(0 8 ? * 2 *)', '2026-11-30T08:00'],
    ['cron(0 8 ? * 1 *)', '2026-11-29T08:00'],
    ['cron(0 8 ? * 6L *)', '2026-12-25T08:00'],
    ['cron(0 8 ? * 3#2 *)', '2026-12-08T08:00'],
    ['cron(0 8 ? * L *)', '2026-11-28T08:00'],
    ['cron(0 8 L * ? *)', '2026-11-30T08:00'],
    ['cron(0 8 15W * ? *)', '2026-12-15T08:00'],
    ['cron(5/20 9 * * ? *)', '2026-11-27T09:05'],
    ['cron(0 8 1 JAN ? 2028)', '2028-01-01T08:00'],
  ])('reads %s as AWS does: Sunday is 1', (every, next) => {
    // A Friday.
    expect(tickAfter('2026-11-27T09:00:00Z', every, 'UTC')).toBe(next);
  });

  it('never comes in a year that is over', () => {
    expect(nextTick({ every: 'cron(0 8 1 JAN ? 2025)', timezone: 'UTC' }, Date.parse('2026-01-01T00:00:00Z'))).toBe(
      'never',
    );
  });
});

describe('the next tick of a rate', () => {
  const nowMs = Date.parse('2026-03-01T12:00:00Z');
  const every = 'rate(5 minutes)';

  it('comes within its interval while no run is known', () => {
    expect(nextTick({ every, timezone: 'UTC' }, nowMs)).toEqual({ withinMs: 300_000 });
    expect(nextTick({ every: 'rate(1 day)', timezone: 'UTC' }, nowMs)).toEqual({ withinMs: 86_400_000 });
  });

  it('counts on from the last run, also from one that is long ago', () => {
    for (const agoMs of [60_000, 660_000]) {
      expect(nextTick({ every, timezone: 'UTC' }, nowMs, nowMs - agoMs)).toEqual({
        atMs: nowMs + 240_000,
        isAbout: true,
      });
    }
  });

  it('counts from no run that lies in the future', () => {
    expect(nextTick({ every, timezone: 'UTC' }, nowMs, nowMs + 1)).toEqual({ withinMs: 300_000 });
  });
});
