import type { Clock } from '../clock.ts';
import { endsBy } from '../ends-by.ts';
import type { FailureClass } from '../errors.ts';
import { IntegrationError } from '../errors.ts';

/** How one message ended. `done` and `parked` are acknowledged; every other goes back to the queue. */
export type Settlement =
  | { readonly outcome: 'done' | 'parked' }
  | { readonly outcome: 'returned'; readonly failureClass: FailureClass; readonly code: string }
  | { readonly outcome: 'unstarted' };
type Returned = Extract<Settlement, { readonly outcome: 'returned' }>;

/** Partial batch response of an SQS event source mapping. */
export interface BatchAnswer {
  batchItemFailures: { itemIdentifier: string }[];
}

export interface BatchItem {
  readonly messageId: string;
  /** Items of one lane are settled in turn, and the lane stops at its first item that goes back. */
  readonly lane?: string | undefined;
}

/**
 * Not one message of the batch could be settled, for its surroundings. Thrown so that Lambda slows down (R03): all of
 * them go back to the queue either way.
 */
export class BatchFailedError extends IntegrationError {
  override readonly name = 'BatchFailedError';
  readonly code = 'BATCH_FAILED';
  readonly failureClass: 'environment' | 'configuration';

  constructor(message: string, failureClass: 'environment' | 'configuration') {
    super(message);
    this.failureClass = failureClass;
  }
}

/** What aborted work gets to come to its own end. */
const GRACE_MS = 250;
const UNFINISHED: Settlement = { outcome: 'returned', failureClass: 'environment', code: 'UNFINISHED' };
const DEFECT: Settlement = { outcome: 'returned', failureClass: 'bug', code: 'BUG' };
const UNSTARTED: Settlement = { outcome: 'unstarted' };

/**
 * Settles every item of a batch, and names exactly those that must come again (R01, R02).
 *
 * An item that comes twice in one batch is settled once. The answer does not wait beyond `answerAtMs`: what is still
 * under way a quarter of a second before is aborted, and goes back unless it ends well all the same.
 *
 * @param options.settle Settles one item; its signal aborts when the answer is due. What it throws counts as a bug.
 * @param options.setAside Told of an item that is not begun, because time is short or its lane has stopped.
 * @param options.onDefect Told what `settle` or `setAside` has thrown, as the answer does not say it. Must not throw.
 * @param options.mayStart Whether there is time for one more item (R38); asked right before each.
 * @param options.inFlight Items under way at once, at least 1.
 * @param options.answerAtMs Instant by `Clock.now()`.
 * @throws BatchFailedError when nothing was done or parked and the surroundings or our settings are the reason (R03).
 */
export async function settleBatch<T extends BatchItem>(
  items: readonly T[],
  options: {
    readonly settle: (item: T, signal: AbortSignal) => Promise<Settlement>;
    readonly setAside: (item: T) => Promise<void>;
    readonly onDefect: (item: T, error: unknown) => void;
    readonly mayStart: () => boolean;
    readonly inFlight: number;
    readonly answerAtMs: number;
    readonly clock: Clock;
  },
): Promise<BatchAnswer> {
  const lanes = lanesOf(items);
  const settlements = new Map<string, Settlement>();
  const overdue = new AbortController();

  // One iterator for all workers: each takes the next lane that nobody has taken.
  const waiting = lanes.values();
  const worker = async () => {
    for (const lane of waiting) await settleLane(lane, settlements, overdue.signal, options);
  };
  const workers = Math.max(1, Math.min(options.inFlight, lanes.length));
  const work = Promise.all(Array.from({ length: workers }, worker));

  if (!(await endsBy(options.answerAtMs - GRACE_MS, work, options.clock))) {
    overdue.abort(new Error('the batch has to be answered now'));
    await endsBy(options.answerAtMs, work, options.clock);
  }
  return answerFor(items, settlements);
}

/** Items that are independent of each other, each alone; items of one lane together, in order. */
function lanesOf<T extends BatchItem>(items: readonly T[]): T[][] {
  const lanes: T[][] = [];
  const named = new Map<string, T[]>();
  const seen = new Set<string>();
  for (const item of items) {
    if (seen.has(item.messageId)) continue;
    seen.add(item.messageId);

    const known = item.lane === undefined ? undefined : named.get(item.lane);
    if (known) {
      known.push(item);
      continue;
    }
    const lane = [item];
    lanes.push(lane);
    if (item.lane !== undefined) named.set(item.lane, lane);
  }
  return lanes;
}

async function settleLane<T extends BatchItem>(
  lane: readonly T[],
  settlements: Map<string, Settlement>,
  signal: AbortSignal,
  { settle, setAside, onDefect, mayStart }: Parameters<typeof settleBatch<T>>[1],
): Promise<void> {
  /** One item's defect must not take its neighbours along. */
  const guarded = async <R>(item: T, work: () => Promise<R>): Promise<R | undefined> => {
    try {
      return await work();
    } catch (error) {
      onDefect(item, error);
      return undefined;
    }
  };

  let stopped = false;
  for (const item of lane) {
    if (signal.aborted) return;
    if (stopped || !mayStart()) {
      stopped = true;
      settlements.set(item.messageId, UNSTARTED);
      await guarded(item, () => setAside(item));
      continue;
    }
    const settlement = (await guarded(item, () => settle(item, signal))) ?? DEFECT;
    settlements.set(item.messageId, settlement);
    stopped = !isSettled(settlement);
  }
}

function answerFor(items: readonly BatchItem[], settlements: ReadonlyMap<string, Settlement>): BatchAnswer {
  const ids = [...new Set(items.map(({ messageId }) => messageId))];
  const all = ids.map((id) => settlements.get(id) ?? UNFINISHED);
  const failed = all.flatMap((settlement) => (settlement.outcome === 'returned' ? [settlement] : []));

  const surroundings = failed.some(isAway) && failed.every(({ failureClass }) => failureClass !== 'bug');
  if (surroundings && !all.some(isSettled)) {
    const misconfigured = failed.every(({ failureClass }) => failureClass === 'configuration');
    throw new BatchFailedError(
      `none of the ${ids.length} messages could be settled: ${tally(failed.map(({ code }) => code))}`,
      misconfigured ? 'configuration' : 'environment',
    );
  }
  return {
    batchItemFailures: ids.filter((_, index) => !isSettled(all[index])).map((itemIdentifier) => ({ itemIdentifier })),
  };
}

function isSettled(settlement: Settlement | undefined): boolean {
  return settlement?.outcome === 'done' || settlement?.outcome === 'parked';
}

/** Waits for another delivery, or for one with more time. */
const WAITING: ReadonlySet<string> = new Set(['IN_PROGRESS', 'DEADLINE_TOO_CLOSE']);

/** Failed for its surroundings; what only waits, or has a look-up to be believed before it, has not failed. */
function isAway({ failureClass, code }: Returned): boolean {
  return failureClass === 'configuration' || (failureClass === 'environment' && !WAITING.has(code));
}

/** `CONNECT_FAILED (7), SIEBEL_UNAVAILABLE (3)` */
function tally(codes: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const code of codes) counts.set(code, (counts.get(code) ?? 0) + 1);
  return [...counts].map(([code, count]) => `${code} (${count})`).join(', ');
}
