import type { Answer } from '../../faults/answer.ts';
import { answerError, json } from '../responses.ts';
import { plain, SiebelError } from '../siebel-error.ts';
import { isObject, type RunContext, type Values } from './definition.ts';
import { writtenValue } from './message.ts';

/** The members of a request; none of a request without a body. */
export function readJson(text: string): Values {
  if (text.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw plain(500, 'The request body is no JSON.');
  }
  if (!isObject(parsed)) throw plain(500, 'The request body is no JSON object.');
  return parsed;
}

/** Output arguments at the top; a message as `SiebelMessage` with its `ListOf…` sets, or as `items` without them. */
export function answerOutput(
  result: Values,
  { parameters, nextId, wrap }: Pick<RunContext, 'parameters' | 'nextId'> & { wrap: boolean },
): Answer {
  const members = Object.entries(result).map(([name, value]) => [
    name === 'SiebelMessage' && !wrap ? 'items' : name,
    writtenValue(value, { wrap, nextId }),
  ]);
  const body = Object.fromEntries(members);
  return json(200, parameters.isTrue('excludeEmptyFieldsInResponse') ? withoutEmpty(body) : body);
}

/** Services and processes have one status for what fails in them, but for a refused user and a wrong address. */
export function answerFailure(error: unknown): Answer {
  if (!(error instanceof SiebelError)) throw error;
  return answerError(OWN_STATUS.includes(error.status) ? error.status : 500, error.message);
}

const OWN_STATUS: readonly number[] = [403, 404, 405];

function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, member]) => member !== '');
  return Object.fromEntries(kept.map(([name, member]) => [name, withoutEmpty(member)]));
}
