import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { tokenLifetime } from '../../../lib/oauth/token-lifetime.ts';

const NOW_MS = 1_700_000_000_000;
const OPAQUE = 'opaque-token';

describe('tokenLifetime', () => {
  it.each([
    [3_600, 3_600_000],
    ['3600', 3_600_000],
    [1, 1_000],
    [86_400, 86_400_000],
    [86_401, 86_400_000],
    [1e300, 86_400_000],
    ['9999999999', 86_400_000],
  ])('takes %j for its seconds, up to a day', (expiresIn, lifetimeMs) => {
    expect(tokenLifetime(expiresIn, { token: OPAQUE, nowMs: NOW_MS })).toEqual({ lifetimeMs, warnings: [] });
  });

  it('takes 300 s when it is missing, and says so (F28)', () => {
    const { lifetimeMs, warnings } = tokenLifetime(undefined, { token: OPAQUE, nowMs: NOW_MS });

    expect(lifetimeMs).toBe(300_000);
    expect(warnings).toHaveLength(1);
  });

  it.each([
    0,
    -1,
    0.5,
    3_599.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    '',
    '0',
    ' 3600',
    '3600s',
    '-1',
    '1e3',
    '12345678901',
    null,
    true,
    [3_600],
    { seconds: 1 },
  ])('takes 5 s for %j, and says so (F29, F30)', (expiresIn) => {
    const { lifetimeMs, warnings } = tokenLifetime(expiresIn, { token: OPAQUE, nowMs: NOW_MS });

    expect(lifetimeMs).toBe(5_000);
    expect(warnings).toHaveLength(1);
  });

  it('ends with an earlier exp of the token (F32)', () => {
    const token = jwt({ exp: NOW_MS / 1_000 + 60 });

    expect(tokenLifetime(3_600, { token, nowMs: NOW_MS })).toEqual({ lifetimeMs: 60_000, warnings: [] });
  });

  it('ends with the exp of a token that lives a few seconds, which is rounded to a whole one', () => {
    const token = jwt({ exp: NOW_MS / 1_000 + 5 });

    expect(tokenLifetime(5, { token, nowMs: NOW_MS + 800 })).toEqual({ lifetimeMs: 4_200, warnings: [] });
  });

  it('is not made longer by a later exp', () => {
    const token = jwt({ exp: NOW_MS / 1_000 + 9_999 });

    expect(tokenLifetime(3_600, { token, nowMs: NOW_MS })).toEqual({ lifetimeMs: 3_600_000, warnings: [] });
  });

  it('is 5 s when exp has passed, as a clock may be wrong, and says so', () => {
    const { lifetimeMs, warnings } = tokenLifetime(3_600, { token: jwt({ exp: NOW_MS / 1_000 - 60 }), nowMs: NOW_MS });

    expect(lifetimeMs).toBe(5_000);
    expect(warnings).toHaveLength(1);
  });

  it.each([
    ['no JWT', OPAQUE],
    ['no JSON inside', 'e30.bm8ganNvbg.c2ln'],
    ['an array inside', jwt([1])],
    ['null inside', jwt(null)],
    ['exp as text', jwt({ exp: '1' })],
    ['no exp', jwt({})],
  ])('does not look into a token with %s', (_, token) => {
    expect(tokenLifetime(3_600, { token, nowMs: NOW_MS })).toEqual({ lifetimeMs: 3_600_000, warnings: [] });
  });

  it('is a whole number of milliseconds up to 24 h, whatever comes', () => {
    const anything = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.bigInt().map(String),
      fc.anything(),
      fc.constant(undefined),
    );
    fc.assert(
      fc.property(anything, fc.option(fc.integer()), (expiresIn, exp) => {
        const token = exp === null ? OPAQUE : jwt({ exp });
        const { lifetimeMs } = tokenLifetime(expiresIn, { token, nowMs: NOW_MS });
        expect(Number.isInteger(lifetimeMs)).toBe(true);
        expect(lifetimeMs).toBeGreaterThanOrEqual(1);
        expect(lifetimeMs).toBeLessThanOrEqual(86_400_000);
      }),
      { numRuns: 10_000 },
    );
  });
});

function jwt(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'RS256' })}.${part(claims)}.c2ln`;
}
