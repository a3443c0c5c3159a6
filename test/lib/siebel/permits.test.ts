import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Permit, type Permits, permits } from '../../../lib/siebel/permits.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';

/** Takes one if it is to be had without a wait, and says whether it was. */
function atOnce(own: Permits): boolean {
  const taken = own.take({ waitMs: 0 });
  if (taken instanceof Promise) taken.catch(() => {});
  return !(taken instanceof Promise);
}

/** Takes a permit and remembers what came of it. */
function taking(own: Permits, waitMs = 20_000, signal?: AbortSignal) {
  const taken: { permit?: Permit; error?: unknown } = {};
  void Promise.resolve(own.take({ waitMs, signal })).then(
    (permit) => {
      taken.permit = permit;
    },
    (error: unknown) => {
      taken.error = error;
    },
  );
  return taken;
}

describe('permits', () => {
  it('are given without a wait while some are free', () => {
    const own = permits({ total: 2, clock: fakeClock() });
    expect([atOnce(own), atOnce(own), atOnce(own)]).toEqual([true, true, false]);
  });

  it('go to those who wait, in their order', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const first = taking(own);
    await clock.advance(0);
    const [second, third] = [taking(own), taking(own)];
    await clock.advance(1_000);
    expect([second.permit, third.permit]).toEqual([undefined, undefined]);
    first.permit?.release();
    await clock.advance(0);
    expect([second.permit === undefined, third.permit]).toEqual([false, undefined]);
    second.permit?.release();
    await clock.advance(0);
    expect(third.permit).toBeDefined();
    expect(clock.sleeping).toBe(0);
  });

  it('go to as many as come back at one moment, though each of them wakes only the first in the line', async () => {
    const clock = fakeClock();
    const own = permits({ total: 2, clock });
    const holders = [taking(own), taking(own)];
    await clock.advance(0);
    const waiting = [taking(own), taking(own)];
    await clock.advance(0);
    for (const { permit } of holders) permit?.release();
    await clock.advance(0);
    expect(waiting.map(({ permit }) => permit !== undefined)).toEqual([true, true]);
  });

  it('come back for the next in the line when the first has given up waiting', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock, holdMs: 30_000 });
    const first = taking(own);
    await clock.advance(0);
    const [impatient, patient] = [taking(own, 1_000), taking(own, 60_000)];
    await clock.advance(500);
    first.permit?.abandon();
    await clock.advance(29_500);
    expect(impatient.error).toMatchObject({ code: 'NO_FREE_CONNECTION' });
    expect(patient.permit).toBeDefined();
  });

  it('come back so long after the request was sent, where that was later than the permit was taken', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock, holdMs: 30_000 });
    const first = taking(own);
    await clock.advance(10_000);
    first.permit?.sent();
    first.permit?.abandon();
    await clock.advance(29_999);
    expect(atOnce(own)).toBe(false);
    await clock.advance(1);
    expect(atOnce(own)).toBe(true);
  });

  it('tell how many were at Siebel together at most since they were last asked, given-up requests included', async () => {
    const clock = fakeClock();
    const own = permits({ total: 3, clock, holdMs: 30_000 });
    expect(own.highest()).toBe(0);
    const [first, second] = [taking(own), taking(own)];
    await clock.advance(0);
    // Who waits for something else with a permit in hand is not at Siebel yet.
    expect(own.highest()).toBe(0);
    first.permit?.sent();
    second.permit?.sent();
    first.permit?.release();
    expect(own.highest()).toBe(2);
    expect(own.highest()).toBe(1);
    second.permit?.abandon();
    expect([own.highest(), own.highest()]).toEqual([1, 1]);
    const third = taking(own);
    await clock.advance(0);
    third.permit?.sent();
    third.permit?.release();
    expect([own.highest(), own.highest()]).toEqual([2, 1]);
    await clock.advance(30_000);
    expect([own.highest(), own.highest()]).toEqual([1, 0]);
  });

  it('are not overtaken by somebody who comes when one is free and others wait', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const first = taking(own);
    await clock.advance(0);
    const waiting = taking(own);
    await clock.advance(0);
    first.permit?.release();
    const late = taking(own);
    await clock.advance(0);
    expect([waiting.permit === undefined, late.permit]).toEqual([false, undefined]);
  });

  it('are refused when none comes back in time', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    taking(own);
    const waiting = taking(own, 5_000);
    await clock.advance(4_999);
    expect(waiting.error).toBeUndefined();
    await clock.advance(1);
    expect(waiting.error).toMatchObject({ code: 'NO_FREE_CONNECTION', sent: false, retryAfterMs: undefined });
    expect(clock.sleeping).toBe(0);
  });

  it('stay taken for an abandoned request until its start and the time to hold', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock, holdMs: 60_000 });
    const first = taking(own);
    await clock.advance(20_000);
    first.permit?.abandon();
    const waiting = taking(own, 45_000);
    await clock.advance(39_999);
    expect(waiting).toEqual({});
    await clock.advance(1);
    expect(waiting.permit).toBeDefined();
    expect(clock.sleeping).toBe(0);
  });

  it('are refused at once when only held ones are to come, and too late', async () => {
    const clock = fakeClock();
    const own = permits({ total: 2, clock, holdMs: 60_000 });
    const both = [taking(own), taking(own)];
    await clock.advance(20_000);
    for (const { permit } of both) permit?.abandon();
    const refused = taking(own, 25_000);
    await clock.advance(0);
    expect(refused.error).toMatchObject({ code: 'NO_FREE_CONNECTION', retryAfterMs: 40_000 });
  });

  it('are waited for while another request is under way, though the held ones come too late', async () => {
    const clock = fakeClock();
    const own = permits({ total: 2, clock, holdMs: 60_000 });
    const [abandoned, working] = [taking(own), taking(own)];
    await clock.advance(0);
    abandoned.permit?.abandon();
    const waiting = taking(own, 10_000);
    await clock.advance(3_000);
    working.permit?.release();
    await clock.advance(0);
    expect(waiting.permit).toBeDefined();
  });

  it('come back while the container is frozen', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const first = taking(own);
    await clock.advance(20_000);
    first.permit?.abandon();
    clock.setWall(clock.now() + 40_000);
    expect(atOnce(own)).toBe(true);
  });

  it('need no holding for a request that has outlived the time to hold', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock, holdMs: 10_000 });
    const first = taking(own);
    await clock.advance(20_000);
    first.permit?.abandon();
    expect(atOnce(own)).toBe(true);
  });

  it('come back once, however often they are given back', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const first = taking(own);
    await clock.advance(0);
    first.permit?.release();
    first.permit?.release();
    first.permit?.abandon();
    expect([atOnce(own), atOnce(own)]).toEqual([true, false]);
  });

  it('are no longer waited for by a caller that gives up', async () => {
    const clock = fakeClock();
    const own = permits({ total: 1, clock });
    const first = taking(own);
    const abort = new AbortController();
    const [gone, next] = [taking(own, 20_000, abort.signal), taking(own)];
    await clock.advance(0);
    abort.abort();
    await clock.advance(0);
    expect(gone.error).toMatchObject({ code: 'ABORTED', sent: false });
    first.permit?.release();
    await clock.advance(0);
    expect(next.permit).toBeDefined();
    expect(clock.sleeping).toBe(0);
  });

  it('are never more than there are, whatever comes in whatever order (R49)', async () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('take' as const), waitMs: fc.integer({ min: 0, max: 5_000 }) }),
      fc.record({ do: fc.constantFrom('release' as const, 'abandon' as const), of: fc.nat(20) }),
      fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 30 }), async (total, steps) => {
        const clock = fakeClock();
        const audit = audited(permits({ total, clock, holdMs: 4_000 }), clock, 4_000);
        for (const each of steps) {
          if (each.do === 'take') audit.take(each.waitMs);
          else if (each.do === 'pass') await clock.advance(each.ms);
          else audit.end(each.of, each.do);
          await clock.advance(0);
          expect(audit.atWork()).toBeLessThanOrEqual(total);
        }
        await clock.advance(10_000);
        audit.endAll();
        await clock.advance(10_000);
        expect(clock.sleeping).toBe(0);
        for (let free = 0; free < total; free += 1) expect(atOnce(audit.own)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

/** Counts what is at work at Siebel on its own: what is under way, and what was abandoned less than `holdMs` after its start. */
function audited(own: Permits, clock: FakeClock, holdMs: number) {
  const open: { readonly permit: Permit; readonly startMs: number }[] = [];
  let left: readonly number[] = [];
  const end = (index: number, how: 'release' | 'abandon') => {
    const [taken] = open.splice(index, 1);
    taken?.permit[how]();
    if (taken && how === 'abandon') left = [...left, taken.startMs];
  };
  return {
    own,
    take(waitMs: number) {
      void Promise.resolve(own.take({ waitMs })).then(
        (permit) => open.push({ permit, startMs: clock.elapsed() }),
        () => {},
      );
    },
    end: (of: number, how: 'release' | 'abandon') => open.length > 0 && end(of % open.length, how),
    endAll: () => {
      while (open.length > 0) end(0, 'release');
    },
    atWork: () => open.length + left.filter((startMs) => clock.elapsed() < startMs + holdMs).length,
  };
}
