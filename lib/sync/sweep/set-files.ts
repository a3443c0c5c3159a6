import type { SetFileList } from './content.ts';
import type { SetEntry } from './set-entries.ts';
import { type Bucketed, entriesOf, HEAD_BYTES, type Section, sectionsOf, setFile } from './set-file.ts';
import { padded, type SetStore, unreadable } from './set-store.ts';

/** What was read; what was handed over since; what the sink holds; what is to be looked up. */
export type SetKind = 'read' | 'events' | 'known' | 'todo';

/** The sets of one sweep: `sets/<job>/<number>/<kind>-<fence>-<sequence>`. */
export interface SetFiles {
  write(kind: SetKind, place: { readonly fence: number; readonly sequence: number }, entries: Bucketed): Promise<void>;
  /** @throws ConfigurationError `SWEEP_SETS`, also from what it gives. */
  open(kind: SetKind, parts: SetFileList): Promise<readonly OpenFile[]>;
}

/** A file whose head was read. */
export interface OpenFile {
  readonly sections: readonly Section[];
  entries(bucket: number): Promise<readonly SetEntry[]>;
}

/** Files that are no larger are read with one request. */
const AT_ONCE_BYTES = 64 * 1024;
/** Requests under way at a time. */
const REQUESTS = 8;

export function setFiles(sets: SetStore, job: string, number: number): SetFiles {
  const nameOf = (kind: SetKind, fence: number, sequence: number) =>
    `${folderOf(job, number)}/${kind}-${padded(fence, 10)}-${padded(sequence, 5)}`;

  return {
    async write(kind, { fence, sequence }, entries) {
      await sets.put(nameOf(kind, fence, sequence), await setFile(entries));
    },
    open(kind, parts) {
      const names = parts.flatMap(({ fence, count }) =>
        Array.from({ length: count }, (_, index) => nameOf(kind, fence, index + 1)),
      );
      return someAtATime(names, (name) => openFile(sets, name));
    },
  };
}

/** Where the sets of a sweep stand. */
export function folderOf(job: string, number: number): string {
  return `sets/${job}/${padded(number, 6)}`;
}

/** The entries of one bucket, file by file in their order, a few of them read ahead. */
export async function* entriesIn(files: readonly OpenFile[], bucket: number): AsyncGenerator<readonly SetEntry[]> {
  for (let at = 0; at < files.length; at += REQUESTS) {
    yield* await Promise.all(files.slice(at, at + REQUESTS).map((file) => file.entries(bucket)));
  }
}

/** What becomes of each of many, a few of them under way at a time. */
export async function someAtATime<T, R>(items: readonly T[], settle: (item: T) => Promise<R>): Promise<R[]> {
  const settled: R[] = [];
  for (let at = 0; at < items.length; at += REQUESTS) {
    settled.push(...(await Promise.all(items.slice(at, at + REQUESTS).map(settle))));
  }
  return settled;
}

async function openFile(sets: SetStore, name: string): Promise<OpenFile> {
  const beginning = await sets.read(name, { from: 0, bytes: AT_ONCE_BYTES });
  const sections = await strictly(name, async () => sectionsOf(beginning.subarray(0, HEAD_BYTES)));
  const end = Math.max(HEAD_BYTES, ...sections.map(({ offset, bytes }) => offset + bytes));
  // A large file is read bucket by bucket; keeping the beginning of many would take the memory that the comparison needs.
  const whole = end <= beginning.length ? beginning : undefined;

  return {
    sections,
    async entries(bucket) {
      const section = sections[bucket];
      if (!section || section.entries === 0) return [];
      const { offset, bytes } = section;
      const body = whole ? whole.subarray(offset, offset + bytes) : await sets.read(name, { from: offset, bytes });
      return strictly(name, () => entriesOf(body, section, bucket));
    },
  };
}

async function strictly<T>(name: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreadable(name, 'its content is not what was stored', error);
  }
}
