import { BUCKETS, bucketOf, packed, type SetEntry, unpacked } from './set-entries.ts';

/** Entries by the number of their bucket. */
export type Bucketed = ReadonlyMap<number, readonly SetEntry[]>;

/** Where the entries of each bucket stand in a file. */
export interface Section {
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
}

const MAGIC = Buffer.from('SWEEPSET');
/** Layout of the file; another number is another layout. */
const SCHEMA = 1;
const SECTION_BYTES = 12;

/** Bytes at the beginning of a file that say where everything else is. */
export const HEAD_BYTES = MAGIC.length + 4 + BUCKETS * SECTION_BYTES;

/** Collects entries by bucket. */
export function bucketing(): {
  add(entry: SetEntry): void;
  /** Takes out what was collected. */
  take(): Bucketed;
  readonly size: number;
} {
  let held = new Map<number, SetEntry[]>();
  let size = 0;
  return {
    add(entry) {
      const bucket = bucketOf(entry.id);
      const entries = held.get(bucket);
      if (entries) entries.push(entry);
      else held.set(bucket, [entry]);
      size += 1;
    },
    take() {
      const taken = held;
      held = new Map();
      size = 0;
      return taken;
    },
    get size() {
      return size;
    },
  };
}

/** One file: a head that says where the entries of each bucket stand, then those, each bucket compressed by itself. */
export async function setFile(bucketed: Bucketed): Promise<Buffer> {
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt32BE(SCHEMA, MAGIC.length);
  const bodies: Buffer[] = [head];
  let offset = HEAD_BYTES;
  for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
    const entries = bucketed.get(bucket) ?? [];
    if (entries.length === 0) continue;
    const body = await packed(entries);
    const place = MAGIC.length + 4 + bucket * SECTION_BYTES;
    head.writeUInt32BE(offset, place);
    head.writeUInt32BE(body.length, place + 4);
    head.writeUInt32BE(entries.length, place + 8);
    bodies.push(body);
    offset += body.length;
  }
  return Buffer.concat(bodies);
}

/**
 * What a head says, by bucket.
 *
 * @throws Error when it is none.
 */
export function sectionsOf(head: Buffer): readonly Section[] {
  const isHead = head.length === HEAD_BYTES && head.subarray(0, MAGIC.length).equals(MAGIC);
  if (!isHead || head.readUInt32BE(MAGIC.length) !== SCHEMA) throw new Error('no head of this layout');
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    const place = MAGIC.length + 4 + bucket * SECTION_BYTES;
    return {
      offset: head.readUInt32BE(place),
      bytes: head.readUInt32BE(place + 4),
      entries: head.readUInt32BE(place + 8),
    };
  });
}

/** The entries of one bucket, which must all belong there. */
export async function entriesOf(bytes: Uint8Array, { entries: count }: Section, bucket: number): Promise<SetEntry[]> {
  const entries = await unpacked(bytes, count);
  if (entries.some(({ id }) => bucketOf(id) !== bucket)) throw new Error('an entry of another bucket');
  return entries;
}
