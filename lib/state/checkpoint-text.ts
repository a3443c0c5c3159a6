import * as z from 'zod/mini';
import type { Checkpoint } from '../sync/checkpoint.ts';

/** DynamoDB's limit of an item is 400 KB. */
const MAX_BYTES = 350_000;

const CURSOR = z.object({ value: z.string().check(z.minLength(1)), id: z.string().check(z.minLength(1)) });

const STORED = z.object({
  cursor: z.optional(CURSOR),
  lookedBackTo: z.optional(CURSOR),
  boundMs: z.optional(z.int()),
  emitted: z.array(z.string()),
});

/**
 * A checkpoint as one text. What was emitted inside the lookback is left out when it does not fit: those lines are then
 * written once more, which delivery at least once allows.
 */
export function writeCheckpoint(checkpoint: Checkpoint): string {
  const whole = JSON.stringify(checkpoint);
  return Buffer.byteLength(whole) <= MAX_BYTES ? whole : JSON.stringify({ ...checkpoint, emitted: [] });
}

/** The checkpoint, or `undefined` when the text is none. */
export function readCheckpoint(stored: string): Checkpoint | undefined {
  const result = STORED.safeParse(parsed(stored));
  if (!result.success) return undefined;
  const { cursor, ...others } = result.data;
  return { cursor, ...others };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
