import {
  ConfigurationError,
  IntegrationError,
  NoResponseError,
  SiebelResponseError,
  TokenRequestError,
  UnusableResponseError,
} from '../errors.ts';
import { isObject } from '../json.ts';
import type { Showing } from './circuit.ts';
import type { SiebelCode } from './codes.ts';

/** No exchange took place, by our own choice: they say nothing of Siebel. */
const OWN_REFUSALS: readonly string[] = ['DEADLINE_TOO_CLOSE', 'NO_FREE_CONNECTION', 'CIRCUIT_OPEN', 'ABORTED'];
/** Answers whose content is at fault: Siebel works. */
const OWN_CONTENT: readonly string[] = ['UNEXPECTED_SHAPE', 'BAD_ENCODING', 'BODY_TOO_LARGE'];
/** Would come the same way again. */
const NOT_ASKED_AGAIN: readonly string[] = ['REDIRECTED', 'BODY_TOO_LARGE'];
/** Whoever says so would say it again. */
const NO_CONTENT = 204;
/** A gateway has given up, and Siebel works on; 502 is said as well by one that has reached nobody. */
const GATEWAY_TIMEOUT = 504;
/** A connection that was closed while it was idle fails at once. */
const LONG_MS = 1_000;
const CHANGED_SINCE_READ: SiebelCode = 'SBL-DAT-00523';
/** Asks for patience: the request was not executed, and is not sent again at once. */
const TOO_MANY_REQUESTS = 429;

/** Siebel has executed the call, and what it answered is not what `siebel.config.ts` declares. */
export class UndeclaredAnswerError extends ConfigurationError {}

/**
 * What a failed attempt shows of Siebel.
 *
 * @param atSiebel False when it failed on the way to an access token.
 */
export function showingOf(error: unknown, atSiebel: boolean): Showing {
  // Siebel refuses every token: to go on asking would only be more to refuse.
  if (error instanceof TokenRequestError) return error.code === 'AUTH_LOOP' ? 'down' : 'nothing';
  if (!atSiebel) return 'nothing';
  if (error instanceof NoResponseError) return isOwn(error) ? 'nothing' : 'down';
  if (error instanceof UnusableResponseError) return saysOfSiebel(error) ? 'down' : 'up';
  if (!(error instanceof SiebelResponseError)) return 'nothing';
  return error.failureClass === 'environment' && !isOutrun(error) ? 'down' : 'up';
}

/** Whether Siebel has refused a write because somebody else has changed the record since Siebel read it for this one. */
export function isOutrun(error: unknown): boolean {
  return error instanceof SiebelResponseError && error.passing && error.siebelCodes.includes(CHANGED_SINCE_READ);
}

/**
 * Whether an exchange leaves its request at work in Siebel, as nobody told it that we have gone, or that a gateway has.
 *
 * @param end The answer, or what was thrown.
 */
export function leavesWorkBehind(end: unknown, lastedMs: number): boolean {
  if (end instanceof NoResponseError) {
    const { code, sent } = end;
    return sent && (code === 'TIMED_OUT' || code === 'ABORTED' || (code === 'CONNECTION_LOST' && lastedMs >= LONG_MS));
  }
  return lastedMs >= LONG_MS && isObject(end) && end['status'] === GATEWAY_TIMEOUT;
}

/** Whether a read or a repeatable write may be sent again at once after this failure (R47). */
export function mayRepeat(error: unknown): error is IntegrationError {
  if (error instanceof NoResponseError) return !isOwn(error);
  if (error instanceof UnusableResponseError)
    return !NOT_ASKED_AGAIN.includes(error.code) && error.status !== NO_CONTENT;
  if (!(error instanceof SiebelResponseError) || error.failureClass !== 'environment') return false;
  // Any other 4xx without a code of Siebel's would be refused again.
  const { status } = error;
  return (
    status !== TOO_MANY_REQUESTS && (status < 400 || status === 408 || status >= 500 || error.siebelCodes.length > 0)
  );
}

/**
 * Whether this failure proves that the request was not executed, or is Siebel's own no: what is left is an unknown
 * outcome.
 *
 * @param answered Whether an answer had come; what fails then without being a failure of ours says nothing of the call.
 */
export function isDefinite(error: unknown, answered: boolean): boolean {
  if (error instanceof NoResponseError) return !error.sent;
  if (error instanceof UnusableResponseError || error instanceof UndeclaredAnswerError) return false;
  if (error instanceof SiebelResponseError) {
    return error.failureClass !== 'environment' || error.status === TOO_MANY_REQUESTS;
  }
  // The others of ours come before an exchange, or, as a refused token does, instead of its execution.
  return !answered || error instanceof IntegrationError;
}

/** Whether we have not gone on by our own choice. */
export function isOwn({ code }: NoResponseError): boolean {
  return OWN_REFUSALS.includes(code);
}

/** One record or one component that is odd is no outage, and must not take the others with it. */
function saysOfSiebel({ code }: UnusableResponseError): boolean {
  return !OWN_CONTENT.includes(code);
}
