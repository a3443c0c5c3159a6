import { InvalidInputError, invalidInput } from '../errors.ts';
import { isObject } from '../json.ts';
import type { CallEnd, CallMessage, Ledger, WriteKind } from '../ledger/ledger.ts';
import { canonicalHash } from '../ledger/payload-hash.ts';
import type { CallOptions } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import { reportedAsOne } from '../siebel/one-report.ts';
import { inputIssues } from './input-issues.ts';
import type { Integration } from './integration.ts';
import { markOf, naturalKeyIssues } from './look-up.ts';
import type { Operation } from './operation.ts';

/** A write under its producer's key, as a message asks for it. */
export interface KeyedRun {
  /** Of the operation. */
  readonly name: string;
  /** The producer's: names the call together with the operation (R04). */
  readonly key: string;
  readonly input: unknown;
  /** Default: that of `input`. */
  readonly payloadHash?: string | undefined;
  /** Instant by `Clock.now()` after which the call is not begun any more. Default: none. */
  readonly notAfterMs?: number | undefined;
  /** What brought it. */
  readonly message: CallMessage;
}

/** Runs operations by name: the one way from a trigger to Siebel. */
export interface OperationRunner {
  /**
   * Checks the input, then calls Siebel. `options.onCall` is told once, of all calls of the operation together.
   *
   * @returns What the operation answers.
   * @throws InvalidInputError `UNKNOWN_OPERATION`, or with everything wrong with the input; Siebel was not called.
   * @throws Whatever the Siebel client throws.
   */
  run(name: string, input: unknown, options: CallOptions): Promise<unknown>;
  /**
   * Runs a write so that it takes effect once, however often its message comes. `options.onCall` as for `run`, look-ups
   * included.
   *
   * @throws InvalidInputError as `run`, and `VALUE_NOT_QUERYABLE` for an insert that could not be found again (R73).
   * @throws Whatever `Ledger.run` throws.
   */
  runKeyed(run: KeyedRun, options: CallOptions): Promise<CallEnd>;
  /** Whether there is an operation of this name. */
  has(name: string): boolean;
}

/**
 * A runner for the operations of an integration.
 *
 * @param client Gives the Siebel client; asked at the first call that really goes to Siebel, so that bad input costs
 *   neither a connection nor a secret.
 * @param keyed For `runKeyed` alone: the ledger, and how long Siebel may work on an insert that was given up (R08).
 */
export function operationRunner(
  { operations, site }: Pick<Integration, 'operations' | 'site'>,
  client: () => SiebelClient,
  ...keyed: [] | [ledger: Ledger, options: { readonly settleMs: number }]
): OperationRunner {
  const [ledger, { settleMs } = { settleMs: 0 }] = keyed;
  const accept = (name: string, input: unknown): Operation => {
    const operation = operations.get(name);
    if (!operation) {
      throw invalidInput('/operation', 'UNKNOWN_OPERATION', 'is not an operation of this installation');
    }
    const issues = inputIssues(operation.input, input);
    if (issues) throw new InvalidInputError(issues);
    return operation;
  };

  const writeOf = ({ kind, lookUp }: Operation, input: unknown, mark: string, options: CallOptions): WriteKind => {
    if (kind === 'repeatable') return { kind };
    if (!lookUp) return { kind: 'unrepeatable' };
    return {
      kind: 'insert',
      lookUp: (hint) => lookUp.find(client(), input, { ...hint, mark }, site, options),
      settleMs,
      unique: lookUp.unique,
      looksFirst: lookUp.looksFirst,
    };
  };

  return {
    has: (name) => operations.has(name),
    async run(name, input, options) {
      const operation = accept(name, input);
      // An update reads before it writes: two calls to Siebel, which are one to whoever asked for the operation.
      return reportedAsOne(options, (within) => operation.call(client(), input, within));
    },
    async runKeyed({ name, key, input, payloadHash, notAfterMs, message }, options) {
      const operation = accept(name, input);
      if (!ledger || operation.kind === 'read' || 'answersRows' in operation) {
        throw new Error(`${name} is not run under a key here`);
      }
      const [first, ...others] = naturalKeyIssues(operation, input, site);
      if (first) throw new InvalidInputError([first, ...others]);

      const mark = markOf({ operation: name, key });
      return reportedAsOne(options, (within) =>
        ledger.run({
          name: { operation: name, key },
          payloadHash: payloadHash ?? canonicalHash(input),
          write: writeOf(operation, input, mark, within),
          message,
          deadlineAtMs: options.deadlineAtMs,
          notAfterMs,
          mayBePartial: operation.mayBePartial?.(input),
          send: async (beforeWrite) =>
            recordOf(await operation.call(client(), input, { ...within, beforeWrite, mark })),
        }),
      );
    },
  };
}

function recordOf(answer: unknown): { readonly recordId?: string } {
  const id = isObject(answer) && Object.hasOwn(answer, 'Id') ? answer['Id'] : undefined;
  return typeof id === 'string' ? { recordId: id } : {};
}
