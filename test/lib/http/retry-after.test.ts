import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { parseRetryAfter } from '../../../lib/http/retry-after.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const clock = fakeClock({ nowMs: Date.parse('2023-11-14T22:13:20Z') });

describe('parseRetryAfter (R48)', () => {
  it.each([
    ['0', 0],
    ['1', 1_000],
    [' 120 ', 120_000],
    ['900', 900_000],
    ['901', 900_000],
    ['99999999999999999999', 900_000],
    ['Tue, 14 Nov 2023 22:13:50 GMT', 30_000],
    ['Tue, 14 Nov 2023 22:00:00 GMT', 0],
    ['Wed, 15 Nov 2023 22:13:20 GMT', 900_000],
  ])('reads %j', (value, expected) => {
    expect(parseRetryAfter(value, clock)).toBe(expected);
  });

  it.each([undefined, '', 'soon', '-1', '1.5', '1e3', '0x10', '2023-11-14', 'Tue, 99 Foo 2023 22:13:50 GMT'])(
    'ignores %j, which is not the same as zero',
    (value) => {
      expect(parseRetryAfter(value, clock)).toBeUndefined();
    },
  );

  it('gives nothing, or whole milliseconds up to 15 minutes, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.integer().map(String), fc.date().map(String)), (value) => {
        const waitMs = parseRetryAfter(value, clock);
        if (waitMs === undefined) return;
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(0);
        expect(waitMs).toBeLessThanOrEqual(900_000);
      }),
      { numRuns: 10_000 },
    );
  });
});
