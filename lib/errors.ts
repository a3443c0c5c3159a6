import type {
  CallRejectionCode,
  ConfigurationCode,
  NoResponseCode,
  ServiceUnavailableCode,
  SiebelResponseCode,
  TlsCode,
  TokenRequestCode,
  UnusableResponseCode,
} from './error-codes.ts';

export type * from './error-codes.ts';

/**
 * What a failure means for the work that met it. The entry (queue, schedule, API, command line) decides by this word alone:
 *
 * - `message`: what was asked can never succeed as it is; it is refused, and a queue message is parked.
 * - `environment`: something around it failed; the same call may succeed later.
 * - `configuration`: our own settings, secret or permissions are wrong; work waits until a person mends them.
 * - `unknown-outcome`: a write that may have happened; it must not be sent again blindly.
 * - `bug`: a defect of this program.
 */
export type FailureClass = 'message' | 'environment' | 'configuration' | 'unknown-outcome' | 'bug';

/**
 * The one family of errors of this project. Messages never hold a secret, a token or an upstream body.
 *
 * `code` is stable: users filter, alarm and look things up by it (docs/errors.md).
 */
export abstract class IntegrationError extends Error {
  /** Stable, upper case: `CONNECT_FAILED`. */
  abstract readonly code: string;
  abstract readonly failureClass: FailureClass;
  /** Earliest sensible time for another try, in milliseconds from now, when whoever refused has said so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number | undefined } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.retryAfterMs = options.retryAfterMs;
  }

  /** The same call may succeed later: true for failures of the environment only. */
  get retryable(): boolean {
    return this.failureClass === 'environment';
  }
}

/** Nobody answered: the exchange ended before a whole response had arrived. */
export class NoResponseError extends IntegrationError {
  override readonly name = 'NoResponseError';
  readonly code: NoResponseCode;
  readonly failureClass = 'environment';
  /** False when it is certain that not one byte of the request had left; a write may then be sent again. */
  readonly sent: boolean;

  constructor(
    code: NoResponseCode,
    message: string,
    options: { sent: boolean; cause?: unknown; retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.code = code;
    this.sent = options.sent;
  }
}

/** The connection was refused by us because the other side could not prove who it is, or speaks too old a TLS. */
export class TlsError extends IntegrationError {
  override readonly name = 'TlsError';
  readonly code: TlsCode;
  readonly failureClass = 'configuration';

