import { describe, expect, it } from 'vitest';

import { advancing, HOUR_MS, NO_ANSWER, setUp } from '../../support/token-cache.ts';

describe('cacheAccessToken: what a call needs of a token', () => {
  it('asks once in a life for tokens that outlive an exchange, though not the invocation (R25)', async () => {
    const { tokens, endpoint, clock } = setUp({ lifetimeMs: 60_000 });

    for (let invocation = 0; invocation < 200; invocation += 1) {
      const token = await tokens.get({ deadlineAtMs: clock.now() + 58_000, useMs: 20_000 });
      expect(token.expiresAtMs - clock.now()).toBeGreaterThan(20_000);
      await tokens.settled();
      await clock.advance(3_000);
    }

    // One for every 42 s of 600 s.
    expect(endpoint.requests).toBe(15);
  });

  it('needs no token for longer than up to the deadline, however long an exchange may take', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    await tokens.get(need());
    await clock.advance(HOUR_MS - 10_000);

    expect(tokens.get({ ...need(5_000), useMs: 20_000 })).toMatchObject({ fingerprint: 'token-1' });
    await tokens.settled();
    expect((await tokens.get({ ...need(5_000), useMs: 20_000 })).fingerprint).toBe('token-2');
    expect(endpoint.requests).toBe(2);
  });

  it('waits for a first token up to the deadline, however short an exchange is', async () => {
    const { tokens, need, clock } = setUp({ durationMs: 4_000 });

    expect((await advancing(clock, tokens.get({ ...need(20_000), useMs: 100 }))).fingerprint).toBe('token-1');
  });

  it('lets a waiting call be given up, which leaves the request to the others', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 4_000 });
    const call = new AbortController();

    const outcomes = Promise.allSettled([
      tokens.get({ ...need(20_000), signal: call.signal }),
      tokens.get(need(20_000)),
    ]);
    await clock.advance(1_000);
    call.abort();
    await clock.advance(3_000);

    expect(await outcomes).toMatchObject([
      { reason: { code: 'ABORTED', sent: false } },
      { value: { fingerprint: 'token-1' } },
    ]);
    expect([endpoint.requests, clock.sleeping]).toEqual([1, 0]);
  });

  it('asks for nothing when the call has been given up before', async () => {
    const { tokens, endpoint, need } = setUp();

    const call = Promise.resolve(tokens.get({ ...need(), signal: AbortSignal.abort() }));

    await expect(call).rejects.toMatchObject({ code: 'ABORTED' });
    expect(endpoint.requests).toBe(0);
  });

  it('ends the pause before a replay with its call, which must not outlive the handler', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const token = await tokens.get(need());
    const call = new AbortController();

    const replay = tokens.replace(token, { ...need(), signal: call.signal });
    const outcome = expect(replay).rejects.toMatchObject({ code: 'ABORTED', sent: false });
    await clock.advance(500);
    call.abort();
    await outcome;

    expect([endpoint.requests, clock.sleeping]).toEqual([1, 0]);
  });
});

describe('cacheAccessToken: a renewal while the token is good', () => {
  it('makes the second attempt after all for a call whose token ends while it waits', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 700, refreshAheadMs: 0 });
    await advancing(clock, tokens.get(need()));
    await clock.advance(HOUR_MS - (clock.elapsed() + 500));
    endpoint.failures.push(NO_ANSWER);

    expect((await advancing(clock, tokens.get(need(20_000)))).fingerprint).toBe('token-3');
  });

  it('does not hold back a call that was refused with an older token for longer than a second (R28)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ lifetimeMs: 100_000 });
    const old = await tokens.get(need());
    await clock.advance(40_000);
    await tokens.replace(old, need());
    await clock.advance(90_000);
    endpoint.always = NO_ANSWER;
    const startedMs = clock.now();

    const token = await advancing(clock, tokens.replace(old, need(25_000)));

    expect(token.fingerprint).toBe('token-2');
    expect(clock.now() - startedMs).toBeLessThanOrEqual(1_100);
    expect(endpoint.requests).toBe(3);
  });

  it('does not hold back a replay for longer than the pause and a second (R28)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ refreshAheadMs: 0 });
    const token = await tokens.get(need());
    await clock.advance(HOUR_MS - 10_000);
    tokens.accepted(token);
    endpoint.always = NO_ANSWER;

    expect(await advancing(clock, tokens.replace(token, need(25_000)))).toBe(token);
    expect(HOUR_MS - clock.elapsed()).toBeGreaterThanOrEqual(7_900);
  });
});
