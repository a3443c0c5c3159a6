import type { Writer } from '../../../local-stack/siebel/writer.ts';
import { between, type Draw, drawFrom } from '../draw.ts';

export interface ChangesOptions {
  readonly seed: number;
  /** Changes a second. */
  readonly perSecond: number;
  readonly safetyLagMs: number;
  readonly lookbackMs: number;
  /** Ids of the records that are there. */
  readonly ids: readonly string[];
  /** Records that one transaction changes in one second, now and then; and how often. */
  readonly bulk: { readonly records: number; readonly everyMs: number };
}

/** Changes records all the time, like the people and the other systems that work with Siebel. */
export interface Changes {
  soFar(): { readonly changes: number; readonly late: number; readonly veryLate: number; readonly bulks: number };
  /** Makes no further change, and gives the instant of the last one. */
  stop(): number;
}

/** How often it changes something. */
const STEP_MS = 40;
/** Of a hundred changes. */
const SHARE = { insert: 25, delete: 20, late: 25, veryLate: 4 } as const;

/**
 * Inserts, updates and deletes. A quarter of the transactions take up to the safety lag from their stamp to their commit, and
 * some almost the lookback, so that rows appear behind a reader's back.
 */
export function startChanges(writer: Writer, options: ChangesOptions): Changes {
  const { seed, perSecond, bulk } = options;
  const draw = drawFrom(seed);
  const living = [...options.ids];
  const counts = { changes: 0, late: 0, veryLate: 0, bulks: 0 };
  const beganAtMs = Date.now();
  let lastMs = beganAtMs;
  let stamp = 0;
  const stamped = () => {
    stamp += 1;
    return { Location: `v${String(stamp).padStart(7, '0')}` };
  };

  const changeOne = () => {
    counts.changes += 1;
    const number = counts.changes;
    const updatedMs = Date.now() - takenMs(number, draw, options, counts);
    const kind = draw(`kind ${number}`) * 100;
    if (kind < SHARE.insert) {
      living.push(writer.insert({ Name: `Chaos ${number}`, ...stamped() }, updatedMs));
      return;
    }
    const at = Math.floor(draw(`which ${number}`) * living.length);
    const id = living[at];
    if (id === undefined) return;
    if (kind >= SHARE.insert + SHARE.delete) writer.update(id, stamped(), updatedMs);
    else if (living.length > options.ids.length / 2) {
      writer.delete(id);
      living[at] = living.at(-1) as string;
      living.pop();
    }
  };
  const changeMany = () => {
    counts.bulks += 1;
    const from = Math.floor(draw(`bulk ${counts.bulks}`) * living.length);
    const updatedMs = Date.now() - between(draw, `bulk took ${counts.bulks}`, 0, options.safetyLagMs);
    writer.together(() => {
      for (let count = 0; count < Math.min(bulk.records, living.length); count += 1)
        writer.update(living[(from + count) % living.length] as string, stamped(), updatedMs);
    });
  };

  const timer = setInterval(() => {
    const passedMs = Date.now() - beganAtMs;
    const due = Math.floor((passedMs / 1_000) * perSecond);
    while (counts.changes < due) changeOne();
    if (Math.floor(passedMs / bulk.everyMs) > counts.bulks) changeMany();
    lastMs = Date.now();
  }, STEP_MS);
  return {
    soFar: () => ({ ...counts }),
    stop() {
      clearInterval(timer);
      return lastMs;
    },
  };
}

/** How long the transaction of a change took from its stamp to its commit. */
function takenMs(
  number: number,
  draw: Draw,
  { safetyLagMs, lookbackMs }: ChangesOptions,
  counts: { late: number; veryLate: number },
): number {
  const share = draw(`late ${number}`) * 100;
  if (share < SHARE.veryLate) {
    counts.veryLate += 1;
    return between(draw, `took ${number}`, safetyLagMs, Math.floor(lookbackMs * 0.9));
  }
  if (share >= SHARE.veryLate + SHARE.late) return 0;
  counts.late += 1;
  return between(draw, `took ${number}`, 0, safetyLagMs);
}
