import type { Clock } from '../clock.ts';
import { errorNameOf, NoResponseError, TokenRequestError } from '../errors.ts';
import type { Log, Metrics } from '../logger.ts';
import type { AccessToken, AccessTokenSource, TokenNeed } from './access-token.ts';
import { pacedTokenRequest } from './paced-token-request.ts';

export interface AccessTokenCacheOptions {
  readonly clock: Clock;
  /** Lifetime left at which a new token is asked for beside the call; at most a fifth of the lifetime. Default 60 000. */
  readonly refreshAheadMs?: number;
  /** A token that is younger, or was accepted less long ago, is not replaced after a 401. Default 30 000. */
  readonly trustMs?: number;
  /** Least time between two replacements after a 401; doubles each time that Siebel refuses what came. Default 10 000. */
  readonly replaceIntervalMs?: number;
  readonly log?: Log | undefined;
  readonly metrics?: Metrics | undefined;
}

/** Age below which a token is not renewed ahead, so that odd answers do not make us ask all the time (R26). */
const LEAST_AGE_MS = 5_000;
/** Pause before the same token is sent again: time for a hiccup in the introspection to pass. */
const REPLAY_PAUSE_MS = 1_000;
const MAX_REPLACE_INTERVAL_MS = 300_000;
/** How long a call waits for a token that outlives it, while there is one that may do. */
const PATIENCE_MS = 1_000;
/** Above it a timer fires at once. */
const MAX_TIMER_MS = 2_147_483_647;

/**
 * Keeps one access token for as long as the container lives.
 *
 * Callers that need a token at the same moment share one token request, and none of them can cancel it for the
 * others. Shortly before the end of its life a token is renewed beside the call, to be awaited by `settled()`; when
 * that fails, the token is used until it ends. A failed request is not kept as an answer, but the next one waits
 * (R21-R30, R55 in docs/reliability.md). Instants are compared and no timer is set for later, so a container may be
 * frozen at any point.
 *
 * @param request Asks the token endpoint once.
 * @see RFC 6749 section 4.4.3: this grant has no refresh token, so refreshing is asking again.
 */
