import {
  failureClassOf,
  type InputIssue,
  IntegrationError,
  InvalidInputError,
  type SiebelResponseCode,
  SiebelResponseError,
} from '../errors.ts';
import { numberCode } from './input.ts';
import { statusOfRefusal } from './refusal.ts';

/** A problem document (RFC 9457). Its `type` ends in the code, and never changes its meaning. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Id of the request, for whoever asks what happened to it. */
  readonly instance: string;
  readonly code: string;
  /** Where waiting helps. */
  readonly retryAfterSeconds?: number;
  /** Everything that is wrong with the request. */
  readonly issues?: readonly ProblemIssue[];
}

export type ProblemIssue = { readonly code: string; readonly message: string } & (
  | { readonly parameter: string }
  /** JSON pointer into the body. */
  | { readonly pointer: string }
);

type Kind = readonly [status: number, code: string, title: string, detail: string];

const TYPE = 'urn:siebel-integration:problem:';
const DEFAULT_RETRY_AFTER_SECONDS = 5;
const MAX_RETRY_AFTER_SECONDS = 900;
const BAD_REQUEST = 'The request is not valid';

/** Refusals of Siebel that are the caller's to mend. Its own texts may quote other people's data, and stay here. */
const SIEBEL_REFUSALS: Readonly<Partial<Record<SiebelResponseCode, Kind>>> = {
  NOT_FOUND: [404, 'NOT_FOUND', 'No such record', 'Siebel has no such record, or hides it.'],
  FORBIDDEN: [403, 'FORBIDDEN', 'Not permitted', 'Siebel does not permit this to the integration user.'],
  SIEBEL_CONFLICT: [409, 'SIEBEL_CONFLICT', 'Conflict', 'Siebel holds another record that this one collides with.'],
  SIEBEL_VALIDATION: [422, 'SIEBEL_VALIDATION', 'Refused by Siebel', 'Siebel refuses a value of the record.'],
  SIEBEL_BUSINESS: [422, 'SIEBEL_BUSINESS', 'Refused by Siebel', 'A business rule in Siebel refuses the record.'],
  TOO_LARGE: [413, 'TOO_LARGE', 'Too large', 'The request is larger than Siebel accepts.'],
};
const REFUSED: Kind = [422, 'SIEBEL_VALIDATION', 'Refused by Siebel', 'Siebel refuses the request.'];
const UNAVAILABLE: Kind = [
  503,
  'UPSTREAM_UNAVAILABLE',
  'Not available now',
  'Siebel, or something on the way to it, does not answer as it should. The same request may succeed later.',
];
const CONFIGURATION: Kind = [
  500,
  'CONFIGURATION',
  'Not set up correctly',
  'This service is not set up correctly. Its operators are told.',
];
const OUTCOME_UNKNOWN: Kind = [
  504,
  'OUTCOME_UNKNOWN',
  'Outcome unknown',
  'The change may have happened or not. Look before asking again.',
];
const INTERNAL: Kind = [500, 'INTERNAL', 'Internal error', 'This service has failed. Its operators are told.'];

/**
 * What the caller is told about a failure: the code, and what to do; never an upstream text, host, token or stack (R70).
 *
 * @param options.requestId Becomes `instance`.
 * @param options.inputFrom Where the operation's input came from, to name what is wrong as the caller knows it.
 */
export function problemOf(
  error: unknown,
  { requestId, inputFrom }: { readonly requestId: string; readonly inputFrom: 'parameters' | 'body' },
): Problem {
  if (error instanceof InvalidInputError) return refused(error, requestId, inputFrom);

  const [status, code, title, detail] = kindOf(error);
  const problem = { type: `${TYPE}${code}`, title, status, detail, instance: requestId, code };
  return status === 503 ? { ...problem, retryAfterSeconds: retryAfterSeconds(error) } : problem;
}

function kindOf(error: unknown): Kind {
  switch (failureClassOf(error)) {
    case 'message':
      return (error instanceof SiebelResponseError && SIEBEL_REFUSALS[error.code]) || REFUSED;
    case 'environment':
      return UNAVAILABLE;
    case 'configuration':
      return CONFIGURATION;
    case 'unknown-outcome':
      return OUTCOME_UNKNOWN;
    case 'bug':
      return INTERNAL;
  }
}

function refused({ issues }: InvalidInputError, requestId: string, inputFrom: 'parameters' | 'body'): Problem {
  const [first, ...others] = [
    issueOf(issues[0], inputFrom),
    ...issues.slice(1).map((issue) => issueOf(issue, inputFrom)),
  ];
  const { code } = first;
  return {
    type: `${TYPE}${code}`,
    title: BAD_REQUEST,
    status: statusOfRefusal(code),
    detail: others.length > 0 ? `${issues.length} things are wrong with the request.` : sentence(first),
    instance: requestId,
    code,
    issues: [first, ...others],
  };
}

/** An operation's pointers start at its input; the caller knows a body, and parameters by their names. */
function issueOf({ pointer, code, message }: InputIssue, inputFrom: 'parameters' | 'body'): ProblemIssue {
  if (pointer.startsWith('?')) return { parameter: pointer.slice(1), code, message };
  if (!pointer.startsWith('/input/')) return { pointer: pointer === '/input' ? '' : pointer, code, message };

  const inInput = pointer.slice('/input'.length);
  if (inputFrom === 'body') return { pointer: inInput, code, message };
  // Of a list in parameters, each value is one of the same name.
  const [token = ''] = inInput.slice(1).split('/');
  const parameter = token.replaceAll('~1', '/').replaceAll('~0', '~');
  return { parameter, code: code === 'BAD_NUMBER' ? numberCode(parameter) : code, message };
}

function sentence(issue: ProblemIssue): string {
  const place = 'parameter' in issue ? `parameter ${issue.parameter}` : issue.pointer;
  return place === '' ? `${issue.message}.` : `${place} ${issue.message}.`;
}

function retryAfterSeconds(error: unknown): number {
  const waitMs = error instanceof IntegrationError ? error.retryAfterMs : undefined;
  if (waitMs === undefined) return DEFAULT_RETRY_AFTER_SECONDS;
  return Math.min(Math.max(Math.ceil(waitMs / 1_000), 1), MAX_RETRY_AFTER_SECONDS);
}
