import { hash } from 'node:crypto';

/** Records beyond these are not kept: the oldest are then handed over once more, which delivery at least once allows. */
export const MAX_EMITTED = 20_000;

const ID_BYTES = 4;
const LINE_BYTES = 8;
/** A hash of the Id, the hash of the line, and the second of its record. */
const ENTRY_BYTES = ID_BYTES + LINE_BYTES + 4;

/**
 * Remembers of each record the line that was handed to the sink last, so that a lookback does not hand it over again. A
 * record that is again as it was before that is no repeat: the sink knows it otherwise.
 */
export interface EmittedLines {
  /** Whether this is the line that was handed over last of the record. */
  has(id: string, line: string): boolean;
  add(id: string, line: string, atMs: number): void;
  /**
   * What is still of use, the newest `MAX_EMITTED` of it; the rest is forgotten.
   *
   * @param isOfUse Whether records of that second can be met again.
   */
  kept(isOfUse: (atMs: number) => boolean): Uint8Array;
}

interface Emitted {
  readonly line: string;
  readonly second: number;
}

/** The first 8 bytes of the line's SHA-256: equal lines are repeats, a changed record is another line. */
export function hashOf(line: string): string {
  return firstOf(line, LINE_BYTES);
}

/** @param stored What `kept` gave to the checkpoint that a run begins with. */
export function emittedLines(stored: Uint8Array = new Uint8Array()): EmittedLines {
  // Two records whose Ids have one hash take each other's place: they are handed over once more, and none is lost.
  let emitted = new Map<string, Emitted>();
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    const lineAt = at + ID_BYTES;
    const line = bytes.toString('latin1', lineAt, lineAt + LINE_BYTES);
    emitted.set(bytes.toString('latin1', at, lineAt), { line, second: bytes.readUInt32BE(lineAt + LINE_BYTES) });
  }

  /** Forgets the oldest; often enough that memory stays small, and seldom enough that it costs little. */
  const forget = (most: number) => {
    if (emitted.size <= most) return;
    const newest = [...emitted].sort(([, one], [, other]) => other.second - one.second).slice(0, MAX_EMITTED);
    emitted = new Map(newest);
  };

  return {
    has: (id, line) => emitted.get(firstOf(id, ID_BYTES))?.line === hashOf(line),
    add(id, line, atMs) {
      emitted.set(firstOf(id, ID_BYTES), { line: hashOf(line), second: secondOf(atMs) });
      forget(2 * MAX_EMITTED);
    },
    kept(isOfUse) {
      for (const [id, { second }] of emitted) {
        if (!isOfUse(second * 1_000)) emitted.delete(id);
      }
      forget(MAX_EMITTED);
      const packed = Buffer.alloc(emitted.size * ENTRY_BYTES);
      let at = 0;
      for (const [id, { line, second }] of emitted) {
        packed.write(id + line, at, 'latin1');
        packed.writeUInt32BE(second, at + ID_BYTES + LINE_BYTES);
        at += ENTRY_BYTES;
      }
      return packed;
    },
  };
}

/**
 * What was kept, without the lines of these records: whoever has handed other ones over since knows them otherwise. Another
 * record whose Id has the same hash is forgotten with them, and handed over once more.
 *
 * @param stored As `kept` gave it.
 * @returns The very same when it holds none of them.
 */
export function withoutLinesOf(ids: Iterable<string>, stored: Uint8Array): Uint8Array {
  const others = new Set([...ids].map((id) => firstOf(id, ID_BYTES)));
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const left: Buffer[] = [];
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES) {
    if (!others.has(bytes.toString('latin1', at, at + ID_BYTES))) left.push(bytes.subarray(at, at + ENTRY_BYTES));
  }
  return left.length * ENTRY_BYTES === bytes.length ? stored : Buffer.concat(left);
}

function firstOf(text: string, bytes: number): string {
  return hash('sha256', text, 'binary').slice(0, bytes);
}

// Four bytes reach from 1970 to 2106. What is older is met again by no lookback.
function secondOf(atMs: number): number {
  return Math.min(Math.max(Math.floor(atMs / 1_000), 0), 0xffff_ffff);
}
