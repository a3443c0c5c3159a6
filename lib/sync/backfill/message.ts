import * as z from 'zod/mini';
import { type InputIssue, InvalidInputError, invalidInput } from '../../errors.ts';
import { isObject, JsonError, parseJson, pointerTo } from '../../json.ts';

/** What a message on the backfill queue says: that this window of this plan is to be read. */
export interface WindowMessage {
  readonly job: string;
  /** Id of the plan. */
  readonly backfill: string;
  readonly window: number;
}

const MEMBERS = ['job', 'backfill', 'window'] as const;
const MESSAGE = z.strictObject({
  job: z.string().check(z.minLength(1)),
  backfill: z.string().check(z.minLength(1)),
  window: z.int().check(z.gte(1)),
});

/** The body of a message: `{"job":"accounts","backfill":"20260301-k3f9x","window":7}`. */
export function windowMessage({ job, backfill, window }: WindowMessage): string {
  return JSON.stringify({ job, backfill, window });
}

/**
 * Reads the body of a message. Whatever is not exactly that is refused.
 *
 * @throws InvalidInputError with the codes of `parseJson`, `INVALID_MESSAGE`, `MISSING_FIELD`, `UNKNOWN_FIELD`, `BAD_TYPE`.
 */
export function parseWindowMessage(body: string): WindowMessage {
  const value = parsed(body);
  if (!isObject(value)) throw invalidInput('', 'INVALID_MESSAGE', 'is not {"job", "backfill", "window"}');
  const result = MESSAGE.safeParse(value);
  if (result.success) return result.data;

  const unknown = Object.keys(value)
    .filter((name) => !MEMBERS.some((member) => member === name))
    .map((name) => issue(name, 'UNKNOWN_FIELD', 'is not a member of this message'));
  const wrong = MEMBERS.flatMap((name) => {
    if (!Object.hasOwn(value, name)) return [issue(name, 'MISSING_FIELD', 'is missing')];
    const isGood = MESSAGE.shape[name].safeParse(value[name]).success;
    const wanted = name === 'window' ? 'is not a whole number from 1' : 'is not a text with something in it';
    return isGood ? [] : [issue(name, 'BAD_TYPE', wanted)];
  });
  const [first, ...others] = [...wrong, ...unknown.slice(0, MAX_UNKNOWN)];
  throw new InvalidInputError([first ?? issue('', 'INVALID_MESSAGE', 'cannot be read'), ...others]);
}

const MAX_UNKNOWN = 20;

function issue(name: string, code: string, message: string): InputIssue {
  return { pointer: name === '' ? '' : pointerTo([name]), code, message };
}

function parsed(body: string): unknown {
  try {
    return parseJson(body);
  } catch (error) {
    if (error instanceof JsonError) throw invalidInput(error.pointer, error.code, error.message);
    throw error;
  }
}
