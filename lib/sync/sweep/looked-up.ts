import type { SiebelRecord } from '../../siebel/component.ts';
import { type Row, rowOf } from '../rows.ts';
import { hasChanged } from '../seen-records.ts';
import type { SetEntry } from './set-entries.ts';
import type { Work } from './work.ts';

/** What is to be done about a record that was looked up. */
export type LookedUp =
  | { readonly kind: 'nothing'; readonly isNew?: undefined }
  | { readonly kind: 'tombstone'; readonly id: string; readonly atMs: number; readonly isNew?: undefined }
  /** `isNew`: it was not known. */
  | { readonly kind: 'found' | 'own' | 'quarantine'; readonly row: Row; readonly isNew: boolean };

const NOTHING = { kind: 'nothing' } as const;

/**
 * Decides about one suspicion.
 *
 * @param record What Siebel has under this Id; `undefined` for nothing.
 * @param bounds.comparedMs Bound of the live job when the sets were compared: what is newer, live runs hand over.
 * @param bounds.nowMs Its bound now.
 * @param bounds.againFromMs What is newer, live runs read again, so far as they look back.
 */
export function lookedUp(
  { name, job, versionOf }: Pick<Work, 'name' | 'job' | 'versionOf'>,
  { id, atMs, mark, version }: SetEntry,
  record: SiebelRecord | undefined,
  bounds: { readonly comparedMs: number; readonly nowMs: number; readonly againFromMs: number },
): LookedUp {
  if (!record) return mark === 'gone' ? { kind: 'tombstone', id, atMs } : NOTHING;

  const row = rowOf(name, job, record);
  if (mark !== 'unknown' && row.atMs === atMs) {
    // The sink has this version: it has moved away and come back.
    if (!hasChanged(version, versionOf?.(row.line))) return NOTHING;
    // Only live runs tell its versions in their order, as long as they read it again.
    if (row.atMs >= bounds.againFromMs) return NOTHING;
  }
  if (row.atMs > bounds.comparedMs) {
    // One that moves before every run can reach it is shown by sweeps alone.
    const isOutOfReach = mark === 'gone' && row.atMs > bounds.nowMs;
    if (!isOutOfReach) return NOTHING;
  }
  const isNew = mark === 'unknown';
  if (row.own) return { kind: 'own', row, isNew };
  return { kind: row.issues.length > 0 ? 'quarantine' : 'found', row, isNew };
}