  constructor(code: TlsCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** Somebody answered, but with nothing that can be used: HTML, broken JSON, a body over the limit, a redirect. */
export class UnusableResponseError extends IntegrationError {
  override readonly name = 'UnusableResponseError';
  readonly code: UnusableResponseCode;
  readonly failureClass = 'environment';
  readonly status: number;

  constructor(code: UnusableResponseCode, message: string, options: { status: number; cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}

/** No access token could be had from the authorization server, or Siebel keeps refusing those that it issues. */
export class TokenRequestError extends IntegrationError {
  override readonly name = 'TokenRequestError';
  readonly code: TokenRequestCode;
  readonly failureClass: 'environment' | 'configuration';
  /** `error` member of the answer (RFC 6749 section 5.2), when it had one. */
  readonly oauthError: string | undefined;
  /** HTTP status of the answer, when there was one. */
  readonly status: number | undefined;

  constructor(
    code: TokenRequestCode,
    message: string,
    options: {
      failureClass?: 'environment' | 'configuration';
      oauthError?: string | undefined;
      status?: number | undefined;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    } = {},
  ) {
    super(message, options);
    this.code = code;
    this.failureClass = options.failureClass ?? 'environment';
    this.oauthError = options.oauthError;
    this.status = options.status;
  }

  /**
   * The authorization server does not accept the client, which a rotation of its secret mends soon: it said so, or said
   * 401 with whatever body, as identity domains do. True also in the pause after such an answer.
   */
  get clientRefused(): boolean {
    if (this.code === 'TOKEN_REQUEST_PAUSED')
      return this.cause instanceof TokenRequestError && this.cause.clientRefused;
    if (this.code !== 'TOKEN_REQUEST_REJECTED') return false;
    return this.oauthError === 'invalid_client' || (this.oauthError === undefined && this.status === 401);
  }
}

/**
 * Who spoke: Siebel itself, by one of its codes or an `ERROR`; the servlet container it runs in, by a page of its own; or
 * something in front of both. Unknown when the answer shows nothing of it.
 */
export type AnsweredBy = 'siebel' | 'servlet-container' | 'gateway' | 'unknown';

/** Siebel, or something in front of it, answered and said no. */
export class SiebelResponseError extends IntegrationError {
  override readonly name = 'SiebelResponseError';
  readonly code: SiebelResponseCode;
  readonly failureClass: FailureClass;
  readonly status: number;
  /** Every SBL code of the answer in order of appearance, each once: `['SBL-DAT-00498', 'SBL-EAI-04389']`. */
  readonly siebelCodes: readonly string[];
  readonly answeredBy: AnsweredBy;
  /** Siebel has said that it is not able to answer now, which has nothing to do with what was asked. */
  readonly passing: boolean;

  constructor(
    code: SiebelResponseCode,
    message: string,
    options: {
      failureClass: FailureClass;
      status: number;
      siebelCodes?: readonly string[];
      /** Default `siebel`. */
      answeredBy?: AnsweredBy;
      /** Default false. */
      passing?: boolean;
      retryAfterMs?: number | undefined;
      cause?: unknown;
    },
  ) {
    super(message, options);
    this.code = code;
    this.failureClass = options.failureClass;
    this.status = options.status;
    this.siebelCodes = options.siebelCodes ?? [];
    this.answeredBy = options.answeredBy ?? 'siebel';
    this.passing = options.passing ?? false;
  }
}

/**
 * A call that may not be repeated had left, and no definite answer came: whether Siebel has done it is not known.
 *
 * `cause` is what came instead. Not sent again before somebody has looked: the ledger, when there is a way to, else a person.
 */
export class UnknownOutcomeError extends IntegrationError {
  override readonly name = 'UnknownOutcomeError';
  readonly code = 'OUTCOME_UNKNOWN';
  readonly failureClass = 'unknown-outcome';
}

/** Another delivery of the same call is at work, here or in another container: come again when its lease is over. */
export class CallInProgressError extends IntegrationError {
  override readonly name = 'CallInProgressError';
  readonly code = 'IN_PROGRESS';
  readonly failureClass = 'environment';
}

/** The ledger refuses a call for good, by what it knows of its earlier attempts: a person has to look at it. */
export class CallRejectedError extends IntegrationError {
  override readonly name = 'CallRejectedError';
  readonly code: CallRejectionCode;
  readonly failureClass = 'message';

  constructor(code: CallRejectionCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** One thing wrong with an input. */
export interface InputIssue {
  /** JSON pointer into the input, `''` for the whole of it: `/input/Name`. */
  readonly pointer: string;
  /** Stable code of this one issue: `MISSING_FIELD`. */
  readonly code: string;
  /** What is wrong, without repeating the value. */
  readonly message: string;
}

/** The producer of a message, the caller of the API or the user of a command asked for something that is not valid. */
export class InvalidInputError extends IntegrationError {
  override readonly name = 'InvalidInputError';
  /** Code of the first issue. */
  readonly code: string;
  readonly failureClass = 'message';
  /** All that is wrong, never empty. */
  readonly issues: readonly [InputIssue, ...InputIssue[]];

  constructor(issues: readonly [InputIssue, ...InputIssue[]], options: { cause?: unknown } = {}) {
    super(issues.map(({ pointer, message }) => (pointer ? `${pointer}: ${message}` : message)).join('; '), options);
    this.code = issues[0].code;
    this.issues = issues;
  }
}

/** An InvalidInputError with one issue. */
export function invalidInput(pointer: string, code: string, message: string): InvalidInputError {
  return new InvalidInputError([{ pointer, code, message }]);
}

/** Our own settings, config file, secret or permissions are wrong; the message names everything that is. */
export class ConfigurationError extends IntegrationError {
  override readonly name = 'ConfigurationError';
  readonly code: ConfigurationCode;
  readonly failureClass = 'configuration';

  constructor(message: string, options: { code?: ConfigurationCode; cause?: unknown } = {}) {
    super(message, options);
    this.code = options.code ?? 'CONFIGURATION';
  }
}

/** An AWS service that this work needs did not do its part: throttled, failing or silent. */
export class ServiceUnavailableError extends IntegrationError {
  override readonly name = 'ServiceUnavailableError';
  readonly code: ServiceUnavailableCode;
  readonly failureClass = 'environment';

  constructor(code: ServiceUnavailableCode, message: string, options: { cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/**
 * The class of anything that was thrown. What is none of ours is a bug: never success, and never the message's fault.
 */
export function failureClassOf(error: unknown): FailureClass {
  return error instanceof IntegrationError ? error.failureClass : 'bug';
}

/** The name of anything that was thrown, for a log line: `TypeError`; of what is no error, its type. */
export function errorNameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}
