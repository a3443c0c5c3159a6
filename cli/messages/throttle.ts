import type { Clock } from '../../lib/clock.ts';

/**
 * Lets one thing begin at a time, so many a second.
 *
 * @returns A function that resolves when the next may begin: `false` once the signal was given, at once.
 */
export function throttle(
  perSecond: number,
  clock: Pick<Clock, 'elapsed' | 'sleep'>,
  signal: AbortSignal,
): () => Promise<boolean> {
  const intervalMs = 1_000 / perSecond;
  let nextAtMs = clock.elapsed();
  return async () => {
    const waitMs = nextAtMs - clock.elapsed();
    if (waitMs > 0 && !signal.aborted) await clock.sleep(waitMs, signal).catch(() => undefined);
    if (signal.aborted) return false;
    // What was late is not caught up with: that would be a burst.
    nextAtMs = Math.max(nextAtMs, clock.elapsed()) + intervalMs;
    return true;
  };
}
