import { NoResponseError, TokenRequestError } from '../../lib/errors.ts';
import type { AccessToken } from '../../lib/oauth/access-token.ts';
import { type AccessTokenCacheOptions, cacheAccessToken } from '../../lib/oauth/access-token-cache.ts';
import { type FakeClock, fakeClock } from './fake-clock.ts';
import { accessToken } from './tokens.ts';

export const HOUR_MS = 3_600_000;
export const REFUSED = new TokenRequestError('TOKEN_REQUEST_REJECTED', 'no', {
  oauthError: 'invalid_client',
  status: 401,
});
export const NO_ANSWER = new NoResponseError('TIMED_OUT', 'nobody', { sent: true });

export interface Setup extends Partial<AccessTokenCacheOptions> {
  readonly durationMs?: number;
  readonly lifetimeMs?: number;
  readonly random?: () => number;
}

/** A token cache over an endpoint that is told how to fail; tokens are called token-1, token-2 … in order. */
export function setUp({ durationMs = 0, lifetimeMs = HOUR_MS, random = () => 0.5, ...options }: Setup = {}) {
  const clock = fakeClock({ random });
  const endpoint = {
    clock,
    requests: 0,
    failures: [] as Error[],
    always: undefined as Error | undefined,
  };
  const request = async (): Promise<AccessToken> => {
    endpoint.requests += 1;
    const token = accessToken(clock, { value: `token-${endpoint.requests}`, lifetimeMs });
    if (durationMs > 0) await clock.sleep(durationMs);
    const failure = endpoint.always ?? endpoint.failures.shift();
    if (failure) throw failure;
    return token;
  };
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  const tokens = cacheAccessToken(request, {
    clock,
    log: { info: () => {}, warn: (code) => lines.push(code), error: () => {}, with: () => neverLog() },
    metrics: {
      count: (name, value = 1) => {
        counts[name] = (counts[name] ?? 0) + value;
      },
      milliseconds: () => {},
      seconds: () => {},
      publish: () => {},
    },
    ...options,
  });
  const need = (withinMs = 5_000) => ({ deadlineAtMs: clock.now() + withinMs });
  return { tokens, endpoint, need, clock, lines, counts };
}

function neverLog(): never {
  throw new Error('not used');
}

/** What `tokens.get` gives, always as a promise. */
export async function get(
  tokens: ReturnType<typeof cacheAccessToken>,
  need: { deadlineAtMs: number },
): Promise<AccessToken> {
  return tokens.get(need);
}

/** Moves the clock until the promise is settled. */
export async function advancing<T>(clock: FakeClock, promise: T | Promise<T>): Promise<T> {
  const outcome = Promise.resolve(promise);
  let done = false;
  outcome
    .finally(() => {
      done = true;
    })
    .catch(() => {});
  for (let step = 0; step < 100 && !done; step += 1) await clock.advance(50);
  return outcome;
}

export function tooMany(retryAfterMs: number | undefined): TokenRequestError {
  return new TokenRequestError('TOKEN_REQUEST_REJECTED', 'too many', { status: 429, retryAfterMs });
}
