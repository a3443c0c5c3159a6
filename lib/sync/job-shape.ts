import { ConfigurationError } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';

/** What the places of a checkpoint belong to: of another component, or in another field, they mean nothing. */
export interface JobShape {
  /** `Account/Account` */
  readonly component: string;
  readonly cursor: string;
}

export function shapeOf({ read, cursor }: Pick<SyncJob, 'read' | 'cursor'>): JobShape {
  return { component: read.name, cursor };
}

/**
 * Refuses to go on with what was stored of a job that was another one: it would skip what lies before those places.
 *
 * @param stored Absent: nobody knows.
 * @param toBeginAnew What a person can do about it.
 * @throws ConfigurationError `SYNC_JOB_CHANGED`
 */
export function refuseAnother(
  name: string,
  job: Pick<SyncJob, 'read' | 'cursor'>,
  stored: JobShape | undefined,
  toBeginAnew: string,
): void {
  if (!stored) return;
  const now = shapeOf(job);
  const changes = [
    ...(stored.component === now.component ? [] : [`the component was ${stored.component} and is ${now.component}`]),
    ...(stored.cursor === now.cursor ? [] : [`the cursor field was ${stored.cursor} and is ${now.cursor}`]),
  ];
  if (changes.length === 0) return;
  throw new ConfigurationError(
    `sync job "${name}" is not the one that was read so far: ${changes.join(', ')}; put that back, or begin anew: ${toBeginAnew}`,
    { code: 'SYNC_JOB_CHANGED' },
  );
}
