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

  constructor(
    code: ProblemCode,
    message: string,
    { exitCode = 1, issues = [] }: { exitCode?: ExitCode; issues?: readonly LocatedIssue[] } = {},
  ) {
    super(message);
    this.code = code;
    this.exitCode = exitCode;
    this.issues = issues;
  }

  /** The same with more to say. */
  adding(words: string): Problem {
    const { code, message, exitCode, issues } = this;
    return new Problem(code, `${message}${words}`, { exitCode, issues });
  }
}

export interface LocatedIssue extends InputIssue {
  /** Line of the file, from 1. */
  readonly line?: number;
}

/** What is told of anything that was thrown. */
export interface Told {
  readonly exitCode: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly issues: readonly LocatedIssue[];
}

/** Names of errors that the SDK throws before it has asked AWS anything. */
const NO_ACCESS = /Credential|TokenProvider|SSO|Region is missing/;

/** Turns anything that was thrown into what an operator reads: a stable code, and what to do. */
export function toldOf(error: unknown): Told {
  if (error instanceof Problem) {
    const { exitCode, code, message, issues } = error;
    return { exitCode, code, message, issues };
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
