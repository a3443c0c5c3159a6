import { PAYLOAD_LIMIT_BYTES } from './runtime-api.ts';
import type { FailedStart, Outcome } from './sandbox.ts';

/** An invocation that ended badly: what the caller gets, and what Lambda writes into the log. */
export interface Failure {
  readonly payload: { readonly errorType: string; readonly errorMessage: string };
  readonly logLines: readonly string[];
  readonly timedOut: boolean;
  /** Set when the sandbox failed rather than the handler. */
  readonly reportStatus?: string;
}

/** What Lambda makes of an outcome; nothing when the handler answered. */
export function failureOf(
  outcome: Outcome | FailedStart,
  { requestId, timeoutSeconds }: { requestId: string; timeoutSeconds: number },
): Failure | undefined {
  switch (outcome.kind) {
    case 'answered':
      if (outcome.body === 'too-large') return answerTooLarge();
      return outcome.failed ? { payload: JSON.parse(outcome.body), logLines: [], timedOut: false } : undefined;
    case 'refused':
      return { payload: JSON.parse(outcome.body), logLines: [], timedOut: false, reportStatus: 'error' };
    case 'timed-out': {
      const text = `Task timed out after ${timeoutSeconds.toFixed(2)} seconds`;
      return {
        payload: { errorType: 'Sandbox.Timedout', errorMessage: `RequestId: ${requestId} Error: ${text}` },
        logLines: [`${new Date().toISOString()} ${requestId} ${text}`],
        timedOut: true,
        reportStatus: 'timeout',
      };
    }
    case 'exited': {
      const errorMessage = `RequestId: ${requestId} Error: ${outcome.reason}`;
      return {
        payload: { errorType: 'Runtime.ExitError', errorMessage },
        logLines: [errorMessage, 'Runtime.ExitError'],
        timedOut: false,
        reportStatus: 'error\tError Type: Runtime.ExitError',
      };
    }
  }
}

function answerTooLarge(): Failure {
  const errorMessage = `Response payload size exceeded maximum allowed payload size (${PAYLOAD_LIMIT_BYTES} bytes).`;
  return {
    payload: { errorType: 'Function.ResponseSizeTooLarge', errorMessage },
    logLines: [errorMessage],
    timedOut: false,
  };
}

/** The line that ends each invocation in the log. */
export function reportLine(report: {
  readonly requestId: string;
  readonly durationMs: number;
  readonly memoryMb: number;
  readonly memoryUsedMb: number;
  readonly initMs: number | undefined;
  readonly failure: Failure | undefined;
}): string {
  const { requestId, durationMs, initMs = 0, memoryMb, memoryUsedMb, failure } = report;
  const parts = [
    `REPORT RequestId: ${requestId}`,
    `Duration: ${durationMs.toFixed(2)} ms`,
    `Billed Duration: ${Math.ceil(durationMs + initMs)} ms`,
    `Memory Size: ${memoryMb} MB`,
    `Max Memory Used: ${memoryUsedMb} MB`,
    ...(initMs > 0 ? [`Init Duration: ${initMs.toFixed(2)} ms`] : []),
    ...(failure?.reportStatus ? [`Status: ${failure.reportStatus}`] : []),
  ];
  return parts.join('\t');
}
