import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { cacheAccessToken } from '../../../lib/oauth/access-token-cache.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { advancing, get, HOUR_MS, REFUSED, setUp, tooMany } from '../../support/token-cache.ts';
import { accessToken } from '../../support/tokens.ts';

describe('cacheAccessToken: one token for many', () => {
  it('asks the token endpoint once when a thousand callers need a token together (R21, F35)', async () => {
    const { tokens, endpoint, need } = setUp({ durationMs: 50 });

    const waiting = Promise.all(Array.from({ length: 1_000 }, () => tokens.get(need())));
    await endpoint.clock.advance(50);

    expect(new Set(await waiting).size).toBe(1);
    expect(endpoint.requests).toBe(1);
  });

  it('gives a fresh token without a promise', async () => {
    const { tokens, need } = setUp();
    const first = await tokens.get(need());

    expect(tokens.get(need())).toBe(first);
  });

  it('asks again when the token has ended, by either clock (R27)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    await tokens.get(need());

    clock.setWall(clock.now() - HOUR_MS);
    await clock.advance(HOUR_MS);
    await tokens.get(need());
    expect(endpoint.requests).toBe(2);
    clock.setWall(clock.now() + HOUR_MS);
    await tokens.get(need());

    expect(endpoint.requests).toBe(3);
  });

  it('frees the place after a failure, so that the next caller is served after the pause (R22)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(REFUSED);
    await expect(get(tokens, need())).rejects.toBe(REFUSED);

    await clock.advance(10_000);

    expect((await tokens.get(need())).fingerprint).toBe('token-2');
  });

  it('lets one waiter run out of time without taking the token from the others (R23)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 500 });

    const outcomes = Promise.allSettled([tokens.get(need(100)), tokens.get(need(20_000))]);
    await clock.advance(500);

    expect(await outcomes).toMatchObject([
      { reason: { code: 'TIMED_OUT', sent: false } },
      { value: { fingerprint: 'token-1' } },
    ]);
    expect(endpoint.requests).toBe(1);
    expect(clock.sleeping).toBe(0);
  });

  it('lets the first waiter run out of time without spoiling the second attempt for the others', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(tooMany(3_000));

    const outcomes = Promise.allSettled([tokens.get(need(1_000)), tokens.get(need(20_000))]);
    await clock.advance(3_000);

    expect(await outcomes).toMatchObject([{ reason: { code: 'TIMED_OUT' } }, { value: { fingerprint: 'token-2' } }]);
  });
});

