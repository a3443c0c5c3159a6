import type { Clock } from '../clock.ts';
import {
  type IntegrationError,
  NoResponseError,
  SiebelResponseError,
  TokenRequestError,
  UnusableResponseError,
} from '../errors.ts';
import type { HttpClient, HttpResponse } from '../http/exchange.ts';
import type { Log } from '../logger.ts';
import type { AccessToken, AccessTokenSource, TokenNeed } from '../oauth/access-token.ts';
import type { CallOptions } from './call.ts';
import type { RetryBudget } from './retry-budget.ts';

/** What one logical call sends, each time it is sent. */
export interface SiebelRequest {
  readonly method: 'GET' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly body?: string | undefined;
}

/** Sends a request until it has a definite answer or may not be sent again, and gives what `read` makes of the answer. */
export type Attempts = <T>(
  request: SiebelRequest,
  options: CallOptions,
  read: (response: HttpResponse, attempt: number) => T,
) => Promise<T>;

const MAX_ATTEMPTS = 2;
/** Longest random pause before the second attempt (R47). */
const MAX_PAUSE_MS = 100;
/** Less time than this is not enough for another answer. */
const LEAST_ATTEMPT_MS = 500;
const BEARER = /^[\x21-\x7e]+$/;

/**
 * The one retry layer (R46, R47): every call here is a read or a repeatable write, so that it is sent a second time when
 * nobody answered, or what came back says nothing about the call itself. Beside that, a 401 replaces the token it was
 * sent with and is replayed once in the life of the call (R29).
 */
export function attempts(parts: {
  readonly http: HttpClient;
  readonly tokens: AccessTokenSource;
  readonly clock: Clock;
  readonly budget: RetryBudget;
  /** Longest time of one exchange: a token need not outlive more. Default: up to the call's deadline. */
  readonly timeoutMs?: number | undefined;
  readonly log?: Log | undefined;
}): Attempts {
  const { http, tokens, clock, budget, timeoutMs, log } = parts;

  return async (request, options, read) => {
    const { deadlineAtMs, signal } = options;
    const cost = { attempts: 0, siebelMs: 0, tokenMs: 0 };
    let replayed = false;

    const timed = async <R>(kind: 'siebelMs' | 'tokenMs', work: () => R | Promise<R>): Promise<R> => {
      const startedMs = clock.elapsed();
      try {
        return await work();
      } finally {
        cost[kind] += clock.elapsed() - startedMs;
      }
    };
    const need: TokenNeed = { deadlineAtMs, useMs: timeoutMs, signal };
    const send = (token: AccessToken) => {
      const headers = headersWith(token);
      cost.attempts += 1;
      return timed('siebelMs', () => http.request({ ...request, headers, deadlineAtMs, signal }));
    };
    const exchange = async (): Promise<{ response: HttpResponse; token: AccessToken }> => {
      if (clock.now() >= deadlineAtMs) {
        throw new NoResponseError('DEADLINE_TOO_CLOSE', 'no time is left for a call to Siebel', { sent: false });
      }
      const token = await timed('tokenMs', () => tokens.get(need));
      const response = await send(token);
      if (response.status !== 401) return { response, token };

      log?.warn('SIEBEL_TOKEN_REFUSED', { tokenFingerprint: token.fingerprint, willReplay: !replayed });
      if (replayed) throw authLoop();
      replayed = true;
      const newer = await timed('tokenMs', () => tokens.replace(token, need));
      const second = await send(newer);
      if (second.status === 401) throw authLoop();
      return { response: second, token: newer };
    };
    const attempt = async <T>(number: number, reader: (response: HttpResponse, attempt: number) => T): Promise<T> => {
      const { response, token } = await exchange();
      try {
        const result = reader(response, number);
        tokens.accepted(token);
        return result;
      } catch (error) {
        // A refusal with a code of Siebel's own shows that its session was opened with this token.
        if (error instanceof SiebelResponseError && error.siebelCodes.length > 0) tokens.accepted(token);
        throw error;
      }
    };

    try {
      for (let number = 1; ; number += 1) {
        try {
          const result = await attempt(number, read);
          budget.succeeded();
          return result;
        } catch (error) {
          if (number >= MAX_ATTEMPTS || !mayRepeat(error)) throw error;
          const delayMs = Math.max(clock.random() * MAX_PAUSE_MS, error.retryAfterMs ?? 0);
          if (clock.now() + delayMs + LEAST_ATTEMPT_MS > deadlineAtMs || !budget.tryTake()) throw error;

          log?.warn('SIEBEL_CALL_REPEATED', { code: error.code, attempt: number, delayMs: Math.round(delayMs) });
          await paused(clock, delayMs, signal, error);
        }
      }
    } finally {
      options.onCall?.(cost);
    }
  };
}

/** No call leaves without a token: Siebel may let it in as a guest and show other data (R53). */
function headersWith(token: AccessToken): Record<string, string> {
  const value = token.value.reveal();
  if (!BEARER.test(value)) throw new Error('an access token without a usable value reached the request');
  return { accept: 'application/json', 'content-type': 'application/json', authorization: `Bearer ${value}` };
}

function mayRepeat(error: unknown): error is IntegrationError {
  if (error instanceof NoResponseError) return error.code !== 'DEADLINE_TOO_CLOSE' && error.code !== 'ABORTED';
  if (error instanceof UnusableResponseError) return error.code !== 'REDIRECTED';
  if (!(error instanceof SiebelResponseError) || error.failureClass !== 'environment') return false;
  // 429 asks for patience; any other 4xx without a code of Siebel's would be refused again.
  return error.status !== 429 && (error.status < 400 || error.status === 408 || error.status >= 500 || settles(error));
}

function settles({ code, siebelCodes }: SiebelResponseError): boolean {
  return code === 'SIEBEL_CONFLICT' || siebelCodes.length > 0;
}

async function paused(clock: Clock, delayMs: number, signal: AbortSignal | undefined, error: IntegrationError) {
  try {
    await clock.sleep(delayMs, signal);
  } catch {
    throw error;
  }
}

function authLoop(): TokenRequestError {
  return new TokenRequestError(
    'AUTH_LOOP',
    'Siebel refuses every access token (401): check that the subject of the token is a user in Siebel and its directory, ' +
      "the trust token, and Siebel's own access to introspection",
    { status: 401 },
  );
}
