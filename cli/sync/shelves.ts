import { appendFileSync, createReadStream, existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Shelves } from '../../lib/sync/verify/shelves.ts';

/** Of 20 million records, each holds some 160 000. */
const SHELVES = 128;

/** Shelves in a folder for this one use; what lies there are Ids and times, and no other content of records. */
export async function shelvesInFolder(): Promise<Shelves & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'siebel-verify-'));
  const fileOf = (shelf: number) => join(folder, `${shelf}.ndjson`);
  return {
    count: SHELVES,
    async put(shelf, texts) {
      // In one piece: several objects are read at a time.
      appendFileSync(fileOf(shelf), `${texts.join('\n')}\n`);
    },
    async *take(shelf) {
      const file = fileOf(shelf);
      if (existsSync(file)) yield* createInterface({ input: createReadStream(file) });
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}
