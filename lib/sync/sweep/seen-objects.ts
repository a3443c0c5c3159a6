import type { Clock } from '../../clock.ts';
import { LIVE } from '../run-parts.ts';
import type { SeenPlace, SeenRecords } from '../seen-records.ts';
import { packed, type SetEntry, unpacked } from './set-entries.ts';
import { padded, type SetStore, unreadable } from './set-store.ts';

/** At the beginning of an object: how many entries follow. */
const COUNT_BYTES = 4;

/**
 * Keeps what is handed over as one object a chunk: `sets/<job>/seen/<instant>-<window>-<fence>-<sequence>`, the names of
 * which sort by time. A sweep finds them by that prefix: S3 lists all that was stored before the request, and a chunk is
 * taken down before the checkpoint that passes it is stored. So whoever reads the checkpoint first, then the list, misses
 * none.
 */
export function seenRecords({
  sets,
  clock,
}: {
  readonly sets: Pick<SetStore, 'put'>;
  readonly clock: Pick<Clock, 'now'>;
}): SeenRecords {
  return {
    record: (job, place, rows) =>
      takeDown(
        { sets, clock },
        job,
        place,
        place.window === LIVE ? rows : rows.map((row) => ({ ...row, mark: 'backfilled' })),
      ),
  };
}

/** Takes down a chunk, with tombstones among its records. Nothing for none. */
export async function takeDown(
  { sets, clock }: { readonly sets: Pick<SetStore, 'put'>; readonly clock: Pick<Clock, 'now'> },
  job: string,
  { window, fence, sequence }: SeenPlace,
  rows: readonly SetEntry[],
): Promise<void> {
  if (rows.length === 0) return;
  const count = Buffer.alloc(COUNT_BYTES);
  count.writeUInt32BE(rows.length);
  const entries = rows.map(({ id, atMs, mark, version }) => ({ id, atMs, mark, version }));
  const name = `${seenFrom(job, clock.now())}-${window}-${padded(fence, 10)}-${padded(sequence, 5)}`;
  await sets.put(name, Buffer.concat([count, await packed(entries)]));
}

/** What the names of all objects of a job have in common. */
export function seenPrefix(job: string): string {
  return `sets/${job}/seen/`;
}

/** The names of objects that were stored at this instant or later sort behind it. */
export function seenFrom(job: string, atMs: number): string {
  return `${seenPrefix(job)}${padded(Math.max(0, Math.floor(atMs)), 13)}`;
}

/** @throws ConfigurationError `SWEEP_SETS` */
export async function seenEntries(sets: Pick<SetStore, 'read'>, name: string): Promise<readonly SetEntry[]> {
  const body = await sets.read(name);
  try {
    return await unpacked(body.subarray(COUNT_BYTES), body.readUInt32BE());
  } catch (error) {
    throw unreadable(name, 'its content is not what was stored', error);
  }
}
