import type { Clock } from '../clock.ts';
import { NoResponseError, TokenRequestError } from '../errors.ts';
import type { HttpClient, HttpResponse } from '../http/exchange.ts';
import type { Log } from '../logger.ts';
import type { AccessToken, AccessTokenSource, TokenNeed } from '../oauth/access-token.ts';
import type { CallKind, CallOptions } from './call.ts';
import { leavesWorkBehind } from './outcome.ts';
import type { Pace } from './pace.ts';
import type { Permits } from './permits.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What one logical call sends, each time it is sent. */
export interface SiebelRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path and query, encoded. */
  readonly path: string;
  readonly body?: string | undefined;
  /** Whether it may be sent again when its outcome is unknown. */
  readonly kind: CallKind;
  /**
   * A conflict may pass: of two upserts that create the same record at one instant Siebel refuses the second, which finds
   * the record when it is sent again. One that stays is another key's. Default false.
   */
  readonly settlesConflict?: boolean;
}

/** What exchanges are made with. */
export interface ExchangeParts {
  readonly http: HttpClient;
  readonly tokens: AccessTokenSource;
  readonly clock: Clock;
  /** Pays for what is sent again. */
  readonly budget: RetryBudget;
  /** Default: as many as the pool of `http` has connections, none of them held after a time-out. */
  readonly permits?: Permits | undefined;
  /** Spreads requests over time. Default: they go as they come. */
  readonly pace?: Pace | undefined;
  /** Longest time of one exchange: a token need not outlive more. Default: up to the call's deadline. */
  readonly timeoutMs?: number | undefined;
  /** Headers of the site, checked. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly log?: Log | undefined;
}

/** Counts what one logical call costs. */
export interface Cost {
  attempts: number;
  siebelMs: number;
  tokenMs: number;
}

/** How far one logical call has come. */
export interface Progress {
  /** What fails now fails at Siebel, and not on the way to an access token. */
  atSiebel: boolean;
  /** Siebel has given an answer that is no 401. */
  answered: boolean;
  /** All that was sent so far was certainly not executed. Absent before anything is sent again. */
  proven?: boolean;
  /** What `beforeWrite` threw: the call ends with it. */
  stopped?: { readonly by: unknown };
}

/** Less time than this is not enough for an answer, and a request that is given up is at work in Siebel all the same. */
const LEAST_READ_MS = 500;
/** What a write does is then not known: a call that would get less is not begun either (R38). */
const LEAST_WRITE_MS = 3_000;
const BEARER = /^[\x21-\x7e]+$/;

/** Time that is left for an answer at least when a request leaves. */
export function leastAttemptMs(
  { kind }: SiebelRequest,
  { timeoutMs = LEAST_WRITE_MS }: Pick<ExchangeParts, 'timeoutMs'>,
): number {
  return kind === 'read' ? LEAST_READ_MS : Math.min(LEAST_WRITE_MS, timeoutMs);
}

/**
 * The exchanges of one logical call: each takes a token and a permit, and a write asks `beforeWrite` with both in hand, so
 * that nothing but the connection comes between its yes and the first byte. A 401 replaces the token it was sent with and the
 * request is replayed once in the life of the call (R29): Siebel has not executed it.
 */
export function authorizedExchange(
  parts: ExchangeParts,
  request: SiebelRequest,
  { deadlineAtMs, signal, beforeWrite }: CallOptions,
  cost: Cost,
  progress: Progress,
): () => Promise<{ readonly response: HttpResponse; readonly token: AccessToken }> {
  const { http, tokens, clock, budget, permits, pace, timeoutMs, headers: siteHeaders, log } = parts;
  const { method, path, body, kind } = request;
  let replayed = false;

  const leaveByMs = deadlineAtMs - leastAttemptMs(request, parts);
  const assertTime = () => {
    if (clock.now() >= deadlineAtMs || (kind !== 'read' && clock.now() > leaveByMs)) {
      throw new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left for a call to Siebel', { sent: false });
    }
  };

  const need: TokenNeed = { deadlineAtMs, useMs: timeoutMs, signal };
  const tokenFrom = async (source: () => AccessToken | Promise<AccessToken>): Promise<AccessToken> => {
    progress.atSiebel = false;
    const startedMs = clock.elapsed();
    try {
      return await source();
    } finally {
      cost.tokenMs += clock.elapsed() - startedMs;
    }
  };
  const ready = async () => {
    await pace?.take({ waitMs: leaveByMs - clock.now(), signal });
    assertTime();
    if (kind === 'read' || !beforeWrite) return;
    try {
      await beforeWrite(progress.proven ? 'after proof' : undefined);
    } catch (error) {
      progress.stopped = { by: error };
      throw error;
    }
  };
  const send = async (token: AccessToken): Promise<HttpResponse> => {
    const headers = headersWith(token, siteHeaders);
    const permit = await permits?.take({ waitMs: leaveByMs - clock.now(), signal });
    try {
      await ready();
    } catch (error) {
      permit?.release();
      throw error;
    }
    progress.atSiebel = true;
    cost.attempts += 1;
    const startedMs = clock.elapsed();
    permit?.sent();
    let end: unknown;
    try {
      const response = await http.request({ method, path, body, headers, deadlineAtMs, signal });
      end = response;
      return response;
    } catch (error) {
      end = error;
      throw error;
    } finally {
      const lastedMs = clock.elapsed() - startedMs;
      cost.siebelMs += lastedMs;
      if (leavesWorkBehind(end, lastedMs)) permit?.abandon();
      else permit?.release();
    }
  };

  return async () => {
    assertTime();
    const token = await tokenFrom(() => tokens.get(need));
    const response = await send(token);
    if (response.status !== 401) return { response, token };
    progress.proven ??= true;

    let willReplay = false;
    let newer = token;
    try {
      if (replayed) throw authLoop();
      replayed = true;
      newer = await tokenFrom(() => tokens.replace(token, need));
      // Tokens are renewed rarely, so that replays with a new one are few; the same one again is a repetition like others.
      willReplay = newer !== token || budget.tryTake();
    } finally {
      log?.warn('SIEBEL_TOKEN_REFUSED', { tokenFingerprint: token.fingerprint, willReplay });
    }
    if (!willReplay) throw authLoop();
    const second = await send(newer);
    if (second.status === 401) throw authLoop();
    return { response: second, token: newer };
  };
}

/** No call leaves without a token: Siebel may let it in as a guest and show other data (R53). */
function headersWith(
  token: AccessToken,
  siteHeaders: Readonly<Record<string, string>> | undefined,
): Record<string, string> {
  const value = token.value.reveal();
  if (!BEARER.test(value)) throw new Error('an access token without a usable value reached the request');
  return {
    ...siteHeaders,
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${value}`,
  };
}

function authLoop(): TokenRequestError {
  return new TokenRequestError(
    'AUTH_LOOP',
    'Siebel refuses every access token (401): check that the subject of the token is a user in Siebel and its directory, ' +
      "the trust token, and Siebel's own access to introspection",
    { status: 401 },
  );
}
