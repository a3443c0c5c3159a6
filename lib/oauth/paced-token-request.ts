import type { Clock } from '../clock.ts';
import {
  failureClassOf,
  IntegrationError,
  NoResponseError,
  TokenRequestError,
  UnusableResponseError,
} from '../errors.ts';
import type { Metrics } from '../logger.ts';
import type { AccessToken } from './access-token.ts';

/** Asks for a token with up to two attempts, and not at all for a while after that has failed. */
export interface PacedTokenRequest {
  /**
   * @param neededUntilMs The latest deadline of those who wait, by `Clock.now()`; it may grow meanwhile.
   * @throws TokenRequestError `TOKEN_REQUEST_PAUSED`, at once, in the pause after a failure.
   */
  (neededUntilMs: () => number): Promise<AccessToken>;
  /** Milliseconds until the next request may be sent; 0 when it may be now. */
  pausedForMs(): number;
}

/** How many were made, and when the last began, by both clocks. */
interface Attempts {
  made: number;
  atMs: number;
  atElapsedMs: number;
}

interface Pause {
  readonly cause: unknown;
  readonly untilMs: number;
  readonly untilElapsedMs: number;
}

const PAUSE_PER_ATTEMPT_MS = 10_000;
const LEAST_WAIT_AFTER_429_MS = 1_000;
const MOST_WAIT_AFTER_429_MS = 30_000;
const MOST_WAIT_MS = 100;

/**
 * Makes a failing token endpoint, or one that refuses us, see at most six requests a minute of this container.
 *
 * Answers that a second attempt cannot mend (client refused, configuration, Secrets Manager away) get one attempt, and so
 * does a request that nobody waits for; others get two. The pause is 10 s for each, counted from the start of the last:
 * one that failed because the container was frozen leaves none. `Retry-After` is obeyed between the attempts if somebody
 * still waits by then, and else by the pause. In the pause everybody fails at once, with the class of the failure that
 * caused it.
 */
export function pacedTokenRequest(
  request: () => Promise<AccessToken>,
  { clock, metrics }: { clock: Clock; metrics?: Metrics | undefined },
): PacedTokenRequest {
  let pause: Pause | undefined;

  const pausedForMs = (): number =>
    pause ? Math.max(0, Math.min(pause.untilMs - clock.now(), pause.untilElapsedMs - clock.elapsed())) : 0;

  const pauseAfter = (cause: unknown, { made, atMs, atElapsedMs }: Attempts) => {
    const leastMs = PAUSE_PER_ATTEMPT_MS * made;
    const askedMs = retryAfterMsOf(cause) ?? 0;
    pause = {
      cause,
      untilMs: Math.max(atMs + leastMs, clock.now() + askedMs),
      untilElapsedMs: Math.max(atElapsedMs + leastMs, clock.elapsed() + askedMs),
    };
  };

  const attempt = async (attempts: Attempts): Promise<AccessToken> => {
    attempts.made += 1;
    attempts.atMs = clock.now();
    attempts.atElapsedMs = clock.elapsed();
    metrics?.count('token.fetch');
    const token = await request();
    // The container may have been frozen since the request was sent.
    if (token.expiresAtMs > clock.now() && token.expiresAtElapsedMs > clock.elapsed()) return token;
    throw new TokenRequestError('TOKEN_RESPONSE_UNUSABLE', 'access token had expired when it arrived');
  };

  const upToTwo = async (neededUntilMs: () => number, attempts: Attempts): Promise<AccessToken> => {
    try {
      return await attempt(attempts);
    } catch (error) {
      const waitMs = waitBeforeSecond(error, clock);
      if (!mayPassSoon(error) || clock.now() + waitMs >= neededUntilMs()) throw error;
      await clock.sleep(waitMs);
      return await attempt(attempts);
    }
  };

  const paced = async (neededUntilMs: () => number): Promise<AccessToken> => {
    const waitMs = pausedForMs();
    if (pause && waitMs > 0) throw pausedError(pause.cause, waitMs);
    const attempts: Attempts = { made: 0, atMs: 0, atElapsedMs: 0 };
    try {
      const token = await upToTwo(neededUntilMs, attempts);
      pause = undefined;
      return token;
    } catch (error) {
      metrics?.count('token.fail');
      pauseAfter(error, attempts);
      throw error;
    }
  };
  return Object.assign(paced, { pausedForMs });
}

/** Whether a second attempt right away may bring a token: nobody answered, or with nothing that can be used. */
function mayPassSoon(error: unknown): boolean {
  if (failureClassOf(error) !== 'environment') return false;
  if (error instanceof TokenRequestError) return !error.clientRefused;
  return error instanceof NoResponseError || error instanceof UnusableResponseError;
}

function waitBeforeSecond(error: unknown, clock: Clock): number {
  const retryAfterMs = retryAfterMsOf(error);
  if (retryAfterMs !== undefined) return retryAfterMs;
  if (error instanceof TokenRequestError && error.status === 429) {
    return LEAST_WAIT_AFTER_429_MS + clock.random() * (MOST_WAIT_AFTER_429_MS - LEAST_WAIT_AFTER_429_MS);
  }
  return clock.random() * MOST_WAIT_MS;
}

function retryAfterMsOf(error: unknown): number | undefined {
  return error instanceof IntegrationError ? error.retryAfterMs : undefined;
}

function pausedError(cause: unknown, waitMs: number): TokenRequestError {
  const { oauthError, status } = cause instanceof TokenRequestError ? cause : {};
  // The failure itself may have gone to a warm-up, which tells nobody.
  const because = cause instanceof IntegrationError ? `: ${cause.message}` : '';
  return new TokenRequestError(
    'TOKEN_REQUEST_PAUSED',
    `no access token: the next token request may be sent in ${Math.ceil(waitMs / 1_000)} s, as the last one failed${because}`,
    {
      failureClass: failureClassOf(cause) === 'configuration' ? 'configuration' : 'environment',
      oauthError,
      status,
      retryAfterMs: Math.ceil(waitMs),
      cause,
    },
  );
}
