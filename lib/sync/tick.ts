import * as z from 'zod/mini';
import { type InputIssue, InvalidInputError, invalidInput } from '../errors.ts';
import { isObject, pointerTo } from '../json.ts';
import type { SyncJob } from '../operations/index.ts';

const TICK = z.strictObject({ job: z.string() });

/**
 * Reads the input of a schedule: `{"job": "accounts"}`. Whatever is not exactly that is refused, and never taken for "all".
 *
 * @throws InvalidInputError `INVALID_EVENT`, `MISSING_FIELD`, `UNKNOWN_FIELD`, `BAD_TYPE`, `UNKNOWN_JOB`.
 */
export function parseTick(
  event: unknown,
  jobs: ReadonlyMap<string, SyncJob>,
): { readonly name: string; readonly job: SyncJob } {
  if (!isObject(event))
    throw invalidInput('', 'INVALID_EVENT', 'the input of a schedule is an object: {"job": "<name>"}');
  const result = TICK.safeParse(event);
  if (!result.success) throw new InvalidInputError(issuesOf(result.error.issues, event));

  const name = result.data.job;
  const job = jobs.get(name);
  if (!job) throw invalidInput('/job', 'UNKNOWN_JOB', 'is not a sync job of this installation');
  return { name, job };
}

function issuesOf(issues: readonly z.core.$ZodIssue[], event: object): [InputIssue, ...InputIssue[]] {
  const [first, ...others] = issues.flatMap((issue): InputIssue[] => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, 20).map((key) => ({
        pointer: pointerTo([key]),
        code: 'UNKNOWN_FIELD',
        message: 'is not a member of the input of a schedule',
      }));
    }
    return Object.hasOwn(event, 'job')
      ? [{ pointer: '/job', code: 'BAD_TYPE', message: 'is not a text' }]
      : [{ pointer: '/job', code: 'MISSING_FIELD', message: 'is missing' }];
  });
  return [first ?? { pointer: '', code: 'INVALID_EVENT', message: 'is not {"job": "<name>"}' }, ...others];
}
