import type { IntegrationError } from '../errors.ts';

/**
 * Says that a write may leave, by ending well.
 *
 * @param again It only repeats what was certainly not executed.
 */
export type BeforeWrite = (again?: 'after proof') => Promise<void>;

/** Limits of one call to Siebel, handed down from the entry. */
export interface CallOptions {
  /** Instant by `Clock.now()` after which no answer is of use; the entry's own reserve is already taken off. */
  readonly deadlineAtMs: number;
  readonly signal?: AbortSignal | undefined;
  /**
   * Awaited right before a write leaves, each time it is sent, with token and permit in hand; never for reads. What it
   * throws ends the call with nothing sent, and is thrown as it is, unless the same write had left before and may be
   * executed: then that failure is thrown. This is where the ledger notes that a call is started.
   */
  readonly beforeWrite?: BeforeWrite | undefined;
  /** Told once per call when it has ended, for log lines and metrics. */
  readonly onCall?: ((report: CallReport) => void) | undefined;
}

/** What one logical call cost. */
export interface CallReport {
  /** HTTP exchanges with Siebel: 1, more with a replay after 401 or an inline retry; 0 when nothing was sent. */
  readonly attempts: number;
  /** Milliseconds waiting for Siebel, over all attempts. */
  readonly siebelMs: number;
  /** Milliseconds waiting for an access token. */
  readonly tokenMs: number;
}

/**
 * Whether a call may be sent again when its outcome is unknown:
 *
 * - `read`: changes nothing;
 * - `repeatable`: sets the same values once more, or deletes what is gone;
 * - `unrepeatable`: would insert again, or run a service again. When its outcome is unknown it fails with
 *   `UnknownOutcomeError` and is never sent a second time, except after proof that it was not executed.
 */
export type CallKind = 'read' | 'repeatable' | 'unrepeatable';

/** A method of the client, with its kind in its type; `kind` says so to the compiler alone and is never set. */
export interface SiebelCall<K extends CallKind, A extends readonly unknown[], R> {
  (...call: [...args: A, options: CallOptions]): Promise<R>;
  readonly kind?: K;
}

/**
 * What became of one row of a batch, in the order in which the rows were given. The Id is missing only below another
 * record, at releases before 17.
 */
export type RowResult = { readonly id: string | undefined } | { readonly error: IntegrationError };

/** A JSON object, as services and workflows take and give it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * By which members a customer's own service says inside a success that it failed: the values that mean success, by
 * member. `{ errorCode: ['', '0'], Status: ['OK'] }`: any other value is a failure, a member that is missing is none.
 */
export type FailureMembers = Readonly<Record<string, readonly string[]>>;

/** A call of a method of a business service. */
export interface ServiceCall {
  readonly service: string;
  readonly method: string;
  /** Input arguments, property sets and messages, without the `body` around them. */
  readonly input: JsonObject;
  /** Arguments that the service takes from the query string: `{ PrimaryRowId: '1-2AB' }`. */
  readonly parameters?: Readonly<Record<string, string>> | undefined;
  /** Sends `matchrequestformat=y`, without `body` around the input; the answer then keeps its `ListOf…` wrappers. */
  readonly matchRequestFormat?: boolean | undefined;
  /** Whether its owner says that a repeated call does no harm. There is no default. */
  readonly repeatable: boolean;
  /** Members of its output that report a failure, beside `ERROR` and `Error Code`. */
  readonly failure?: FailureMembers | undefined;
}

/** A run of a workflow process, Siebel 22.3 or newer. */
export interface WorkflowCall {
  readonly process: string;
  /** Process properties. */
  readonly input: JsonObject;
  /** Whether its owner says that a repeated run does no harm. There is no default. */
  readonly repeatable: boolean;
  /** Members of its output that report a failure, beside `ERROR` and `Error Code`. */
  readonly failure?: FailureMembers | undefined;
}

/** Which metadata is asked for: of a business component or one of its children, of a service, or a catalogue. */
export type DescribeTarget =
  | {
      readonly businessObject: string;
      readonly businessComponent: string;
      /** Child component, grandchild component. */
      readonly below?: readonly string[] | undefined;
    }
  | { readonly service: string; readonly method?: string | undefined }
  | {
      readonly catalogue: 'data' | 'service' | 'workflow';
      /** 1 to 100; default 100. */
      readonly pageSize?: number | undefined;
      /** Default 0. */
      readonly startRow?: number | undefined;
    };
