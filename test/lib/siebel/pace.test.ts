import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Pace, pace } from '../../../lib/siebel/pace.ts';
import { type FakeClock, fakeClock } from '../../support/fake-clock.ts';
import { ACCOUNT, answer, clientOver } from './parts.ts';

const PATIENT = { waitMs: 600_000 };

/** Asks for a turn and notes when it comes. */
function asking(own: Pace, clock: FakeClock, turns: number[], need = PATIENT) {
  return Promise.resolve(own.take(need)).then(() => void turns.push(clock.elapsed()));
}

describe('pace', () => {
  it('lets a burst through at once, and then one request after the other', async () => {
    const clock = fakeClock();
    const own = pace({ callsPerMinute: 60, burst: 3, clock });
    const turns: number[] = [];
    for (let call = 0; call < 6; call += 1) void asking(own, clock, turns);
    await clock.advance(10_000);
    expect(turns).toEqual([0, 0, 0, 1_000, 2_000, 3_000]);
  });

  it('keeps the burst to what one second gives, and to one request at least', async () => {
    for (const [callsPerMinute, burst] of [
      [240, 4],
      [90, 1],
      [7.5, 1],
    ] as const) {
      const clock = fakeClock();
      const own = pace({ callsPerMinute, clock });
      const turns: number[] = [];
      for (let call = 0; call < 10; call += 1) void asking(own, clock, turns);
      await clock.advance(0);
      expect(turns).toHaveLength(burst);
    }
  });

  it('saves up no more than a burst, however long nothing is asked', async () => {
    const clock = fakeClock();
    const own = pace({ callsPerMinute: 60, burst: 2, clock });
    await clock.advance(3_600_000);
    const turns: number[] = [];
    for (let call = 0; call < 4; call += 1) void asking(own, clock, turns);
    await clock.advance(10_000);
    expect(turns.map((atMs) => atMs - 3_600_000)).toEqual([0, 0, 1_000, 2_000]);
  });

  it('refuses at once when the turn would come too late, and says when there will be one', async () => {
    const clock = fakeClock();
    const own = pace({ callsPerMinute: 6, burst: 1, clock });
    expect(own.take({ waitMs: 0 })).toBeUndefined();
    expect(() => own.take({ waitMs: 9_999 })).toThrow(
      expect.objectContaining({ code: 'NO_FREE_CONNECTION', sent: false, retryAfterMs: 10_000 }),
    );
    // Who was refused has taken nothing.
    const turns: number[] = [];
    void asking(own, clock, turns, { waitMs: 10_000 });
    await clock.advance(20_000);
    expect(turns).toEqual([10_000]);
  });

  it('stops waiting when the caller gives up', async () => {
    const clock = fakeClock();
    const own = pace({ callsPerMinute: 6, burst: 1, clock });
    own.take(PATIENT);
    const abort = new AbortController();
    const waiting = expect(own.take({ ...PATIENT, signal: abort.signal })).rejects.toMatchObject({
      code: 'ABORTED',
      sent: false,
    });
    await clock.advance(1);
    abort.abort();
    await waiting;
    expect(clock.sleeping).toBe(0);
  });

  it('never lets more through in any span than it gives for the span and a burst', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 600 }),
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 1, maxLength: 40 }),
        async (callsPerMinute, burst, pausesMs) => {
          const clock = fakeClock();
          const own = pace({ callsPerMinute, burst, clock });
          const turns: number[] = [];
          for (const pauseMs of pausesMs) {
            void asking(own, clock, turns, { waitMs: 1e9 });
            await clock.advance(pauseMs);
          }
          await clock.advance(1e8);
          expect(turns).toHaveLength(pausesMs.length);
          for (const [first, fromMs] of turns.entries()) {
            for (const [last, toMs] of turns.entries()) {
              if (last < first) continue;
              const given = ((toMs - fromMs) / 60_000) * callsPerMinute + burst;
              expect(last - first + 1).toBeLessThanOrEqual(given + 1e-6);
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a client with a pace', () => {
  const GOOD = answer(200, { items: [{ Id: '1-1' }] });

  it('waits for its turn with every request, replays included', async () => {
    const clock = fakeClock();
    const parts = clientOver([answer(401), GOOD], { clock, pace: pace({ callsPerMinute: 30, burst: 1, clock }) });
    const call = parts.client.get(ACCOUNT, '1-1', {}, parts.options);
    await clock.advance(1_999);
    expect(parts.http.requests).toHaveLength(1);
    await clock.advance(1);
    await call;
    expect(parts.http.requests).toHaveLength(2);
  });

  it('does not send, note or hold anything when its turn would come behind the deadline', async () => {
    const clock = fakeClock();
    const own = pace({ callsPerMinute: 1, burst: 1, clock });
    own.take(PATIENT);
    const parts = clientOver([GOOD], { clock, pace: own });
    let begun = 0;
    const beforeWrite = async () => {
      begun += 1;
    };
    for (let call = 0; call < 6; call += 1) {
      await expect(
        parts.client.insert(ACCOUNT, { Name: 'a' }, { ...parts.options, beforeWrite }),
      ).rejects.toMatchObject({ code: 'NO_FREE_CONNECTION', failureClass: 'environment', retryAfterMs: 60_000 });
    }
    expect([parts.http.requests.length, begun]).toEqual([0, 0]);
    // Our own refusal says nothing of Siebel: its circuit stays closed.
    await clock.advance(60_000);
    const later = { deadlineAtMs: clock.now() + 20_000 };
    await expect(parts.client.get(ACCOUNT, '1-1', {}, later)).resolves.toEqual({ Id: '1-1' });
  });
});
