import type { SyncJob } from '../../lib/operations/index.ts';
import type { Run } from '../command.ts';
import { Problem } from '../problem.ts';

/**
 * The sync job of this name in `siebel.config.ts`.
 *
 * @throws Problem `UNKNOWN_JOB`, which names those that there are.
 */
export function jobNamed(run: Pick<Run, 'runtime'>, name: string): SyncJob {
  const { sync } = run.runtime.integration;
  const job = sync.get(name);
  if (job) return job;
  const names = [...sync.keys()];
  const there = names.length === 0 ? 'siebel.config.ts has none' : `there are: ${names.join(', ')}`;
  throw new Problem('UNKNOWN_JOB', `there is no sync job "${name}"; ${there}`);
}
