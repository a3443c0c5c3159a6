import { promisify } from 'node:util';
import { gunzip, gunzipSync, gzip, gzipSync } from 'node:zlib';

const compress = promisify(gzip);
const decompress = promisify(gunzip);

/** Sets are parted by a hash of the Id, so that a comparison holds one part in this many of each. */
export const BUCKETS = 128;

/**
 * What a set says of a record beside its instant. In what is known: `missed` by one whole sweep. In what was handed over:
 * `deleted`, which a tombstone has said, or `backfilled`, which a window of a backfill has read. In what is to be looked up: `unknown` to us, `changed` since, or `gone`.
 */
export type Mark = 'missed' | 'deleted' | 'backfilled' | 'unknown' | 'changed' | 'gone';

/** A record in a set. */
export interface SetEntry {
  readonly id: string;
  /** Value of the cursor field, to the second. */
  readonly atMs: number;
  readonly mark?: Mark | undefined;
  /** Its version within that second, when the sweep compares records. */
  readonly version?: string | undefined;
}

const LETTERS = {
  missed: 'm',
  deleted: 'd',
  backfilled: 'b',
  unknown: 'u',
  changed: 'c',
  gone: 'g',
} as const satisfies Record<Mark, string>;
const MARKS: ReadonlyMap<string, Mark> = new Map(
  Object.entries(LETTERS).map(([mark, letter]) => [letter, mark as Mark]),
);
const LINE = /^([^\t]+)\t(-?[0-9a-z]{1,9})\t([a-z]?)(?:\t([\w-]+))?$/;
const LEVEL = 3;
/** Less than this is not worth another thread. */
const SMALL_BYTES = 32 * 1024;

/** FNV-1a: the part of the sets that a record stands in. It never changes, or two sweeps could not be compared. */
export function bucketOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < id.length; place += 1) hash = Math.imul(hash ^ id.charCodeAt(place), 0x01000193);
  return ((hash >>> 16) ^ hash) & (BUCKETS - 1);
}

/**
 * Entries as compressed text: a line each of Id, seconds since the epoch to the base of 36, a letter for the mark, and the
 * version where there is one.
 */
export async function packed(entries: readonly SetEntry[]): Promise<Buffer> {
  const text = entries.map(lineOf).join('');
  return text.length < SMALL_BYTES ? gzipSync(text, { level: LEVEL }) : compress(text, { level: LEVEL });
}

/**
 * The entries of a compressed text.
 *
 * @param count How many there must be.
 * @throws Error for anything that is not exactly what `packed` wrote.
 */
export async function unpacked(bytes: Uint8Array, count: number): Promise<SetEntry[]> {
  const text = (bytes.length < SMALL_BYTES ? gunzipSync(bytes) : await decompress(bytes)).toString();
  const entries: SetEntry[] = [];
  let from = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
    entries.push(entryOf(text.slice(from, end)));
    from = end + 1;
  }
  if (from !== text.length || entries.length !== count)
    throw new Error(`${entries.length} entries in the place of ${count}`);
  return entries;
}

function lineOf({ id, atMs, mark, version }: SetEntry): string {
  if (/[\t\n\r]/.test(id)) throw new Error('an Id contains a control character');
  const seconds = (atMs / 1_000).toString(36);
  const letter = mark === undefined ? '' : LETTERS[mark];
  return version === undefined ? `${id}\t${seconds}\t${letter}\n` : `${id}\t${seconds}\t${letter}\t${version}\n`;
}

function entryOf(line: string): SetEntry {
  const [, id, seconds, letter, version] = LINE.exec(line) ?? [];
  const mark = letter ? MARKS.get(letter) : undefined;
  if (!id || !seconds || (letter && !mark)) throw new Error('a line that is no entry');
  return {
    id,
    atMs: Number.parseInt(seconds, 36) * 1_000,
    ...(mark && { mark }),
    ...(version !== undefined && { version }),
  };
}
