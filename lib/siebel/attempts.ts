import { type IntegrationError, NoResponseError, SiebelResponseError, UnknownOutcomeError } from '../errors.ts';
import type { HttpResponse } from '../http/exchange.ts';
import type { AccessToken } from '../oauth/access-token.ts';
import {
  authorizedExchange,
  type Cost,
  type ExchangeParts,
  leastAttemptMs,
  type Progress,
  type SiebelRequest,
} from './authorized-exchange.ts';
import type { CallOptions } from './call.ts';
import type { Circuit } from './circuit.ts';
import { isDefinite, isOutrun, isOwn, mayRepeat, showingOf } from './outcome.ts';

export type { SiebelRequest } from './authorized-exchange.ts';

/** Sends a request until it has a definite answer or may not be sent again, and gives what `read` makes of the answer. */
export type Attempts = <T>(
  request: SiebelRequest,
  options: CallOptions,
  read: (response: HttpResponse) => T,
) => Promise<T>;

/** Longest random pause before another attempt (R47). */
const MAX_PAUSE_MS = 100;
/** How often a write is sent again that others keep outrunning (R10). */
const MAX_REPEATS = 3;

/**
 * The one retry layer (R46, R47). Reads and repeatable writes are sent a second time when nobody answered, or what came
 * back says nothing about the call itself; an unrepeatable call only when not one byte of it had left, and otherwise ends
 * with `UnknownOutcomeError`. A write that Siebel refuses because the record has changed meanwhile goes up to three times
 * more: it sets values whatever they were (R10). Every repetition costs the budget, and none is made while the circuit is open.
 */
export function attempts({ circuit, ...parts }: ExchangeParts & { readonly circuit: Circuit }): Attempts {
  const { clock, tokens, budget, log } = parts;

  return async (request, options, read) => {
    const cost: Cost = { attempts: 0, siebelMs: 0, tokenMs: 0 };
    const progress: Progress = { atSiebel: false, answered: false };
    const exchange = authorizedExchange(parts, request, options, cost, progress);
    const attempt = async () => {
      const ended = circuit.enter();
      try {
        const { response, token } = await exchange();
        progress.answered = true;
        const result = readWith(tokens, token, () => read(response));
        ended('up');
        return result;
      } catch (error) {
        ended(showingOf(error, progress.atSiebel));
        throw error;
      }
    };
    const again = async (failure: unknown, repeat = 1): Promise<Awaited<ReturnType<typeof attempt>>> => {
      const delayMs = pauseMs(failure, clock.random());
      const may =
        mayBeSentAgain(request, failure, progress) &&
        circuit.closed &&
        clock.now() + delayMs + leastAttemptMs(request, parts) <= options.deadlineAtMs &&
        budget.tryTake();
      if (!may) throw withOutcome(request, failure, progress);
      log?.warn('SIEBEL_CALL_REPEATED', { code: failure.code, attempt: repeat, delayMs: Math.round(delayMs) });
      await clock.sleep(delayMs, options.signal).catch(() => Promise.reject(failure));
      progress.proven = isDefinite(failure, true);
      try {
        return await attempt();
      } catch (error) {
        if (isOutrun(error) && repeat < MAX_REPEATS) return again(error, repeat + 1);
        throw saysLess(request, failure, error, progress) ? failure : withOutcome(request, error, progress);
      }
    };

    try {
      const result = await attempt().catch((failure: unknown) => again(failure));
      budget.succeeded();
      return result;
    } finally {
      options.onCall?.(cost);
    }
  };
}

function readWith<T>(tokens: ExchangeParts['tokens'], token: AccessToken, read: () => T): T {
  try {
    const result = read();
    tokens.accepted(token);
    return result;
  } catch (error) {
    // A refusal with a code of Siebel's own shows that its session was opened with this token.
    if (error instanceof SiebelResponseError && error.siebelCodes.length > 0) tokens.accepted(token);
    throw error;
  }
}

/** Whether a repetition came to nothing, and what is to be told is the failure before it: that request may be executed. */
function saysLess({ kind }: SiebelRequest, before: unknown, error: unknown, { atSiebel, stopped }: Progress): boolean {
  const unsent = error instanceof NoResponseError && !error.sent;
  if (kind !== 'read' && !isDefinite(before, true)) return unsent || !atSiebel;
  return unsent && isOwn(error) && error.code !== 'ABORTED' && !stopped;
}

function mayBeSentAgain(
  { kind, settlesConflict }: SiebelRequest,
  error: unknown,
  { atSiebel }: Progress,
): error is IntegrationError {
  // The way to an access token has attempts of its own.
  if (!atSiebel) return false;
  if (settlesConflict && error instanceof SiebelResponseError && error.code === 'SIEBEL_CONFLICT') return true;
  const neverSent = error instanceof NoResponseError && !error.sent;
  return mayRepeat(error) && (kind !== 'unrepeatable' || neverSent);
}

/** Full jitter, or what Siebel has asked for when that is longer. */
function pauseMs(error: unknown, random: number): number {
  const asked =
    error instanceof NoResponseError || error instanceof SiebelResponseError ? error.retryAfterMs : undefined;
  return Math.max(random * MAX_PAUSE_MS, asked ?? 0);
}

function withOutcome({ kind }: SiebelRequest, error: unknown, { atSiebel, answered }: Progress): unknown {
  if (kind !== 'unrepeatable' || !atSiebel || isDefinite(error, answered)) return error;
  return new UnknownOutcomeError('Siebel may have executed this call: it must not be sent again unseen', {
    cause: error,
  });
}
