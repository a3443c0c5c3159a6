import { describe, expect, it } from 'vitest';
import { liveStartOf, settledUntil, syncTimesOf } from '../../../../lib/sync/backfill/live-start.ts';
import type { Checkpoint } from '../../../../lib/sync/checkpoint.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');
const LIMITS = { nowMs: NOW, lookbackMs: 600_000 };
const CURSOR = { value: '03/01/2026 08:00:00', id: '1-1' };
const at = (time: string) => Date.parse(`2026-03-01T${time}Z`);

function startOf(checkpoint: Checkpoint | undefined, leaseUntilMs = 0) {
  return liveStartOf({ ...(checkpoint && { checkpoint }), leaseUntilMs }, LIMITS);
}

describe('settledUntil', () => {
  it('lies a safety lag, a lookback and five minutes of a wrong clock behind now, to the second', () => {
    expect(settledUntil(NOW + 500, { safetyLagMs: 60_000, lookbackMs: 600_000 })).toBe(at('11:44:00'));
  });
});

describe('syncTimesOf', () => {
  it('takes what the job says before the settings', () => {
    const settings = { safetyLagMs: 60_000, lookbackMs: 600_000 };

    expect(syncTimesOf({}, settings)).toEqual(settings);
    expect(syncTimesOf({ safetyLagSeconds: 0, lookbackSeconds: 1_800 }, settings)).toEqual({
      safetyLagMs: 0,
      lookbackMs: 1_800_000,
    });
  });
});

describe('liveStartOf', () => {
  it('knows nothing of a job that never ran, nor of one that was reset', () => {
    expect(liveStartOf(undefined, LIMITS)).toBe('nothing-known');
    expect(startOf(undefined)).toBe('nothing-known');
    expect(startOf({ cursor: undefined })).toBe('nothing-known');
  });

  it('takes a first run that is at work and has stored nothing for one that reads everything', () => {
    expect(startOf(undefined, NOW + 30_000)).toBe('everything');
  });

  it('finds a first run that was cut short at work on everything, however far it has come', () => {
    const pass = {
      boundMs: at('11:00:00'),
      open: [{ fromMs: at('03:00:00'), afterId: '1-7', upToMs: at('11:00:00') }],
    };

    expect(startOf({ cursor: CURSOR, pass })).toBe('everything');
    expect(startOf({ cursor: undefined, pass: { ...pass, open: [{ upToMs: at('11:00:00') }] } })).toBe('everything');
  });

  it('begins a lookback before the bound of the last whole pass', () => {
    expect(startOf({ cursor: CURSOR, boundMs: at('11:59:00') })).toEqual({ atMs: at('11:49:00') });
  });

  it('begins where a pass that was cut short goes on, the earliest of its ranges', () => {
    const open = [
      { fromMs: at('09:00:00'), upToMs: at('11:00:00') },
      { fromMs: at('07:30:00'), afterId: '1-7', upToMs: at('08:00:00') },
    ];

    expect(startOf({ cursor: CURSOR, boundMs: at('07:00:00'), pass: { boundMs: at('11:00:00'), open } })).toEqual({
      atMs: at('07:30:00'),
    });
  });

  it('begins exactly where a backfill has let it begin, and never before', () => {
    const boundMs = at('11:59:00');
    const floorMs = at('11:44:00');
    const pass = { boundMs, open: [{ fromMs: floorMs, upToMs: boundMs }] };

    expect(startOf({ cursor: undefined, floorMs, pass })).toEqual({ atMs: floorMs });
    expect(startOf({ cursor: undefined, floorMs })).toEqual({ atMs: floorMs });
    expect(startOf({ cursor: CURSOR, floorMs, boundMs: at('11:50:00') })).toEqual({ atMs: floorMs });
    expect(startOf({ cursor: CURSOR, floorMs, boundMs: at('11:58:00') })).toEqual({ atMs: at('11:48:00') });
  });
});
