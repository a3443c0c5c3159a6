import { describe, expect, it } from 'vitest';

import { get, REFUSED, setUp } from '../../support/token-cache.ts';

describe('cacheAccessToken: 401 from Siebel', () => {
  it('replaces the refused token, once for all who were refused with it (R29, F43)', async () => {
    const { tokens, endpoint, need, clock, counts } = setUp();
    const old = await tokens.get(need());
    await clock.advance(60_000);

    const replays = await Promise.all([1, 2, 3].map(() => tokens.replace(old, need())));

    expect(replays.map(({ fingerprint }) => fingerprint)).toEqual(['token-2', 'token-2', 'token-2']);
    expect(endpoint.requests).toBe(2);
    expect(counts).toMatchObject({ 'token.forced': 1 });
  });

  it('keeps a newer token when the 401 of an older one arrives late (F49)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const old = await tokens.get(need());
    await clock.advance(60_000);
    const newer = await tokens.replace(old, need());

    expect(await tokens.replace(old, need())).toBe(newer);
    expect(tokens.get(need())).toBe(newer);
    expect(endpoint.requests).toBe(2);
  });

  it.each([
    ['it is younger than 30 s', 29_000, false],
    ['Siebel accepted it less than 30 s ago', 600_000, true],
  ])('does not replace a token when %s, and gives it again after a second', async (_, ageMs, accepted) => {
    const { tokens, endpoint, need, clock } = setUp();
    const token = await tokens.get(need());
    await clock.advance(ageMs);
    if (accepted) tokens.accepted(token);

    const replay = tokens.replace(token, need());
    await clock.advance(999);
    expect(clock.sleeping).toBe(1);
    await clock.advance(1);

    expect(await replay).toBe(token);
    expect(endpoint.requests).toBe(1);
  });

  it('replaces a trusted token that was refused again after the pause, as that was no hiccup (F43)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const token = await tokens.get(need());
    await clock.advance(60_000);
    tokens.accepted(token);
    const first = Promise.all([tokens.replace(token, need()), tokens.replace(token, need())]);
    await clock.advance(1_000);
    expect(await first).toEqual([token, token]);
    expect(endpoint.requests).toBe(1);

    const second = await tokens.replace(token, need());

    expect(second.fingerprint).toBe('token-2');
    expect(endpoint.requests).toBe(2);
  });

  it('trusts a token again that Siebel has accepted since it was refused', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const token = await tokens.get(need());
    const replay = tokens.replace(token, need());
    await clock.advance(1_000);
    tokens.accepted(await replay);
    await clock.advance(5_000);

    const again = tokens.replace(token, need());
    await clock.advance(1_000);

    expect(await again).toBe(token);
    expect(endpoint.requests).toBe(1);
  });

  it('replaces it once that acceptance is 30 s old', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const token = await tokens.get(need());
    tokens.accepted(token);
    await clock.advance(30_000);

    await tokens.replace(token, need());

    expect(endpoint.requests).toBe(2);
  });

  it('gives up at once when there is no time for the pause before a replay', async () => {
    const { tokens, need } = setUp();
    const token = await tokens.get(need());

    await expect(tokens.replace(token, need(1_000))).rejects.toMatchObject({ code: 'AUTH_LOOP', retryable: true });
  });

  it('replaces at most once in 10 s, and doubles that each time that Siebel refuses what came (F41, F50)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ trustMs: 0 });
    await tokens.get(need());
    const replacedAt: number[] = [];

    for (let second = 0; second < 200; second += 1) {
      const before = endpoint.requests;
      const token = await tokens.get(need());
      await tokens.replace(token, need()).catch((error: unknown) => expect(error).toMatchObject({ code: 'AUTH_LOOP' }));
      if (endpoint.requests > before) replacedAt.push(second);
      await clock.advance(1_000);
    }

    expect(replacedAt).toEqual([0, 20, 60, 140]);
  });

  it('is back at 10 s once Siebel has accepted a token', async () => {
    const { tokens, endpoint, need, clock } = setUp({ trustMs: 0 });
    const refuse = async () => tokens.replace(await tokens.get(need()), need()).catch(() => {});
    await refuse();
    await refuse();
    await clock.advance(20_000);
    await refuse();

    tokens.accepted(await tokens.get(need()));
    await clock.advance(10_000);
    const before = endpoint.requests;
    await refuse();

    expect(endpoint.requests).toBe(before + 1);
  });

  it('does not offer the refused token again when no other can be had', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    const old = await tokens.get(need());
    await clock.advance(60_000);
    endpoint.failures.push(REFUSED);

    await expect(tokens.replace(old, need())).rejects.toBe(REFUSED);
    await expect(get(tokens, need())).rejects.toMatchObject({ code: 'TOKEN_REQUEST_PAUSED' });
  });
});
