import * as z from 'zod/mini';
import type { Checkpoint } from '../sync/checkpoint.ts';

/** What is stored of a window: one text, and bytes beside it where a text would take more room. */
export interface StoredContent {
  readonly text: string;
  readonly bytes?: Uint8Array | undefined;
}

/** How what is stored of a window is written and read. */
export interface ContentCodec<T> {
  /** What a window holds that was never stored. */
  readonly nothing: T;
  write(content: T): string | StoredContent;
  /** `undefined` for what is no such content. */
  read(text: string, bytes?: Uint8Array): T | undefined;
}

const INSTANT = z.int();
const CURSOR = z.object({ value: z.string().check(z.minLength(1)), id: z.string().check(z.minLength(1)) });
const SPAN = z.object({
  fromMs: z.optional(INSTANT),
  afterId: z.optional(z.string().check(z.minLength(1))),
  upToMs: INSTANT,
});

const STORED = z.object({
  schema: z.literal(1),
  cursor: z.optional(CURSOR),
  shape: z.optional(z.object({ component: z.string(), cursor: z.string() })),
  foundMs: z.optional(INSTANT),
  boundMs: z.optional(INSTANT),
  floorMs: z.optional(INSTANT),
  pass: z.optional(
    z.object({
      boundMs: INSTANT,
      open: z.array(SPAN),
      records: z.optional(z.int()),
      moved: z.optional(z.boolean()),
    }),
  ),
  done: z.optional(z.object({ records: z.int() })),
});

/** A checkpoint as a text, and the hashes of lines as bytes. */
export const checkpointCodec: ContentCodec<Checkpoint> = {
  nothing: { cursor: undefined },

  write: ({ emitted, ...checkpoint }) => ({ text: JSON.stringify({ schema: 1, ...checkpoint }), bytes: emitted }),

  read(text, bytes) {
    const result = STORED.safeParse(parsed(text));
    if (!result.success) return undefined;
    const { schema, cursor, ...others } = result.data;
    // What is absent in the text is absent in the object as well.
    return {
      cursor,
      ...(others as Omit<Checkpoint, 'cursor' | 'emitted'>),
      ...(bytes && bytes.length > 0 && { emitted: bytes }),
    };
  },
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
