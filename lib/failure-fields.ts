import {
  CallRejectedError,
  errorNameOf,
  type FailureClass,
  failureClassOf,
  IntegrationError,
  SiebelResponseError,
  UnknownOutcomeError,
  UnusableResponseError,
} from './errors.ts';
import type { LogFields, Metrics } from './logger.ts';

const MAX_STACK_LENGTH = 1_000;

/**
 * What a log line tells of a failure. Of an error that is none of ours it holds the name and where it was thrown, as its
 * text may quote anything.
 */
export function failureFields(error: unknown): LogFields {
  if (error === undefined) return {};
  const failureClass = failureClassOf(error);
  if (error instanceof IntegrationError) {
    const { code, message: detail } = error;
    return { class: failureClass, code, detail, ...causeFields(error), ...answerFields(error) };
  }
  const stack = error instanceof Error ? { stack: placesOf(error) } : {};
  return { class: failureClass, code: 'BUG', errorName: errorNameOf(error), ...stack };
}

/**
 * Counts a failure that a person must mend: `failure.configuration` and `failure.bug` ring alarms (infra/alarms.yml).
 *
 * To be called where such a failure is logged as an error. Other classes are not counted.
 */
export function countFailure(failureClass: FailureClass, metrics: Pick<Metrics, 'count'>): void {
  if (failureClass === 'configuration') metrics.count('failure.configuration');
  if (failureClass === 'bug') metrics.count('failure.bug');
}

/** What came in the place of an answer; or, of a call that has met too many bugs, where the last one was thrown. */
function causeFields(error: IntegrationError): LogFields {
  const isRejection = error instanceof CallRejectedError;
  if (!isRejection && !(error instanceof UnknownOutcomeError)) return {};
  const cause = firstCauseOf(error);
  if (cause instanceof IntegrationError) return { causeCode: cause.code, ...answerFields(cause) };
  return isRejection && cause instanceof Error ? { errorName: errorNameOf(cause), stack: placesOf(cause) } : {};
}

/** Below all that says no more than that the outcome is unknown, or that this ends the call. */
function firstCauseOf({ cause }: Error): unknown {
  return cause instanceof UnknownOutcomeError || cause instanceof CallRejectedError ? firstCauseOf(cause) : cause;
}

function answerFields(error: IntegrationError): LogFields {
  if (error instanceof UnusableResponseError) return { siebelStatus: error.status };
  if (!(error instanceof SiebelResponseError)) return {};
  const { status: siebelStatus, siebelCodes, answeredBy } = error;
  return { siebelStatus, siebelCodes, answeredBy };
}

function placesOf({ stack = '' }: Error): string {
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return places
    .map((line) => line.trim())
    .join('; ')
    .slice(0, MAX_STACK_LENGTH);
}
