import type { SyncJob } from '../../operations/index.ts';
import { type CountRange, rangeAt } from './count-ranges.ts';
import type { OutputBucket } from './output-bucket.ts';
import { type NamedObject, standing, versionsIn, type WrittenVersion } from './written-records.ts';

/**
 * Where versions lie, parted by their Ids, between the reading of the bucket and the counting: what is counted at a time is
 * one shelf.
 */
export interface Shelves {
  readonly count: number;
  /** Adds texts without line breaks. */
  put(shelf: number, texts: readonly string[]): Promise<void>;
  take(shelf: number): AsyncIterable<string>;
}

/** Versions held before they are put on their shelves. */
const MOST_HELD = 20_000;
const OBJECTS_AT_A_TIME = 4;

/** Reads every object onto the shelves; gives the number of versions. */
export async function shelve(
  objects: readonly NamedObject[],
  job: Pick<SyncJob, 'cursor'>,
  parts: {
    readonly bucket: OutputBucket;
    readonly shelves: Shelves;
    readonly onProgress: (words: string) => void;
    readonly signal?: AbortSignal | undefined;
    /** What is older is not counted. */
    readonly fromMs?: number | undefined;
  },
): Promise<number> {
  const { bucket, shelves, onProgress, signal, fromMs = Number.NEGATIVE_INFINITY } = parts;
  let held: string[][] = Array.from({ length: shelves.count }, () => []);
  let heldCount = 0;
  let lines = 0;
  let done = 0;
  const putAway = async () => {
    const full = held;
    held = Array.from({ length: shelves.count }, () => []);
    heldCount = 0;
    for (const [shelf, texts] of full.entries()) if (texts.length > 0) await shelves.put(shelf, texts);
  };
  // A sweep names no time for what is gone.
  const wanted = objects.filter(({ bySweep, toMs }) => bySweep || toMs >= fromMs);
  const queue = wanted.values();
  const worker = async () => {
    for (const object of queue) {
      signal?.throwIfAborted();
      for await (const version of versionsIn(bucket, object, job)) {
        held[shelfOf(version.id, shelves.count)]?.push(textOf(version));
        lines += 1;
        heldCount += 1;
        if (heldCount >= MOST_HELD) await putAway();
      }
      done += 1;
      onProgress(`${done} of ${wanted.length} objects read, ${lines.toLocaleString('en-US')} lines …`);
    }
  };
  await Promise.all(Array.from({ length: OBJECTS_AT_A_TIME }, worker));
  await putAway();
  return lines;
}

/** Records of one range in the bucket. */
export interface WrittenCount {
  /** Without all records that have changed meanwhile, and without those that had changed before the counts alone. */
  readonly least: number;
  readonly most: number;
  readonly quarantined: number;
}

/** Counts the records that stand, range by range. */
export async function written(
  shelves: Shelves,
  ranges: readonly CountRange[],
  changed: { readonly before: ReadonlySet<string>; readonly after: ReadonlySet<string> },
): Promise<readonly WrittenCount[]> {
  const counts = ranges.map(() => ({ least: 0, most: 0, quarantined: 0 }));
  for (let shelf = 0; shelf < shelves.count; shelf += 1) {
    const records = new Map<string, WrittenVersion[]>();
    for await (const text of shelves.take(shelf)) {
      const version = versionFrom(text);
      const versions = records.get(version.id);
      if (versions) versions.push(version);
      else records.set(version.id, [version]);
    }
    for (const [id, versions] of records) {
      const version = standing(versions);
      const count = version?.atMs === undefined ? undefined : counts[rangeAt(ranges, version.atMs) ?? -1];
      if (!version || !count || changed.before.has(id)) continue;
      count.most += 1;
      if (version.quarantined) count.quarantined += 1;
      if (!changed.after.has(id)) count.least += 1;
    }
  }
  return counts;
}

/** FNV-1a: spreads Ids, which differ in their last characters. */
function shelfOf(id: string, count: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < id.length; index += 1) {
    hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % count;
}

function textOf({ id, atMs, writtenAtMs, quarantined, byBackfill, fence, sequence }: WrittenVersion): string {
  return JSON.stringify([id, atMs ?? null, writtenAtMs, quarantined ? 1 : 0, byBackfill ? 1 : 0, fence, sequence]);
}

type Stored = [id: string, atMs: number | null, writtenAtMs: number, ...others: [number, number, number, number]];

function versionFrom(text: string): WrittenVersion {
  const [id, atMs, writtenAtMs, quarantined, byBackfill, fence, sequence] = JSON.parse(text) as Stored;
  return {
    ...{ id, atMs: atMs ?? undefined, writtenAtMs, fence, sequence },
    quarantined: quarantined === 1,
    byBackfill: byBackfill === 1,
  };
}