export function cacheAccessToken(
  request: () => Promise<AccessToken>,
  {
    clock,
    refreshAheadMs = 60_000,
    trustMs = 30_000,
    replaceIntervalMs = 10_000,
    log,
    metrics,
  }: AccessTokenCacheOptions,
): AccessTokenSource {
  const paced = pacedTokenRequest(request, { clock, metrics });
  // Spreads the renewals of containers that have started together.
  const spread = 0.9 + 0.2 * clock.random();
  let current: AccessToken | undefined;
  let fetching: Promise<AccessToken> | undefined;
  /** The latest deadline among those who have no token: longer than that nobody needs an answer. */
  let neededUntilMs = 0;
  let acceptedAt: { readonly token: AccessToken; readonly elapsedMs: number } | undefined;
  /** The first refusal of a token that was trusted, until it is accepted again. */
  let refusedAt: { readonly token: AccessToken; readonly elapsedMs: number } | undefined;
  let replacedAtElapsedMs = Number.NEGATIVE_INFINITY;
  /** What the last replacement brought, until Siebel has taken or refused it. */
  let replacement: AccessToken | undefined;
  let intervalMs = replaceIntervalMs;

  const leftMs = (token: AccessToken) =>
    Math.min(token.expiresAtMs - clock.now(), token.expiresAtElapsedMs - clock.elapsed());
  const lifetimeMs = (token: AccessToken) => token.expiresAtMs - token.obtainedAtMs;
  const ageMs = (token: AccessToken) => lifetimeMs(token) - leftMs(token);

  /** Whether the call may be sent with it: it outlives the call, or no token that we get would (R25). */
  const isGoodFor = (token: AccessToken, { deadlineAtMs, useMs = Number.POSITIVE_INFINITY }: TokenNeed): boolean => {
    const neededMs = Math.min(deadlineAtMs - clock.now(), useMs);
    return leftMs(token) > 0 && (leftMs(token) > neededMs || lifetimeMs(token) <= neededMs);
  };
  const isDue = (token: AccessToken): boolean =>
    leftMs(token) <= Math.min(refreshAheadMs, 0.2 * lifetimeMs(token)) * spread && ageMs(token) >= LEAST_AGE_MS;

  /** @param untilMs How long an answer is worth waiting for; not at all while there is a token that may be used. */
  const fetchToken = (untilMs: number): Promise<AccessToken> => {
    neededUntilMs = Math.max(neededUntilMs, untilMs);
    fetching ??= paced(() => neededUntilMs)
      .then((token) => {
        current = token;
        return token;
      })
      .finally(() => {
        fetching = undefined;
        neededUntilMs = 0;
      });
    return fetching;
  };

  const fetchBeside = () => {
    if (fetching || paced.pausedForMs() > 0) return;
    fetchToken(0).catch((error: unknown) => {
      log?.warn('TOKEN_REFRESH_FAILED', { code: error instanceof TokenRequestError ? error.code : errorNameOf(error) });
    });
  };

  /**
   * Waits for the shared request, but not past the own deadline.
   *
   * @param patienceMs Given by whoever has another token to use.
   */
  const fetchWithin = async ({ deadlineAtMs, signal }: TokenNeed, patienceMs?: number): Promise<AccessToken> => {
    const leftToWaitMs = Math.min(deadlineAtMs - clock.now(), patienceMs ?? MAX_TIMER_MS);
    if (leftToWaitMs <= 0) throw noTokenInTime();
    if (signal?.aborted) throw givenUp();
    const arrived = new AbortController();
    const timeUp = clock.sleep(leftToWaitMs, signal ? AbortSignal.any([arrived.signal, signal]) : arrived.signal).then(
      () => {
        throw noTokenInTime();
      },
      () => {
        throw givenUp();
      },
    );
    try {
      return await Promise.race([fetchToken(patienceMs === undefined ? deadlineAtMs : 0), timeUp]);
    } finally {
      arrived.abort();
    }
  };

  /** A token that the call might outlive is better than none when no other can be had (R28). */
  const fetchOrKeep = async (need: TokenNeed): Promise<AccessToken> => {
    if (!current || leftMs(current) <= 0) return fetchWithin(need);
    try {
      return await fetchWithin(need, Math.min(PATIENCE_MS, leftMs(current)));
    } catch {
      if (current && leftMs(current) > 0 && clock.now() < need.deadlineAtMs) return current;
      return fetchWithin(need);
    }
  };

  /** A second refusal, after the pause, was no hiccup. */
  const isRefusedAgain = (token: AccessToken): boolean =>
    refusedAt?.token === token && clock.elapsed() - refusedAt.elapsedMs >= REPLAY_PAUSE_MS;

  const isTrusted = (token: AccessToken): boolean =>
    ageMs(token) < trustMs || (acceptedAt?.token === token && clock.elapsed() - acceptedAt.elapsedMs < trustMs);

  const authLoop = (retryAfterMs: number) =>
    new TokenRequestError(
      'AUTH_LOOP',
      'Siebel keeps refusing access tokens that the authorization server has just issued: check that Siebel can reach ' +
        'the introspection endpoint, and that the subject of the token is a Siebel user',
      { retryAfterMs },
    );

  return {
    get(need) {
      if (!current || !isGoodFor(current, need)) return fetchOrKeep(need);
      if (isDue(current)) fetchBeside();
      return current;
    },

    async replace(rejected, need) {
      // Discards by identity: a 401 that arrives late must not throw away a token already renewed.
      if (current !== rejected) return current && isGoodFor(current, need) ? current : fetchOrKeep(need);

      if (rejected === replacement) {
        replacement = undefined;
        intervalMs = Math.min(intervalMs * 2, MAX_REPLACE_INTERVAL_MS);
      }
      if (isTrusted(rejected) && !isRefusedAgain(rejected)) {
        if (refusedAt?.token !== rejected) refusedAt = { token: rejected, elapsedMs: clock.elapsed() };
        if (clock.now() + REPLAY_PAUSE_MS >= need.deadlineAtMs) throw authLoop(replaceIntervalMs);
        await clock.sleep(REPLAY_PAUSE_MS, need.signal).catch(() => {
          throw givenUp();
        });
        return current && isGoodFor(current, need) ? current : fetchOrKeep(need);
      }
      const pauseMs = intervalMs - (clock.elapsed() - replacedAtElapsedMs);
      if (pauseMs > 0) throw authLoop(pauseMs);

      replacedAtElapsedMs = clock.elapsed();
      current = undefined;
      metrics?.count('token.forced');
      replacement = await fetchWithin(need);
      return replacement;
    },

    accepted(token) {
      acceptedAt = { token, elapsedMs: clock.elapsed() };
      if (refusedAt?.token === token) refusedAt = undefined;
      intervalMs = replaceIntervalMs;
      if (token === replacement) replacement = undefined;
    },

    async settled() {
      while (fetching) await fetching.catch(() => {});
    },
  };
}

function givenUp(): NoResponseError {
  return new NoResponseError('ABORTED', 'the call was given up while it waited for an access token', { sent: false });
}

function noTokenInTime(): NoResponseError {
  return new NoResponseError('TIMED_OUT', "no access token came before the call's deadline", { sent: false });
}
