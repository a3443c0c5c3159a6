import type { Clock } from '../clock.ts';
import { errorNameOf } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { SyncLease, SyncState } from './checkpoint.ts';

/**
 * The lease of a run. Whoever has lost it hands nothing over: another may have done so already, with newer records (R67).
 *
 * It is extended as long as the run works, also while a page or a sink is waited for that takes longer than it lasts.
 */
export interface KeptLease {
  /**
   * Whether it is still ours.
   *
   * @param freshMs So long ago it may have been extended last; else it is extended now.
   */
  isOurs(freshMs: number): Promise<boolean>;
  /** Extends it by what is written; false when it is lost. */
  extend(write: () => Promise<boolean>): Promise<boolean>;
  readonly isLost: boolean;
  /** Extends it no more, and waits for what is under way. Never throws. */
  end(): Promise<void>;
}

/** @param options.renew Extends it by `leaseMs`; false when it is lost. */
export function keepLease({
  renew,
  leaseMs,
  clock,
}: {
  readonly renew: () => Promise<boolean>;
  readonly leaseMs: number;
  readonly clock: Pick<Clock, 'elapsed' | 'sleep'>;
}): KeptLease {
  const over = new AbortController();
  const beatMs = leaseMs / 3;
  let isLost = false;
  let extendedAtMs = clock.elapsed();

  const extend = async (write: () => Promise<boolean>): Promise<boolean> => {
    if (isLost || !(await write())) isLost = true;
    extendedAtMs = clock.elapsed();
    return !isLost;
  };
  const isOurs = async (freshMs: number) =>
    !isLost && clock.elapsed() - extendedAtMs < freshMs ? true : extend(renew);

  const beat = async () => {
    while (!isLost) {
      await clock.sleep(beatMs, over.signal);
      // A failure says nothing about the lease, and the run will meet it by itself.
      await isOurs(beatMs).catch(() => undefined);
    }
  };
  // It ends by being aborted.
  const beating = beat().catch(() => undefined);

  return {
    isOurs,
    extend,
    get isLost() {
      return isLost;
    },
    async end() {
      over.abort();
      await beating;
    },
  };
}

/**
 * Works under the lease of a window, which is kept meanwhile and given back afterwards.
 *
 * @returns What the work gave; `undefined`, and nothing was done, while another holds the lease.
 */
export async function holdingLease<T, R extends object>(
  {
    state,
    job,
    window,
    leaseMs,
    clock,
    log,
  }: {
    readonly state: Pick<SyncState<T>, 'acquire' | 'renew' | 'release'>;
    readonly job: string;
    readonly window: string;
    readonly leaseMs: number;
    readonly clock: Pick<Clock, 'elapsed' | 'sleep'>;
    readonly log: Pick<Log, 'warn'>;
  },
  work: (lease: SyncLease<T>, kept: KeptLease) => Promise<R>,
): Promise<R | undefined> {
  const lease = await state.acquire(job, window, leaseMs);
  if (!lease) return undefined;
  const kept = keepLease({ renew: () => state.renew(job, window, lease, leaseMs), leaseMs, clock });
  try {
    return await work(lease, kept);
  } finally {
    // First, so that nothing extends it once it is given back.
    await kept.end();
    // A lease that stays behind runs out by itself.
    await state
      .release(job, window, lease)
      .catch((error) => log.warn('SYNC_LEASE_NOT_RELEASED', { job, window, errorName: errorNameOf(error) }));
  }
}
