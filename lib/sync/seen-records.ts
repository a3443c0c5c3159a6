import { createHash } from 'node:crypto';
import type { SyncJob } from '../operations/index.ts';
import { hashOf } from './emitted-lines.ts';

/** A record that was handed over, or was left out knowingly. */
export interface SeenRecord {
  readonly id: string;
  /** Its cursor field. */
  readonly atMs: number;
  /** Its version within that second; absent for jobs whose sweep compares the cursor alone. */
  readonly version?: string | undefined;
}

/** One checkpoint of a run: no other has the same three. */
export interface SeenPlace {
  readonly window: string;
  readonly fence: number;
  /** From 1, within one run. */
  readonly sequence: number;
}

/**
 * Keeps what runs and windows hand over, so that a sweep knows it (implemented by `lib/sync/sweep`). Called before the sink
 * closes the chunk and the checkpoint moves: what is kept and then not handed over is the next run's. The other way round, a
 * sweep would take what was handed over for unknown.
 *
 * @throws ServiceUnavailableError `SINK_UNAVAILABLE`, ConfigurationError when the bucket refuses us.
 */
export interface SeenRecords {
  record(job: string, place: SeenPlace, rows: readonly SeenRecord[]): Promise<void>;
}

/** Tells the version of a record by its line. */
export type VersionOf = (line: string) => string;

/** Where one job's handovers are kept, and how. */
export interface SeenOfJob extends SeenRecords {
  readonly versionOf: VersionOf | undefined;
}

/** `undefined` for a job without a sweep. */
export function seenOf(job: SyncJob, seen: SeenRecords | undefined): SeenOfJob | undefined {
  if (!job.sweep || !seen) return undefined;
  return { record: (...what) => seen.record(...what), versionOf: versionOf(job) };
}

/** Letters of the declaration in a version. */
const DECLARATION_LETTERS = 4;

/**
 * How versions of a job's records are told apart, when its sweep compares records: four letters for the declaration of the
 * fields, then the hash of the line.
 */
export function versionOf({ read, sweep }: Pick<SyncJob, 'read' | 'sweep'>): VersionOf | undefined {
  if (sweep?.compare !== 'records') return undefined;
  const fields = Object.entries(read.fields).map(([name, { kind, json, optional }]) => [name, kind, json, optional]);
  const declaration = createHash('sha256')
    .update(JSON.stringify([read.read, fields]))
    .digest('base64url')
    .slice(0, DECLARATION_LETTERS);
  return (line) => declaration + Buffer.from(hashOf(line), 'latin1').toString('base64url');
}

/**
 * Whether a record has changed from one version to the other. Lines of two declarations always differ, and a record without
 * a version was not looked at: neither says that it has changed.
 */
export function hasChanged(from: string | undefined, to: string | undefined): boolean {
  if (from === undefined || to === undefined || from === to) return false;
  return from.slice(0, DECLARATION_LETTERS) === to.slice(0, DECLARATION_LETTERS);
}
