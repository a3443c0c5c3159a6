import type * as z from 'zod/mini';
import type { InputIssue } from '../errors.ts';
import { pointerTo } from '../json.ts';

const MAX_ISSUES = 100;

/**
 * Everything that is wrong with an input, with stable codes and JSON pointers under `/input`; `undefined` when nothing
 * is. No message repeats a value.
 *
 * @param root Where the pointers begin.
 */
export function inputIssues(
  schema: z.ZodMiniType,
  input: unknown,
  root: readonly string[] = ['input'],
): readonly [InputIssue, ...InputIssue[]] | undefined {
  const result = schema.safeParse(input);
  if (result.success) return undefined;

  const issues = tellingIssues(result.error.issues);
  const [first, ...others] = issues.flatMap((issue) => translate(issue, input, root)).slice(0, MAX_ISSUES);
  return [first ?? { pointer: pointerTo(root), code: 'BAD_TYPE', message: 'is not valid' }, ...others];
}

/** Without what zod says of the length of a value that is of another type anyway. */
function tellingIssues(issues: readonly z.core.$ZodIssue[]): readonly z.core.$ZodIssue[] {
  const placeOf = ({ path }: z.core.$ZodIssue) => pointerTo([...path]);
  const ofOtherType = new Set(issues.filter(({ code }) => code === 'invalid_type').map(placeOf));
  return issues.filter((issue) => issue.code === 'invalid_type' || !ofOtherType.has(placeOf(issue)));
}

function translate(issue: z.core.$ZodIssue, input: unknown, root: readonly string[]): InputIssue[] {
  const at = (...more: PropertyKey[]) => pointerTo([...root, ...issue.path, ...more]);
  const one = (code: string, message: string) => [{ pointer: at(), code, message }];

  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        pointer: at(key),
        code: 'UNKNOWN_FIELD',
        message: 'is not a field of this operation',
      }));
    case 'invalid_type':
      return isMissing(issue.path, input)
        ? one('MISSING_FIELD', 'is missing')
        : one(...wrongType(issue.expected, typeof issue.path.reduce<unknown>(valueAt, input)));
    case 'too_big':
      if (issue.origin === 'array') return one('TOO_MANY_ITEMS', `has more than ${issue.maximum} items`);
      return issue.origin === 'string'
        ? one('TOO_LONG', `is longer than ${issue.maximum} characters`)
        : one('BAD_NUMBER', `is above ${issue.maximum}`);
    case 'too_small':
      return issue.origin === 'array'
        ? one('TOO_FEW_ITEMS', `has fewer than ${issue.minimum} items`)
        : one('BAD_NUMBER', `is below ${issue.minimum}`);
    case 'custom':
      return one(typeof issue.params?.['code'] === 'string' ? issue.params['code'] : 'BAD_TYPE', issue.message);
    default:
      return one('BAD_TYPE', 'is not of the declared form');
  }
}

function wrongType(expected: string, given: string): readonly [code: string, message: string] {
  if (expected === 'int') return [given === 'number' ? 'BAD_NUMBER' : 'BAD_TYPE', 'is not a whole number'];
  const hint = expected === 'string' && given === 'number' ? ': numbers are text here, "12.50"' : '';
  return ['BAD_TYPE', `is not of type ${expected}${hint}`];
}

function isMissing(path: readonly PropertyKey[], input: unknown): boolean {
  const holder = path.slice(0, -1).reduce<unknown>(valueAt, input);
  const name = path.at(-1);
  return name !== undefined && typeof holder === 'object' && holder !== null && !Object.hasOwn(holder, name);
}

function valueAt(holder: unknown, name: PropertyKey): unknown {
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, name)
    ? (holder as Record<PropertyKey, unknown>)[name]
    : undefined;
}
