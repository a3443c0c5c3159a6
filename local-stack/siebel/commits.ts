import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import type { Author, Change } from './store.ts';

/** One thing that took effect. Nothing that was rolled back is ever here. */
export interface Commit {
  /** From 1, without gaps. */
  readonly number: number;
  readonly at: string;
  /** `link` and `unlink` tie and untie two records; a `run` is a business service or a workflow process that came to its end. */
  readonly kind: Change['kind'] | 'run';
  /** Business component; the association of a link; `<service>/<method>` or the process of a run. */
  readonly component: string;
  /** Row id; of the parent for a link; `null` for a run. */
  readonly id: string | null;
  /** What was written, by field name; the input of a run. */
  readonly values: Readonly<Record<string, string | null>>;
  /** Number of the request that did it, and the Siebel user it ran as; `null` when nobody asked. */
  readonly request: number | null;
  readonly user: string | null;
}

/** The record of commits: only ever appended to. */
export interface CommitRecord {
  /** Takes what one transaction has changed. On disk, when there is a file, before this returns. */
  append(changes: readonly Change[], author: Author | undefined): void;
  /** Commits after that number, oldest first. */
  since(number: number): readonly Commit[];
  /** Calls the listener after each commit, before the request that made it is answered. Gives a way to stop that. */
  listen(listener: (commit: Commit) => void): () => void;
  close(): void;
}

/** Kept in memory; older ones are in the file alone. */
const KEPT = 200_000;

/** @param file Gets each commit as a line of JSON, and is flushed to the disk once per transaction. */
export function commitRecord(file?: string): CommitRecord {
  const descriptor = file === undefined ? undefined : openSync(file, 'a');
  const listeners = new Set<(commit: Commit) => void>();
  let kept: Commit[] = [];
  let number = 0;
  return {
    append(changes, author) {
      const at = new Date().toISOString();
      const by = { request: author?.request ?? null, user: author?.user ?? null };
      const run = author?.run && {
        kind: 'run' as const,
        component: author.run.name,
        id: null,
        values: author.run.input,
      };
      const added = [...(run ? [run] : []), ...changes].map((change): Commit => {
        number += 1;
        return { number, at, ...change, ...by };
      });
      if (added.length === 0) return;
      if (descriptor !== undefined) {
        writeSync(descriptor, added.map((commit) => `${JSON.stringify(commit)}\n`).join(''));
        fsyncSync(descriptor);
      }
      kept.push(...added);
      if (kept.length > 2 * KEPT) kept = kept.slice(-KEPT);
      for (const commit of added) for (const listener of listeners) listener(commit);
    },
    since: (after) => kept.slice(Math.max(0, kept.length - (number - after))),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
    },
  };
}
