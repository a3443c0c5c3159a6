import { type InputIssue, IntegrationError, InvalidInputError } from '../lib/errors.ts';

/** Exit codes: 0 done, 1 found something wrong, 2 used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** Codes of the command line's own (docs/command-line.md); beside them stand those of `lib`. */
export const PROBLEM_CODES = [
  'USAGE',
  'SETTINGS',
  'NO_LOCAL_STACK',
  'UNREADABLE_FILE',
  'INVALID_INPUT',
  'CONFIRMATION_NEEDED',
  'NOT_CONFIRMED',
  'NO_SUCH_CALL',
  'NOT_ALL_SEEN',
  'AMBIGUOUS_KEY',
  'NOT_PARKED',
  'NOTHING_TO_RESOLVE',
  'MOVED_ON',
  'OUTCOME_UNKNOWN',
  'UNKNOWN_JOB',
  'NO_CONNECTION_PLANNED',
  'NOTHING_READ_YET',
  'AT_WORK',
  'NO_OBJECTS',
  'NOTHING_TO_CONFIRM',
  'FUNCTION_DENIED',
  'FUNCTION_AWAY',
  'RUN_FAILED',
  'NO_ANSWER',
  'INTERRUPTED',
  'BACKFILL_RUNNING',
  'NO_BACKFILL',
  'NOTHING_TO_BACKFILL',
  'LIVE_READS_ALL',
  'TOO_MANY_WINDOWS',
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** A command cannot do what it was asked to. The message says what to do about it. */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** Stable: programs go by it. */
  readonly code: ProblemCode;
  readonly exitCode: ExitCode;
  /** What is wrong with an input, each with its line where there are several. */
  readonly issues: readonly LocatedIssue[];
  /** Of a run that failed in its function. */
  readonly run: FailedRun | undefined;

  constructor(
    code: ProblemCode,
    message: string,
    {
      exitCode = 1,
      issues = [],
      run,
    }: { exitCode?: ExitCode; issues?: readonly LocatedIssue[]; run?: FailedRun | undefined } = {},
  ) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.issues = issues;
    this.run = run;
  }

  /** The same with more to say. */
  adding(words: string): Problem {
    const { code, message, exitCode, issues, run } = this;
    return new Problem(code, `${message}${words}`, { exitCode, issues, run });
  }
}

export interface LocatedIssue extends InputIssue {
  /** Line of the file, from 1. */
  readonly line?: number;
}

/** Why a run failed in its function. */
export interface FailedRun {
  /** The code that alarms and the history have; `null` when the function did not say it. */
  readonly code: string | null;
  /** Name of the error. */
  readonly error: string;
}

/** What is told of anything that was thrown. */
export interface Told {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly issues: readonly LocatedIssue[];
  readonly run?: FailedRun | undefined;
}

/** Names of errors that the SDK throws before it has asked AWS anything. */
const NO_ACCESS = /Credential|TokenProvider|SSO|Region is missing/;

/** Turns anything that was thrown into what an operator reads: a stable code, and what to do. */
export function toldOf(error: unknown): Told {
  if (error instanceof Problem) {
    const { exitCode, code, message, issues, run } = error;
    return { exitCode, code, message, issues, run };
  }
  if (!(error instanceof IntegrationError)) return { exitCode: 1, code: 'BUG', message: bugText(error), issues: [] };
  const issues = error instanceof InvalidInputError ? error.issues : [];
  return { exitCode: 1, code: error.code, message: `${error.message}${adviceFor(error)}`, issues };
}

function adviceFor(error: IntegrationError): string {
  const { cause } = error;
  if (cause instanceof Error && NO_ACCESS.test(`${cause.name} ${cause.message}`)) {
    return '; set AWS_REGION, and AWS_PROFILE or other credentials, as for any AWS command';
  }
  return error.failureClass === 'environment' ? '; try again later' : '';
}

function bugText(error: unknown): string {
  const place = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `a defect of this program; please report it:\n${place}`;
}
