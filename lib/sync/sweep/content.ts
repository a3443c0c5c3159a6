import * as z from 'zod/mini';
import type { Span } from '../checkpoint.ts';

const WHOLE = z.int().check(z.nonnegative());
const INSTANT = z.int();

/** Files of one kind that are valid: of the run with this fence, numbers 1 to `count`. */
const PARTS = z.array(z.strictObject({ fence: WHOLE, count: z.int().check(z.positive()) }));

/** The list of what live runs and windows had handed over by an instant, which a sweep has taken in. */
const GATHERED = z.strictObject({ fence: WHOLE, atMs: INSTANT });

/** What a sink holds, as far as is known: the outcome of the last whole sweep. */
const KNOWN = z.strictObject({
  number: WHOLE,
  /** When it began, and when it was whole. */
  atMs: INSTANT,
  endedAtMs: INSTANT,
  parts: PARTS,
  /** What the sink holds since then. */
  records: WHOLE,
  list: GATHERED,
  /** What it has handed over, and how much it had not met for the first time. */
  told: z.optional(z.strictObject({ found: WHOLE, tombstones: WHOLE, quarantined: WHOLE, own: WHOLE, missing: WHOLE })),
});

const COUNTS = z.strictObject({
  /** Records that the sink was thought to hold. */
  known: WHOLE,
  /** Of those, absent from this sweep and not from the one before. */
  missing: WHOLE,
  /** To be looked up: absent from two sweeps. */
  gone: WHOLE,
  /** To be looked up: not known, or not as they are. */
  found: WHOLE,
  /** Records of the next known set. */
  next: WHOLE,
});

const TOTALS = z.strictObject({
  /** Records handed over in full. */
  found: WHOLE,
  tombstones: WHOLE,
  quarantined: WHOLE,
  own: WHOLE,
  /** Of all these but the tombstones, records that were not known. */
  added: WHOLE,
});

const SPAN = z.strictObject({
  fromMs: z.optional(INSTANT),
  afterId: z.optional(z.string().check(z.minLength(1))),
  upToMs: INSTANT,
  // What is absent from JSON is absent, and never `undefined`.
}) as z.ZodMiniType<Span>;

const READING = {
  /** When it began. */
  atMs: INSTANT,
  /** The newest instant that it reads. */
  boundMs: INSTANT,
  /** What was read. */
  read: PARTS,
  records: WHOLE,
};
const WAITING = {
  ...READING,
  /** When the last page had come. */
  readAtMs: INSTANT,
};
const GATHERING = {
  ...WAITING,
  /** Bound of the live job when the list was made: what is older, live runs have handed over. */
  liveBoundMs: INSTANT,
  list: GATHERED,
  /** What was handed over since the last whole sweep, by bucket. */
  events: PARTS,
};
const COMPARING = { ...GATHERING, known: PARTS, todo: PARTS, counts: COUNTS };

/** How far it had come when Siebel showed no record at all any more, and whether somebody had confirmed it before. */
const HELD = z.strictObject({ done: WHOLE, totals: TOTALS, wasConfirmed: z.boolean() });

const UNDERWAY = z.discriminatedUnion('phase', [
  z.strictObject({ phase: z.literal('reading'), ...READING, open: z.array(SPAN) }),
  z.strictObject({ phase: z.literal('waiting'), ...WAITING }),
  z.strictObject({ phase: z.literal('gathering'), ...GATHERING, listed: WHOLE }),
  z.strictObject({ phase: z.literal('comparing'), ...COMPARING, bucket: WHOLE }),
  z.strictObject({ phase: z.literal('guarded'), ...COMPARING, held: z.optional(HELD) }),
  z.strictObject({
    phase: z.literal('emitting'),
    ...COMPARING,
    done: WHOLE,
    totals: TOTALS,
    allGone: z.optional(z.literal(true)),
  }),
]);

/** Layout of the content; a higher number is a newer one. */
const SCHEMA = 1;
const CONTENT = z.strictObject({
  schema: z.literal(SCHEMA),
  number: WHOLE,
  known: z.optional(KNOWN),
  underway: z.optional(UNDERWAY),
});

/** How far a sweep has come, as it is stored. */
export interface SweepContent {
  /** Number of the last sweep that was begun; 0 before the first. */
  readonly number: number;
  /** Absent before the first whole sweep. */
  readonly known?: Known | undefined;
  readonly underway?: Underway | undefined;
}

export type SetFileList = z.infer<typeof PARTS>;
export type Known = z.infer<typeof KNOWN>;
export type Counts = z.infer<typeof COUNTS>;
export type Totals = z.infer<typeof TOTALS>;
export type Underway = z.infer<typeof UNDERWAY>;
export type Phase = Underway['phase'];
/** A sweep under way in one of its phases. */
export type SweepIn<P extends Phase> = Extract<Underway, { readonly phase: P }>;

/** How the content of a sweep is stored, for `syncState`. */
export const sweepCodec = {
  nothing: { number: 0 } satisfies SweepContent as SweepContent,

  write: ({ number, known, underway }: SweepContent): string =>
    JSON.stringify({ schema: SCHEMA, number, known, underway }),

  /** `undefined` for what is not exactly such a content: it must not be taken for "nothing is known". */
  read(stored: string): SweepContent | undefined {
    const result = CONTENT.safeParse(parsed(stored));
    if (!result.success) return undefined;
    const { schema, ...content } = result.data;
    return content;
  },
};

/** The parts with one more that this run has written. */
export function withPart(parts: SetFileList, fence: number): SetFileList {
  const last = parts.at(-1);
  return last?.fence === fence
    ? [...parts.slice(0, -1), { fence, count: last.count + 1 }]
    : [...parts, { fence, count: 1 }];
}

/** The number of the next part that this run writes. */
export function nextPart(parts: SetFileList, fence: number): number {
  const last = parts.at(-1);
  return last?.fence === fence ? last.count + 1 : 1;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