describe('cacheAccessToken: the end of a life', () => {
  it('does not send a token that would end before the call (R25)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    await tokens.get(need());
    await clock.advance(HOUR_MS - 10_000);

    expect((await tokens.get(need(5_000))).fingerprint).toBe('token-1');
    await tokens.settled();
    expect((await tokens.get(need(15_000))).fingerprint).toBe('token-2');
    expect(endpoint.requests).toBe(2);
  });

  it('fetches one for a call that the current one would not outlive, with nothing else to start that', async () => {
    const { tokens, endpoint, need, clock } = setUp({ refreshAheadMs: 0 });
    await tokens.get(need());
    await clock.advance(HOUR_MS - 10_000);

    expect((await tokens.get(need(10_001))).fingerprint).toBe('token-2');
    expect(endpoint.requests).toBe(2);
  });

  it('renews ahead beside the call, which does not wait, and settles before the handler ends (R24, R55)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 200 });
    await advancing(clock, tokens.get(need()));
    await clock.advance(HOUR_MS - 61_000);
    expect(endpoint.requests).toBe(1);

    await clock.advance(1_000);
    expect(tokens.get(need())).toMatchObject({ fingerprint: 'token-1' });
    expect(tokens.get(need())).toMatchObject({ fingerprint: 'token-1' });
    await advancing(clock, tokens.settled());

    expect(endpoint.requests).toBe(2);
    expect(tokens.get(need())).toMatchObject({ fingerprint: 'token-2' });
  });

  it('makes one attempt and no pause for a renewal while the token is good, whatever the endpoint wishes (R28)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    await tokens.get(need());
    await clock.advance(HOUR_MS - 50_000);
    endpoint.failures.push(tooMany(19_000));

    expect(tokens.get(need(25_000))).toMatchObject({ fingerprint: 'token-1' });
    await tokens.settled();

    expect(endpoint.requests).toBe(2);
  });

  it('waits a second at most for a token that outlives the call, while there is one that may do (R28)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 4_000, refreshAheadMs: 0 });
    await advancing(clock, tokens.get(need(60_000)));
    await clock.advance(HOUR_MS - 15_000);
    const startedMs = clock.now();

    const token = await advancing(clock, tokens.get(need(25_000)));

    expect(token.fingerprint).toBe('token-1');
    expect(clock.now() - startedMs).toBeLessThanOrEqual(1_100);
    expect(endpoint.requests).toBe(2);
  });

  it('renews a short token when a fifth of its life is left', async () => {
    const { tokens, endpoint, need, clock } = setUp({ lifetimeMs: 60_000 });
    await tokens.get(need());

    await clock.advance(47_000);
    tokens.get(need(1_000));
    await tokens.settled();
    expect(endpoint.requests).toBe(1);
    await clock.advance(1_000);
    tokens.get(need(1_000));
    await tokens.settled();

    expect(endpoint.requests).toBe(2);
  });

  it('spreads renewals over a tenth to both sides, drawn once per container', async () => {
    const renewedAt = async (random: number) => {
      const { tokens, endpoint, need, clock } = setUp({ random: () => random });
      await tokens.get(need());
      await clock.advance(HOUR_MS - 70_000);
      while (endpoint.requests === 1) {
        await clock.advance(1_000);
        tokens.get(need(1));
        await tokens.settled();
      }
      return HOUR_MS - clock.elapsed();
    };

    expect(await renewedAt(0)).toBe(54_000);
    expect(await renewedAt(0.999)).toBe(65_000);
  });

  it('uses a token that is too short for any call for all of its life, and asks once per life (R24, F31)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ lifetimeMs: 5_000 });

    for (let second = 0; second < 60; second += 1) {
      await tokens.get(need(20_000));
      await clock.advance(1_000);
    }

    expect(endpoint.requests).toBe(12);
  });

  it('goes on with a valid token when its renewal fails, and does not ask again in the pause (R28, F36)', async () => {
    const { tokens, endpoint, need, clock, lines } = setUp();
    await tokens.get(need());
    await clock.advance(HOUR_MS - 50_000);
    endpoint.failures.push(REFUSED);

    for (let call = 0; call < 10; call += 1) {
      expect(tokens.get(need(1_000))).toMatchObject({ fingerprint: 'token-1' });
      await tokens.settled();
    }

    expect(endpoint.requests).toBe(2);
    expect(lines).toEqual(['TOKEN_REFRESH_FAILED']);
  });

  it('sends a valid token rather than none when the call might outlive it and no other can be had (R28)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    await tokens.get(need());
    await clock.advance(HOUR_MS - 10_000);
    endpoint.failures.push(REFUSED, REFUSED);

    expect((await tokens.get(need(20_000))).fingerprint).toBe('token-1');
    await clock.advance(10_000);
    await expect(get(tokens, need())).rejects.toBe(REFUSED);
  });

  it('asks again when the container was frozen during the request and the token had ended by then (F37)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 100, lifetimeMs: 300_000 });

    const waiting = tokens.get({ deadlineAtMs: Number.POSITIVE_INFINITY });
    clock.setWall(clock.now() + 400_000);
    const token = await advancing(clock, waiting);

    expect(token.fingerprint).toBe('token-2');
    expect(endpoint.requests).toBe(2);
    expect(tokens.get(need())).toBe(token);
  });
});

describe('cacheAccessToken: any order of events', () => {
  it('shares requests, never sends an ended token, and leaves nothing behind', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(fc.boolean(), { maxLength: 4 }), async (scheduler, fails) => {
        const clock = fakeClock();
        let running = 0;
        let highest = 0;
        const request = scheduler.scheduleFunction(async () => {
          if (fails.pop()) throw REFUSED;
          return accessToken(clock, { lifetimeMs: 10_000 });
        });
        const tokens = cacheAccessToken(
          async () => {
            running += 1;
            highest = Math.max(highest, running);
            return request().finally(() => {
              running -= 1;
            });
          },
          { clock },
        );

        const deadlineAtMs = clock.now() + 5_000;
        const calls = Array.from({ length: 5 }, (_, index) =>
          scheduler.schedule(Promise.resolve(), `call ${index}`).then(() => get(tokens, { deadlineAtMs })),
        );
        const outcomes = Promise.allSettled(calls);
        await scheduler.waitFor(outcomes);
        await tokens.settled();

        for (const outcome of await outcomes) {
          if (outcome.status === 'fulfilled') expect(outcome.value.expiresAtMs).toBeGreaterThan(clock.now());
          else expect(['TOKEN_REQUEST_REJECTED', 'TOKEN_REQUEST_PAUSED']).toContain(outcome.reason.code);
        }
        expect(highest).toBeLessThanOrEqual(1);
        expect(running).toBe(0);
        expect(clock.sleeping).toBe(0);
      }),
      { numRuns: 300 },
    );
  });
});
