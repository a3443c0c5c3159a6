import type { Clock } from '../clock.ts';
import type { Pass, Span } from './checkpoint.ts';
import { type InHandParts, inHand, type Totals } from './in-hand.ts';
import type { KeptLease } from './kept-lease.ts';
import type { Place, Row } from './rows.ts';

/** Hands what a run reads to the sink, and moves the checkpoint after it. */
export interface Handover {
  /** From now on, pages are those of this pass. */
  begin(pass: Pass): void;
  /**
   * Takes one page; when the chunk is full, or half the lease is over, closes it and moves the checkpoint.
   *
   * @returns False when the lease is lost, or the run is to stop.
   */
  take(page: { readonly rows: readonly Row[]; readonly open: readonly Span[] }): Promise<boolean>;
  /** Closes what is under way and moves the checkpoint; false when the lease is lost. */
  store(): Promise<boolean>;
  /** Gives up what is under way and was not closed. Never throws. */
  abort(): Promise<void>;
  readonly totals: Totals;
  readonly pass: Pass;
  /** The newest record that was read of the pass; of one second, the last. */
  readonly newest: Place | undefined;
  /** There are pages that no checkpoint knows of yet. */
  readonly isBehind: boolean;
  /** The sink or the checkpoint has failed: what is in hand is not to be stored. */
  readonly hasFailed: boolean;
  readonly isLost: boolean;
  readonly slowestStoreMs: number;
}

/** What a handover is made of. */
export interface HandoverParts extends Omit<InHandParts, 'totals' | 'onClosed'> {
  readonly pageSize: number;
  readonly recordsPerChunk: number;
  /** How long the lease lasts from now on. */
  readonly leaseMs: number;
  readonly lease: KeptLease;
  /** Stores how far the handover has come; false when the lease is lost. */
  readonly save: (handover: Handover) => Promise<boolean>;
  /** Asked after each checkpoint that is not the last one. */
  readonly goesOn: () => Promise<boolean>;
  readonly clock: Clock;
  readonly onStored: (tookMs: number) => void;
}

/** As long as nothing was stored, it takes about so long. */
const STORE_MS = 500;
/** A lease that was extended so recently need not be again. */
const FRESH_MS = 1_000;

/** Follows one run: sink first, checkpoint after it (R68). */
export function handoverOf(parts: HandoverParts): Handover {
  const { pageSize, recordsPerChunk, lease, leaseMs, clock } = parts;
  const totals: Totals = { pages: 0, records: 0, repeats: 0, quarantined: 0, own: 0, objects: [] };
  let pass: Pass = { boundMs: 0, open: [] };
  let newest: Place | undefined;
  let pagesHeld = 0;
  let storedAtMs = clock.elapsed();
  let slowestStoreMs = STORE_MS;
  let hasFailed = false;

  const onClosed = (records: number) => {
    pass = { ...pass, records: (pass.records ?? 0) + records };
  };
  const held = inHand({ ...parts, totals, onClosed });

  const guarded = async (work: () => Promise<boolean>): Promise<boolean> => {
    try {
      return await work();
    } catch (error) {
      hasFailed = true;
      throw error;
    }
  };

  /** Each step under a lease that was just extended; false when it is lost. */
  const handOver = async (): Promise<boolean> => {
    let most = 0;
    for (const step of newest ? held.steps(newest) : []) {
      if (!(await lease.isOurs(most))) return false;
      most = FRESH_MS;
      await step();
    }
    held.settle();
    return true;
  };

  const handover: Handover = {
    begin(next) {
      pass = next;
      newest = undefined;
    },

    take: ({ rows, open }) =>
      guarded(async () => {
        // Held up for longer than the lease: another may be at work.
        if (!(await lease.isOurs(leaseMs))) return false;
        newest = newestOf(rows, newest);
        await held.take(rows);
        pass = { ...pass, open };
        totals.pages += 1;
        pagesHeld += 1;
        const isDue = held.rows + pageSize > recordsPerChunk || clock.elapsed() - storedAtMs > leaseMs / 2;
        // What ends the pass is stored by whoever reads it.
        if (!isDue || open.length === 0) return true;
        return (await handover.store()) && (await parts.goesOn());
      }),

    store: () =>
      guarded(async () => {
        const startedMs = clock.elapsed();
        if (!(await handOver())) return false;
        if (!(await lease.extend(() => parts.save(handover)))) return false;
        storedAtMs = clock.elapsed();
        pagesHeld = 0;
        slowestStoreMs = Math.max(slowestStoreMs, storedAtMs - startedMs);
        parts.onStored(storedAtMs - startedMs);
        return true;
      }),

    abort: () => held.abort(),

    totals,
    get pass() {
      return pass;
    },
    get newest() {
      return newest;
    },
    get isBehind() {
      return pagesHeld > 0;
    },
    get hasFailed() {
      return hasFailed;
    },
    get isLost() {
      return lease.isLost;
    },
    get slowestStoreMs() {
      return slowestStoreMs;
    },
  };
  return handover;
}

function newestOf(rows: readonly Row[], before: Place | undefined): Place | undefined {
  let newest = before;
  for (const row of rows) {
    if (!newest || row.atMs >= newest.atMs) newest = row;
  }
  return newest;
}
