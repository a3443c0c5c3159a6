import * as z from 'zod/mini';
import { ConfigurationError } from '../../errors.ts';
import type { SyncJob } from '../../operations/index.ts';
import { instantFromWire } from '../../siebel/values.ts';
import type { OutputBucket } from './output-bucket.ts';

/** A version of a record, or the mark of a deleted one, as a run has written it. */
export interface WrittenVersion {
  readonly id: string;
  /** The cursor field; absent of a deleted record. */
  readonly atMs?: number | undefined;
  readonly writtenAtMs: number;
  /** Not as its declaration says, and so kept apart from the others. */
  readonly quarantined: boolean;
  readonly byBackfill: boolean;
  /** Number of the run that has written it, and of the chunk in it. */
  readonly fence: number;
  readonly sequence: number;
}

/** An object that a manifest names as valid. */
export interface NamedObject {
  readonly name: string;
  readonly records: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly bySweep: boolean;
  readonly byBackfill: boolean;
  readonly quarantined: boolean;
}

const ENTRY = z.object({ name: z.string(), records: z.int(), from: z.string(), to: z.string() });
const MANIFEST = z.object({
  schema: z.literal(1),
  window: z.string(),
  objects: z.array(ENTRY),
  quarantine: z.array(ENTRY),
});
const MANIFEST_NAME = /\/\d+-manifest\.json$/;
const OBJECT_NAME = /\/(\d+)-(\d+)\.ndjson\.gz$/;
const SWEEP = 'sweep';
const BACKFILL = 'backfill-';

/**
 * All objects that the manifests of a job name: of its live runs, its backfills and its sweeps.
 *
 * @param onManifest Told after each.
 * @throws ConfigurationError for a manifest that cannot be read.
 */
export async function namedObjects(
  bucket: OutputBucket,
  folder: string,
  onManifest: (read: number) => void,
): Promise<readonly NamedObject[]> {
  const objects: NamedObject[] = [];
  let read = 0;
  for await (const name of bucket.list(`${folder}/`)) {
    if (!MANIFEST_NAME.test(name)) continue;
    const { window, objects: valid, quarantine } = manifestFrom(name, await bucket.read(name));
    const named = (entries: typeof valid, quarantined: boolean) =>
      entries.map(({ from, to, ...entry }) => ({
        ...entry,
        fromMs: Date.parse(from),
        toMs: Date.parse(to),
        bySweep: window === SWEEP,
        byBackfill: window.startsWith(BACKFILL),
        quarantined,
      }));
    objects.push(...named(valid, false), ...named(quarantine, true));
    read += 1;
    onManifest(read);
  }
  return objects;
}

function manifestFrom(name: string, text: string): z.infer<typeof MANIFEST> {
  const result = MANIFEST.safeParse(parsed(text));
  if (result.success) return result.data;
  throw new ConfigurationError(`${name} is no manifest that this version can read`);
}

/**
 * The versions in one object.
 *
 * @throws ConfigurationError for a line that no run has written.
 */
export async function* versionsIn(
  bucket: OutputBucket,
  { name, quarantined, byBackfill }: NamedObject,
  { cursor }: Pick<SyncJob, 'cursor'>,
): AsyncGenerator<WrittenVersion> {
  const [fence = 0, sequence = 0] = (OBJECT_NAME.exec(name) ?? []).slice(1).map(Number);
  const { writtenAtMs, lines } = await bucket.lines(name);
  for await (const line of lines) {
    const place = placeOf(parsed(line), cursor, quarantined);
    if (!place)
      throw new ConfigurationError(`${name} holds a line without Id, or without a date and time in ${cursor}`);
    yield { ...place, writtenAtMs, quarantined, byBackfill, fence, sequence };
  }
}

function placeOf(
  value: unknown,
  cursor: string,
  quarantined: boolean,
): Pick<WrittenVersion, 'id' | 'atMs'> | undefined {
  const line = value as Readonly<Record<string, unknown>> | undefined;
  const id = line?.['Id'];
  if (typeof id !== 'string' || id === '') return undefined;
  if (line?.['deleted'] === true) return { id };
  const atMs = quarantined ? wireInstant(line?.['record'], cursor) : Date.parse(String(line?.[cursor]));
  return atMs === undefined || Number.isNaN(atMs) ? undefined : { id, atMs };
}

/** In quarantine a record is as Siebel wrote it. */
function wireInstant(record: unknown, cursor: string): number | undefined {
  const decoded = instantFromWire(String((record as Readonly<Record<string, unknown>> | undefined)?.[cursor]));
  return 'value' in decoded ? Date.parse(decoded.value) : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The version that stands of one record, as docs/sync.md has it for every reader, but that a version in quarantine counts: Siebel
 * has the record as it says there. Of the lines of live runs and sweeps, which count their fences together, the one that was written
 * last, whatever its cursor value; a line of a backfill that is older by the cursor field than what stands by then is left out.
 *
 * @param versions Those of one object in the order of its lines.
 * @returns `undefined` when the record is gone.
 */
export function standing(versions: readonly WrittenVersion[]): WrittenVersion | undefined {
  let stands: WrittenVersion | undefined;
  let highestFence = 0;
  for (const version of versions.toSorted(byStoring)) {
    const { byBackfill, fence, atMs } = version;
    const isLate = byBackfill ? isEarlier(atMs, stands?.atMs) : fence < highestFence;
    if (isLate) continue;
    stands = version;
    if (!byBackfill) highestFence = fence;
  }
  return stands?.atMs === undefined ? undefined : stands;
}

/** The bucket keeps seconds: what a backfill has stored in the same one comes first. */
function byStoring(one: WrittenVersion, other: WrittenVersion): number {
  return (
    one.writtenAtMs - other.writtenAtMs ||
    Number(other.byBackfill) - Number(one.byBackfill) ||
    one.sequence - other.sequence
  );
}

function isEarlier(atMs: number | undefined, standsMs: number | undefined): boolean {
  return atMs !== undefined && standsMs !== undefined && atMs < standsMs;
}
