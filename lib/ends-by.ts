import type { Clock } from './clock.ts';

/**
 * Waits for work, but not beyond an instant. The work itself goes on: whoever calls ends it.
 *
 * @param instantMs By `Clock.now()`.
 * @returns Whether the work had ended by then.
 * @throws What the work rejects with, when that happens in time.
 */
export async function endsBy(instantMs: number, work: Promise<unknown>, clock: Clock): Promise<boolean> {
  const waitedEnough = new AbortController();
  const tooLate = clock.sleep(Math.max(0, instantMs - clock.now()), waitedEnough.signal).then(
    () => false,
    () => true,
  );
  try {
    return await Promise.race([work.then(() => true), tooLate]);
  } finally {
    waitedEnough.abort();
  }
}
