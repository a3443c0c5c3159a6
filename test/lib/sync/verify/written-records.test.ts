import { describe, expect, it } from 'vitest';
import { standing, type WrittenVersion } from '../../../../lib/sync/verify/written-records.ts';

/** A version by its instant and the second in which it was stored; without an instant, a tombstone. */
const version = (
  atMs: number | undefined,
  writtenAtMs: number,
  fence: number,
  more: Partial<WrittenVersion> = {},
): WrittenVersion => ({
  ...{ id: 'a', atMs, writtenAtMs, fence, sequence: 1, quarantined: false, byBackfill: false },
  ...more,
});
const BACKFILL = { byBackfill: true };

describe('the version that stands', () => {
  it.each([
    ['the only one', [version(5, 1, 1)], 5],
    ['the one written last', [version(5, 1, 1), version(7, 2, 2)], 7],
    ['one that was set back, written last', [version(7, 1, 1), version(5, 2, 2)], 5],
    ['the later line of one object', [version(7, 1, 1), version(5, 1, 1)], 5],
    ['that of the later chunk of one second', [version(5, 1, 1, { sequence: 2 }), version(7, 1, 1)], 5],
    ['that of the higher fence of one second', [version(5, 1, 2), version(7, 1, 1)], 5],
    ['the one before a replaced run that stored too late', [version(7, 2, 2), version(5, 3, 1)], 7],
    ['none behind a tombstone', [version(5, 1, 1), version(undefined, 2, 2)], undefined],
    ['what came back behind a tombstone', [version(undefined, 1, 1), version(5, 2, 2)], 5],
    ['none when a replaced run stores behind a tombstone', [version(undefined, 2, 2), version(5, 3, 1)], undefined],
    ['not an older one of a backfill, whatever its fence', [version(7, 1, 1), version(5, 2, 99, BACKFILL)], 7],
    ['an equal one of a backfill', [version(7, 1, 1), version(7, 2, 9, { ...BACKFILL, sequence: 4 })], 7],
    ['a newer one of a backfill', [version(5, 1, 9), version(7, 2, 1, BACKFILL)], 7],
    ['one of a backfill behind a tombstone', [version(undefined, 1, 9), version(5, 2, 1, BACKFILL)], 5],
    ['a live one after a backfill of a higher fence', [version(7, 1, 99, BACKFILL), version(5, 2, 1)], 5],
    ['a live one stored in the same second as a backfill', [version(5, 1, 1), version(7, 1, 99, BACKFILL)], 5],
  ])('is %s', (_, versions, atMs) => {
    expect(standing(versions)?.atMs).toBe(atMs);
  });

  it('is the one in quarantine, when that was written last: Siebel has the record so', () => {
    expect(standing([version(5, 1, 1), version(7, 2, 2, { quarantined: true })])?.quarantined).toBe(true);
  });
});
