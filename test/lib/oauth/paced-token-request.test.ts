import { describe, expect, it } from 'vitest';

import { ConfigurationError, ServiceUnavailableError, TokenRequestError } from '../../../lib/errors.ts';
import { advancing, get, HOUR_MS, NO_ANSWER, REFUSED, setUp, tooMany } from '../../support/token-cache.ts';

describe('cacheAccessToken: a token endpoint in trouble', () => {
  it('makes a second attempt when nobody answered, and then pauses for 20 s (F23)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(NO_ANSWER, NO_ANSWER);

    await expect(advancing(clock, tokens.get(need()))).rejects.toBe(NO_ANSWER);
    expect(endpoint.requests).toBe(2);
    await expect(get(tokens, need())).rejects.toMatchObject({
      code: 'TOKEN_REQUEST_PAUSED',
      failureClass: 'environment',
      retryAfterMs: expect.any(Number),
    });
    expect(endpoint.requests).toBe(2);
    await clock.advance(20_000);
    await tokens.get(need());

    expect(endpoint.requests).toBe(3);
  });

  it('makes one attempt when the client is refused, and then pauses for 10 s (R30, F18)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(REFUSED, REFUSED);

    await expect(get(tokens, need())).rejects.toBe(REFUSED);
    await clock.advance(9_999);
    await expect(get(tokens, need())).rejects.toMatchObject({ oauthError: 'invalid_client' });
    expect(endpoint.requests).toBe(1);
    await clock.advance(1);
    await expect(get(tokens, need())).rejects.toBe(REFUSED);

    expect(endpoint.requests).toBe(2);
  });

  it.each([
    ['its settings', new TokenRequestError('TOKEN_REQUEST_REJECTED', 'no', { failureClass: 'configuration' })],
    ['the secret', new ConfigurationError('no', { code: 'CONFIG_SECRET_SHAPE' })],
  ])('makes one attempt when %s are at fault, and says so in the pause too (F19)', async (_, failure) => {
    const { tokens, endpoint, need } = setUp();
    endpoint.failures.push(failure);

    await expect(get(tokens, need())).rejects.toBe(failure);
    await expect(get(tokens, need())).rejects.toMatchObject({
      code: 'TOKEN_REQUEST_PAUSED',
      failureClass: 'configuration',
    });

    expect(endpoint.requests).toBe(1);
  });

  it('leaves it at one attempt when Secrets Manager is away, which has been asked three times by then', async () => {
    const { tokens, endpoint, need } = setUp();
    const away = new ServiceUnavailableError('SECRET_UNAVAILABLE', 'away');
    endpoint.failures.push(away);

    await expect(get(tokens, need())).rejects.toBe(away);
    expect(endpoint.requests).toBe(1);
  });

  it('waits as Retry-After asks when the call has the time (F20)', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(tooMany(3_000));

    const waiting = tokens.get(need(20_000));
    await clock.advance(2_999);
    expect(endpoint.requests).toBe(1);
    await clock.advance(1);

    expect((await waiting).fingerprint).toBe('token-2');
  });

  it('puts off by Retry-After when the call has not, and asks nobody meanwhile', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(tooMany(60_000));

    await expect(get(tokens, need(20_000))).rejects.toMatchObject({ status: 429, retryAfterMs: 60_000 });
    await clock.advance(59_999);
    await expect(get(tokens, need())).rejects.toMatchObject({ code: 'TOKEN_REQUEST_PAUSED', retryAfterMs: 1 });
    expect(endpoint.requests).toBe(1);
    await clock.advance(1);
    await tokens.get(need());

    expect(endpoint.requests).toBe(2);
  });

  it('waits 1 to 30 s after a 429 that does not say how long (F21)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ random: () => 0.5 });
    endpoint.failures.push(tooMany(undefined));

    const waiting = tokens.get(need(60_000));
    await clock.advance(15_499);
    expect(endpoint.requests).toBe(1);
    await clock.advance(1);

    expect((await waiting).fingerprint).toBe('token-2');
  });

  it.each([
    ['nobody answers', NO_ANSWER],
    ['the client is refused', REFUSED],
    ['it is throttled', tooMany(undefined)],
  ])('sends at most six requests a minute while %s, whatever the calls (G6)', async (_, failure) => {
    const { tokens, endpoint, need, clock } = setUp({ random: () => 0 });
    endpoint.always = failure;

    for (let second = 0; second < 600; second += 1) {
      await Promise.all([get(tokens, need(500)).catch(() => {}), clock.advance(1_000)]);
    }

    expect(endpoint.requests).toBeGreaterThan(20);
    expect(endpoint.requests).toBeLessThanOrEqual(60);
  });

  it('pauses for 10 s after a renewal that failed in its one attempt, and keeps its wish for longer', async () => {
    const { tokens, endpoint, need, clock } = setUp({ lifetimeMs: 60_000 });
    await tokens.get(need());
    await clock.advance(50_000);
    endpoint.failures.push(NO_ANSWER, tooMany(15_000));
    const renewing = async () => {
      tokens.get(need(1_000));
      await tokens.settled();
      return endpoint.requests;
    };

    expect(await renewing()).toBe(2);
    await clock.advance(9_999);
    expect(await renewing()).toBe(2);
    await clock.advance(1);
    // The token has ended.
    await expect(get(tokens, need(1_000))).rejects.toMatchObject({ status: 429 });
    await clock.advance(14_999);
    await expect(get(tokens, need())).rejects.toMatchObject({ code: 'TOKEN_REQUEST_PAUSED' });
    await clock.advance(1);
    expect((await tokens.get(need())).fingerprint).toBe('token-4');
  });

  it('makes no pause for a request that failed because the container was frozen meanwhile (R55)', async () => {
    const { tokens, endpoint, need, clock } = setUp({ durationMs: 5_000 });
    await advancing(clock, tokens.get(need(10_000)));
    await clock.advance(HOUR_MS - 50_000);
    endpoint.failures.push(NO_ANSWER);
    tokens.get(need(1_000));

    clock.setWall(clock.now() + 600_000);
    await clock.advance(5_000);

    expect(endpoint.requests).toBe(2);
    expect((await advancing(clock, tokens.get(need(20_000)))).fingerprint).toBe('token-3');
  });

  it('goes on after a pause when the clock was put back meanwhile', async () => {
    const { tokens, endpoint, need, clock } = setUp();
    endpoint.failures.push(REFUSED);
    await expect(get(tokens, need())).rejects.toBe(REFUSED);

    clock.setWall(clock.now() - HOUR_MS);
    await clock.advance(10_000);

    expect((await tokens.get(need())).fingerprint).toBe('token-2');
  });
});
