/** Requests per second in the long run, and how many may come at once. */
export interface ThrottleLimits {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/**
 * A token bucket.
 *
 * @returns Asks whether one more request may pass, and counts it if so.
 */
export function throttle({ ratePerSecond, burst }: ThrottleLimits, nowMs = () => performance.now()): () => boolean {
  let tokens = burst;
  let filledAtMs = nowMs();
  return () => {
    const now = nowMs();
    tokens = Math.min(burst, tokens + ((now - filledAtMs) / 1_000) * ratePerSecond);
    filledAtMs = now;
    if (tokens < 1) return false;
    tokens -= 1;
    return true;
  };
}
