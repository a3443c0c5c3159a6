import { createHash } from 'node:crypto';

/** More than this is not kept: the oldest lines are then written once more, which delivery at least once allows. */
const MAX_KEPT = 20_000;

/** Remembers which lines were handed to the sink lately, so that a lookback does not hand them over again. */
export interface EmittedLines {
  has(hash: string): boolean;
  add(hash: string, atMs: number): void;
  /**
   * Hashes that the next run will meet again, the newest last.
   *
   * @param options.fromMs Where that run begins to read; from one call to the next, it does not go back.
   * @param options.caughtUp This run has read past the cursor that it began with: what is carried and was not met is gone.
   */
  kept(options: { readonly fromMs: number; readonly caughtUp: boolean }): readonly string[];
}

/** The first 8 bytes of the line's SHA-256: equal lines are repeats, a changed record is another line. */
export function hashOf(line: string): string {
  return createHash('sha256').update(line).digest().subarray(0, 8).toString('base64url');
}

/** @param carried Hashes of the checkpoint that the run began with. */
export function emittedLines(carried: readonly string[]): EmittedLines {
  const known = new Set(carried);
  let added: readonly { readonly hash: string; readonly atMs: number }[] = [];
  let fresh: { readonly hash: string; readonly atMs: number }[] = [];

  return {
    has: (hash) => known.has(hash),
    add(hash, atMs) {
      known.add(hash);
      fresh.push({ hash, atMs });
    },
    kept({ fromMs, caughtUp }) {
      added = [...added, ...fresh].filter(({ atMs }) => atMs >= fromMs);
      fresh = [];
      return [...new Set([...(caughtUp ? [] : carried), ...added.map(({ hash }) => hash)])].slice(-MAX_KEPT);
    },
  };
}
