import * as z from 'zod/mini';
import { type InputIssue, InvalidInputError, invalidInput } from '../errors.ts';
import { isObject, pointerTo } from '../json.ts';
import type { SyncJob } from '../operations/index.ts';

const TICK = z.strictObject({ job: z.string(), sweep: z.optional(z.literal(true)) });

/**
 * Reads the input of a schedule: `{"job": "accounts"}`, with `"sweep": true` to begin a sweep. Whatever is not exactly that is refused, and never taken for "all".
 *
 * @throws InvalidInputError `INVALID_EVENT`, `MISSING_FIELD`, `UNKNOWN_FIELD`, `BAD_TYPE`, `UNKNOWN_JOB`, `NO_SWEEP`.
 */
export function parseTick(
  event: unknown,
  jobs: ReadonlyMap<string, SyncJob>,
): { readonly name: string; readonly job: SyncJob; readonly sweep: boolean } {
  if (!isObject(event))
    throw invalidInput('', 'INVALID_EVENT', 'the input of a schedule is an object: {"job": "<name>"}');
  const result = TICK.safeParse(event);
  if (!result.success) throw new InvalidInputError(issuesOf(result.error.issues, event));

  const { job: name, sweep = false } = result.data;
  const job = jobs.get(name);
  if (!job) throw invalidInput('/job', 'UNKNOWN_JOB', 'is not a sync job of this installation');
  if (sweep && !job.sweep) throw invalidInput('/sweep', 'NO_SWEEP', 'the job declares no sweep');
  return { name, job, sweep };
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
    if (issue.path[0] === 'sweep') return [{ pointer: '/sweep', code: 'BAD_TYPE', message: 'is not true' }];
    return Object.hasOwn(event, 'job')
      ? [{ pointer: '/job', code: 'BAD_TYPE', message: 'is not a text' }]
      : [{ pointer: '/job', code: 'MISSING_FIELD', message: 'is missing' }];
  });
  return [first ?? { pointer: '', code: 'INVALID_EVENT', message: 'is not {"job": "<name>"}' }, ...others];
}
