import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { queueBackoff } from '../../../lib/queue/backoff.ts';

const middle = queueBackoff({ baseSeconds: 30, random: () => 0.5 });

describe('queueBackoff', () => {
  it('waits 30, 60, 120, 240, then 300 s', () => {
    const waits = [1, 2, 3, 4, 5, 6, 100, 1_000].map((receiveCount) => middle.afterFailure({ receiveCount }));
    expect(waits).toEqual([30, 60, 120, 240, 300, 300, 300, 300]);
  });

  it('spreads each wait by a tenth to both sides', () => {
    expect(queueBackoff({ baseSeconds: 30, random: () => 0 }).afterFailure({ receiveCount: 5 })).toBe(270);
    expect(queueBackoff({ baseSeconds: 30, random: () => 0.999_999 }).afterFailure({ receiveCount: 5 })).toBe(330);
  });

  it('starts at the base and ends at ten times the base', () => {
    const quick = queueBackoff({ baseSeconds: 1, random: () => 0.5 });
    expect([1, 2, 3, 4, 5, 9].map((receiveCount) => quick.afterFailure({ receiveCount }))).toEqual([
      1, 2, 4, 8, 10, 10,
    ]);
    expect(quick.afterMisconfiguration()).toBe(10);
  });

  it('obeys Retry-After, rounded up (R48)', () => {
    expect(middle.afterFailure({ receiveCount: 1, retryAfterMs: 7_001 })).toBe(8);
    expect(middle.afterFailure({ receiveCount: 1, retryAfterMs: 0 })).toBe(0);
  });

  it('takes at most 900 s of Retry-After at five receives, and 500 s after that', () => {
    const waits = [1, 5, 6, 1_000].map((receiveCount) =>
      middle.afterFailure({ receiveCount, retryAfterMs: 86_400_000 }),
    );
    expect(waits).toEqual([900, 900, 500, 500]);
    expect(middle.afterFailure({ receiveCount: 6, retryAfterMs: 86_400_000, clientRefused: true })).toBe(500);
  });

  it('does not let "Retry-After: 900" carry a message past its retention before its receives are over (F123)', () => {
    let days = 0;
    for (let receiveCount = 1; receiveCount <= 1_000; receiveCount += 1) {
      days += (middle.afterFailure({ receiveCount, retryAfterMs: 900_000 }) + 60) / 86_400;
    }
    expect(days).toBeLessThan(7);
  });

  it('ignores a Retry-After that is no number, rather than taking it for zero', () => {
    expect(middle.afterFailure({ receiveCount: 1, retryAfterMs: Number.NaN })).toBe(30);
  });

  it('does not let "Retry-After: 1" use up the receives of a long outage (R19)', () => {
    let hours = 0;
    for (let receiveCount = 1; receiveCount < 1_000; receiveCount += 1) {
      hours += middle.afterFailure({ receiveCount, retryAfterMs: 1_000 }) / 3_600;
    }
    expect(hours).toBeGreaterThan(60);
  });

  it('survives 60 hours of outage within 1,000 receives, at its shortest waits (R19)', () => {
    const shortest = queueBackoff({ baseSeconds: 30, random: () => 0 });
    let hours = 0;
    for (let receiveCount = 1; receiveCount < 1_000; receiveCount += 1)
      hours += shortest.afterFailure({ receiveCount }) / 3_600;
    expect(hours).toBeGreaterThan(60);
  });

  it('looks again after 5 to 15 s while a client secret is refused, until receive 30 (F11)', () => {
    const waits = [0, 0.5, 0.999].map((chance) =>
      queueBackoff({ baseSeconds: 30, random: () => chance }).afterFailure({ receiveCount: 30, clientRefused: true }),
    );
    expect(waits).toEqual([5, 10, 15]);
    expect(middle.afterFailure({ receiveCount: 31, clientRefused: true })).toBe(300);
  });

  it('looks again as soon in the pause after such a refusal, but not before what was asked for (F11)', () => {
    const wait = (retryAfterMs: number, receiveCount = 12) =>
      middle.afterFailure({ receiveCount, retryAfterMs, clientRefused: true });
    expect([wait(3_000), wait(40_000), wait(3_000, 31)]).toEqual([10, 40, 300]);
  });

  it('waits until a lease or a settle delay is over, and up to a tenth longer so that it does not come too early (R08)', () => {
    const wait = (chance: number, retryAfterMs: number) =>
      queueBackoff({ baseSeconds: 30, random: () => chance }).untilDecided({ receiveCount: 1, retryAfterMs });
    expect([wait(0, 80_000), wait(0.999_999, 80_000)]).toEqual([80, 88]);
    expect([wait(0, 1), wait(0, 0), wait(0, -5_000)]).toEqual([1, 1, 1]);
    expect([wait(0, 720_000), wait(0.999_999, 720_000), wait(0.999_999, 899_000), wait(0, 86_400_000)]).toEqual([
      720, 792, 900, 900,
    ]);
  });

  it('waits by the steps when nobody knows how long, and after five receives never less than them', () => {
    const wait = (receiveCount: number, retryAfterMs?: number) => middle.untilDecided({ receiveCount, retryAfterMs });
    expect([wait(1), wait(3), wait(3, Number.NaN)]).toEqual([30, 120, 120]);
    expect([wait(5, 1_000), wait(6, 1_000), wait(6, 720_000)]).toEqual([2, 300, 756]);
  });

  it('brings an unstarted message back in 1 to 5 s twice, and then by the steps', () => {
    const waits = [0, 0.5, 0.999].map((chance) =>
      queueBackoff({ baseSeconds: 30, random: () => chance }).unstarted({ receiveCount: 2 }),
    );
    expect(waits).toEqual([1, 3, 5]);
    expect(middle.unstarted({ receiveCount: 3 })).toBe(120);
  });

  it('gives whole seconds that SQS accepts, whatever comes in', () => {
    const anything = fc.record({
      baseSeconds: fc.integer({ min: 1, max: 900 }),
      chance: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      receiveCount: fc.integer({ min: 0, max: 100_000 }),
      retryAfterMs: fc.option(fc.double(), { nil: undefined }),
      clientRefused: fc.boolean(),
    });
    fc.assert(
      fc.property(anything, ({ baseSeconds, chance, ...failure }) => {
        const backoff = queueBackoff({ baseSeconds, random: () => chance });
        for (const wait of [
          backoff.afterFailure(failure),
          backoff.unstarted(failure),
          backoff.untilDecided(failure),
          backoff.afterMisconfiguration(),
        ]) {
          expect(Number.isInteger(wait) && wait >= 0 && wait <= 43_200).toBe(true);
        }
      }),
    );
  });
});
