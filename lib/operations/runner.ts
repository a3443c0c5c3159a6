import { InvalidInputError, invalidInput } from '../errors.ts';
import type { CallOptions } from '../siebel/call.ts';
import type { SiebelClient } from '../siebel/component.ts';
import { reportedAsOne } from '../siebel/one-report.ts';
import { inputIssues } from './input-issues.ts';
import type { Integration } from './integration.ts';
import type { Operation } from './operation.ts';

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
  /** Whether there is an operation of this name. */
  has(name: string): boolean;
}

/**
 * A runner for the operations of an integration.
 *
 * @param client Gives the Siebel client; asked at the first call that really goes to Siebel, so that bad input costs
 *   neither a connection nor a secret.
 */
export function operationRunner(integration: Integration, client: () => SiebelClient): OperationRunner {
  const { operations } = integration;

  const accept = (name: string, input: unknown): Operation => {
    const operation = operations.get(name);
    if (!operation) {
      throw invalidInput('/operation', 'UNKNOWN_OPERATION', 'is not an operation of this installation');
    }
    const issues = inputIssues(operation.input, input);
    if (issues) throw new InvalidInputError(issues);
    return operation;
  };

  return {
    has: (name) => operations.has(name),
    async run(name, input, options) {
      const operation = accept(name, input);
      // An update reads before it writes: two calls to Siebel, which are one to whoever asked for the operation.
      return reportedAsOne(options, (within) => operation.call(client(), input, within));
    },
  };
}
