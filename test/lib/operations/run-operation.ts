import { InvalidInputError } from '../../../lib/errors.ts';
import { inputIssues } from '../../../lib/operations/input-issues.ts';
import type { Operation } from '../../../lib/operations/operation.ts';
import type { PageQuery } from '../../../lib/siebel/component.ts';
import { searchSpecification } from '../../../lib/siebel/search-specification.ts';
import { type ClientAnswers, recordingClient } from '../../support/recording-client.ts';

const OPTIONS = { deadlineAtMs: 1 };

/** Runs one operation as a runner does: input checked first. Calls come back without their options. */
export async function runOperation<I, O>(operation: Operation<I, O>, input: I, answers: ClientAnswers = {}) {
  const { client, calls } = recordingClient(answers);
  const issues = inputIssues(operation.input, input);
  if (issues) throw new InvalidInputError(issues);
  const answer = await operation.call(client, input, OPTIONS);
  return { answer, calls: calls.map((call) => call.slice(0, -1)) };
}

/** `CODE /pointer` of everything wrong with an input. */
export function problemsOf(operation: Pick<Operation, 'input'>, input: unknown): string[] {
  return (inputIssues(operation.input as never, input) ?? []).map(({ code, pointer }) => `${code} ${pointer}`);
}

/** The search specification that a query was given. */
export function searchOf(query: unknown): string | undefined {
  const { where } = query as PageQuery;
  return where && searchSpecification(where);
}
