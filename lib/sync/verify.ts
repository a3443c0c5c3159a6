import type { Clock } from '../clock.ts';
import { ConfigurationError } from '../errors.ts';
import type { SyncJob } from '../operations/index.ts';
import type { SiebelClient } from '../siebel/component.ts';
import {
  all,
  type Condition,
  conditions,
  type EqualityConditions,
  type OrderConditions,
} from '../siebel/search-specification.ts';
import { isoOf } from './position.ts';
import { type CountRange, rangesOf } from './verify/count-ranges.ts';
import type { OutputBucket } from './verify/output-bucket.ts';
import { type Shelves, shelve, written } from './verify/shelves.ts';
import { namedObjects } from './verify/written-records.ts';

/** Both sides of one range of time. */
export interface ComparedRange extends CountRange {
  /** Records at Siebel. */
  readonly siebel: number;
  /** Records that stand in the bucket, deleted ones left out. */
  readonly bucket: number;
  /** Of those, kept apart because they are not as their declaration says. */
  readonly quarantined: number;
  /** How many more Siebel has than the bucket, less than 0 for fewer; 0 also when changes meanwhile account for it. */
  readonly difference: number;
}

/** What a comparison has found. */
export interface VerifyReport {
  readonly ranges: readonly ComparedRange[];
  /** Records that have changed since the bound, and are left out on both sides: the next run hands them over. */
  readonly changedSince: number;
  readonly manifests: number;
  readonly objects: number;
  /** Lines read, every version of a record. */
  readonly lines: number;
}

export interface VerifyParts {
  readonly siebel: Pick<SiebelClient, 'count' | 'pages'>;
  readonly bucket: OutputBucket;
  readonly shelves: Shelves;
  readonly clock: Pick<Clock, 'now'>;
  /** Told where the comparison stands. */
  readonly onProgress?: (words: string) => void;
  /** Ends the comparison between two of its steps. */
  readonly signal?: AbortSignal;
  /** Longest time of one call to Siebel with its second attempt. Default 45 000. */
  readonly callTimeoutMs?: number;
}

/** What is compared; instants in whole seconds, both included. */
export interface VerifyWhat {
  readonly fromMs?: number | undefined;
  /** The bound up to which the job has read everything, or earlier. */
  readonly toMs: number;
  readonly ranges: number;
}

/** Ids of records that have changed meanwhile are held in memory. */
const MOST_CHANGED = 500_000;
const MOST_READING_MS = 3_600_000;

/**
 * Compares how many records of a job there are at Siebel and in the bucket, range by range of the cursor field.
 *
 * Siebel goes on meanwhile, and keeps no history: a record that changes leaves its range. So the Ids of those that have
 * changed since the bound are read before the counts and after them, and the bucket is counted without them; of what changed
 * between, either count is right.
 *
 * The bucket is read once, every version of every record; what of it is held in memory at a time is a part of the Ids.
 *
 * @param folder Where the output of the job lies: `<prefix>/<job>`.
 * @throws ConfigurationError for what no run has written, or when more has changed than can be left out.
 * @throws Whatever Siebel and the bucket throw.
 */
export async function verifyJob(
  folder: string,
  job: SyncJob,
  { fromMs, toMs, ranges: number }: VerifyWhat,
  parts: VerifyParts,
): Promise<VerifyReport> {
  const { bucket, shelves, onProgress = () => {}, signal } = parts;
  let manifests = 0;
  const objects = await namedObjects(bucket, folder, (read) => {
    signal?.throwIfAborted();
    manifests = read;
    onProgress(`${read} manifests …`);
  });
  const ranges = rangesOf({ fromMs, toMs, firstMs: firstOf(objects), number });
  const lines = await shelve(objects, job, { ...parts, onProgress, fromMs });

  const before = await changedSince(toMs, job, parts);
  const atSiebel: number[] = [];
  for (const range of ranges) {
    signal?.throwIfAborted();
    atSiebel.push(await countAtSiebel(range, job, parts));
    onProgress(`${atSiebel.length} of ${ranges.length} ranges counted at Siebel …`);
  }
  const after = await changedSince(toMs, job, parts);

  const counts = await written(shelves, ranges, { before, after });
  return {
    ranges: ranges.map((range, index) => {
      const siebel = atSiebel[index] ?? 0;
      const { least = 0, most = 0, quarantined = 0 } = counts[index] ?? {};
      return { ...range, siebel, bucket: most, quarantined, difference: differenceOf(siebel, least, most) };
    }),
    changedSince: after.size,
    manifests,
    objects: objects.length,
    lines,
  };
}

function differenceOf(siebel: number, least: number, most: number): number {
  if (siebel > most) return siebel - most;
  return siebel < least ? siebel - least : 0;
}

function firstOf(objects: readonly { readonly fromMs: number }[]): number | undefined {
  let firstMs: number | undefined;
  for (const { fromMs } of objects) {
    if (!Number.isNaN(fromMs) && (firstMs === undefined || fromMs < firstMs)) firstMs = fromMs;
  }
  return firstMs;
}

type Calling = Pick<VerifyParts, 'siebel' | 'clock' | 'signal' | 'callTimeoutMs'>;

function callOptions({ clock, signal, callTimeoutMs = 45_000 }: Calling) {
  return { deadlineAtMs: clock.now() + callTimeoutMs, signal };
}

async function countAtSiebel({ fromMs, toMs }: CountRange, job: SyncJob, parts: Calling): Promise<number> {
  const { read, where, ownWrites } = job;
  const { field } = conditions(read.fields);
  const moved = movedOf(job);
  const wanted: [Condition, ...Condition[]] = [
    moved.atMost(isoOf(toMs)),
    ...(fromMs === undefined ? [] : [moved.atLeast(isoOf(fromMs))]),
    ...(where ? [where] : []),
  ];
  const count = (...also: Condition[]) =>
    parts.siebel.count(read.address, { where: all(...wanted, ...also) }, callOptions(parts));
  const everything = await count();
  if (!ownWrites || everything === 0) return everything;
  // Not by the contrary: of a record without a value in the field, neither would hold.
  const own = field(ownWrites.field) as EqualityConditions<string>;
  return everything - (await count(own.is(ownWrites.is)));
}

/** Whatever its filter says now: a record that has left it has changed as well. */
async function changedSince(boundMs: number, job: SyncJob, parts: Calling): Promise<ReadonlySet<string>> {
  const { read, pageSize } = job;
  const ids = new Set<string>();
  const query = {
    fields: ['Id'],
    where: movedOf(job).greaterThan(isoOf(boundMs)),
    pageSize,
    startRow: 0,
    paging: 'byId',
  } as const;
  // One deadline for all pages together.
  const options = { ...callOptions(parts), deadlineAtMs: parts.clock.now() + MOST_READING_MS };
  for await (const records of parts.siebel.pages(read.address, query, options)) {
    for (const { Id } of records) if (Id !== undefined) ids.add(Id);
    if (ids.size > MOST_CHANGED) {
      throw new ConfigurationError(
        `more than ${MOST_CHANGED} records have changed since ${isoOf(boundMs)}: let the job catch up before it is verified`,
      );
    }
  }
  return ids;
}

function movedOf({ read, cursor }: SyncJob): OrderConditions<string> {
  return conditions(read.fields).field(cursor) as OrderConditions<string>;
}
